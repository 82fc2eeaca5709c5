//! Judgements over advisory records that the tests write themselves.
#![expect(clippy::unwrap_used, reason = "a test that cannot make its sample fails")]

mod coverage;
mod findings;
mod ownership;
mod replay;
mod rule;
mod sample;
mod stance;
mod starter;
mod unexplained;
mod why;
