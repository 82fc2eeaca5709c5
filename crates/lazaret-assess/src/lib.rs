//! Judges an image: `Decision = f(engine, inventory, advisory records, exceptions, policy, provenance, now)`.
//!
//! [`Judge`] looks up what a snapshot of advisories says about the packages of a [`Subject`], makes findings
//! (one per package and alias closure), lets the rules speak, and writes the [`Judgement`]: the decision record in
//! RFC 8785 form, with every document that it names by digest. [`replay`] makes the same bytes from those documents
//! alone.
//!
//! Absent on purpose: no store, no HTTP, no clock. Whoever calls brings the time and keeps the documents.
//!
//! To add a rule about images: write `rule/image/<id>.rs` with a type that implements [`Rule`], add one line to
//! `list.rs`, a test in `tests/it/rule/<id>.rs`, a section in `docs/rules.md`, and raise [`RULES_VERSION`].
#![forbid(unsafe_code)]

mod advisories;
mod current;
mod judge;
mod policy;
mod replay;
mod signing;
mod state;
mod subject;

pub use advisories::{Advisories, Enriched, OsSupport};
pub use current::CurrentJudge;
pub use judge::{Judge, JudgeError, JudgeSettings, Judgement, RULES_VERSION};
pub use policy::{Policy, PolicyOptions};
pub use replay::{Replay, ReplayError, replay};
pub use signing::{KeyError, SigningKey, generate_key, verify};
pub use state::next_state;
pub use subject::Subject;
