//! Judges an image: `Decision = f(engine, inventory, advisory records, exceptions, policy, provenance, now)`.
//!
//! [`Judge`] looks up what a snapshot of advisories says about the packages of a [`Subject`], makes findings
//! (one per package and alias closure), lets the rules speak, and writes the [`Judgement`]: the decision record in
//! RFC 8785 form, with every document that it names by digest. [`replay()`] makes the same bytes from those documents
//! alone; [`explain`] says in words what was decided and why.
//!
//! Absent on purpose: no store, no HTTP, no clock. Whoever calls brings the time and keeps the documents.
//!
//! To add a rule about images: write `rule/image/<id>.rs` with a type that implements [`Rule`], add one line to
//! `list.rs`, a test in `tests/it/rule/<id>.rs`, a section in `docs/rules.md`, and raise [`RULES_VERSION`].
#![forbid(unsafe_code)]

mod advisories;
mod closure;
mod coverage;
mod current;
mod document;
mod finding;
mod hidden;
mod judge;
mod list;
mod policy;
mod replay;
mod rule;
mod signing;
mod slice;
mod stance;
mod state;
mod subject;
mod unexplained;
mod verdict;
mod why;

pub use advisories::{Advisories, Enriched, OsSupport};
pub use current::CurrentJudge;
pub use hidden::without_secrets;
pub use judge::{Judge, JudgeError, JudgeSettings, Judgement, RULES_VERSION};
pub use list::rules;
pub use policy::{Policy, PolicyOptions};
pub use replay::{Replay, ReplayError, replay};
pub use rule::{Fault, Levels, Rule, RuleInput, Weight};
pub use signing::{KeyError, SigningKey, generate_key, verify};
pub use stance::Stance;
pub use state::{is_for_cause, next_state};
pub use subject::Subject;
pub use why::explain;
