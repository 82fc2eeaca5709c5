//! Judging images that lie in a real store.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod index;
mod inspect;
mod judge;
mod sparse;
mod support;
mod tap;
