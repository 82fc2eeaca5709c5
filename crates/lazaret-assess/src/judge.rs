//! One judgement.

use std::{sync::Arc, time::Duration};

use lazaret_model::{Decision, Digest, SnapshotInfo, Timestamp};

use crate::{Advisories, Policy, Subject};

/// Raised with every change of a rule that can change a verdict; part of each decision's `engine`.
pub const RULES_VERSION: u32 = 1;

/// How advisory data is weighed. Part of each decision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct JudgeSettings {
    /// `advisories.accept_starter`: the built-in starter set counts as advisory data, whatever its age.
    pub accept_starter: bool,
    /// `advisories.max_age`: a feed that was last checked longer ago makes the verdict incomplete.
    pub max_age: Duration,
    /// Extended support of an operating system counts as support.
    pub extended_support: bool,
}

impl Default for JudgeSettings {
    fn default() -> Self {
        Self { accept_starter: false, max_age: Duration::from_hours(7 * 24), extended_support: false }
    }
}

/// Judges with one snapshot of advisories.
pub struct Judge {
    advisories: Arc<dyn Advisories>,
    settings: JudgeSettings,
}

/// A decision, ready to be signed and stored.
#[derive(Clone, PartialEq, Debug)]
pub struct Judgement {
    pub decision: Decision,
    /// SHA-256 of `body`.
    pub id: Digest,
    /// The decision in RFC 8785 form.
    pub body: String,
    /// Every document that the decision names, by digest; `replay` needs no more.
    pub contents: Vec<(Digest, Vec<u8>)>,
}

/// Why nothing could be decided.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    #[error("cannot write {what} as canonical JSON")]
    Canonical {
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
}

impl Judge {
    /// Over advisory data of any kind.
    pub fn over(advisories: Arc<dyn Advisories>, settings: JudgeSettings) -> Self {
        Self { advisories, settings }
    }

    pub fn snapshot(&self) -> &SnapshotInfo {
        self.advisories.info()
    }

    pub fn settings(&self) -> JudgeSettings {
        self.settings
    }

    /// The verdict on `subject` under `policy` at the time `now`.
    pub fn judge(&self, subject: &Subject, policy: &Policy, now: Timestamp) -> Result<Judgement, JudgeError> {
        let _ = (subject, policy, now);
        Err(JudgeError::Canonical { what: "the decision", source: serde::de::Error::custom("not written yet") })
    }

    /// Ids of findings of `previous` that `new` no longer has, though no advisory record says why.
    pub fn unexplained(&self, previous: &Decision, new: &Judgement, subject: &Subject) -> Vec<String> {
        let _ = (new, subject);
        previous.findings.iter().map(|finding| finding.id.clone()).collect()
    }
}
