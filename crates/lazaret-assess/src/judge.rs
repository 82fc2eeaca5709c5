//! One judgement: gather, decide, write.

use std::{sync::Arc, time::Duration};

use lazaret_advisory::{AdvisoryDb, matcher::MATCHER_VERSION};
use lazaret_model::{Decision, Digest, Inputs, SnapshotInfo, Timestamp};

use crate::{
    Advisories, Policy, RuleInput, Subject, coverage,
    document::{self, DECISION_SCHEMA, EXCEPTIONS, POLICY_SCHEMA, PROVENANCE, PolicyDocument},
    finding,
    slice::Slice,
    verdict::verdict,
};

/// Raised with every change of a rule that can change a verdict; part of each decision's `engine`.
pub const RULES_VERSION: u32 = 3;

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
    pub(crate) advisories: Arc<dyn Advisories>,
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
    #[error("cannot write the {what} of a judgement as canonical JSON")]
    Canonical {
        what: &'static str,
        #[source]
        source: serde_json::Error,
    },
}

impl Judge {
    pub fn new(advisories: Arc<AdvisoryDb>, settings: JudgeSettings) -> Self {
        Self::over(advisories, settings)
    }

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
        let failed = |what| move |source| JudgeError::Canonical { what, source };
        let (slice, records) =
            Slice::gather(self.advisories.as_ref(), subject, self.settings).map_err(failed("advisory records"))?;
        let policy = PolicyDocument {
            schema: POLICY_SCHEMA.to_owned(),
            policy: policy.clone(),
            extended_support: self.settings.extended_support,
        };
        let subject_document = document::subject(subject).map_err(failed("subject"))?;
        let slice_document = document::canonical(&slice.document).map_err(failed("advisory slice"))?;
        let policy_document = document::canonical(&policy).map_err(failed("policy"))?;
        let named = Named {
            engine: engine(),
            inventory: subject_document.0.clone(),
            advisories: slice_document.0.clone(),
            policy: policy_document.0.clone(),
        };
        let decision = decide(subject, &slice, &policy, named, now);
        let (id, body) = body(&decision).map_err(failed("decision"))?;
        let mut contents = vec![subject_document, slice_document, policy_document];
        contents.extend([EXCEPTIONS, PROVENANCE].map(|bytes| (lazaret_oci::sha256(bytes), bytes.to_vec())));
        contents.extend(records);
        Ok(Judgement { decision, id, body, contents })
    }
}

/// Digests of the documents that went into a decision.
pub(crate) struct Named {
    pub(crate) engine: String,
    pub(crate) inventory: Digest,
    pub(crate) advisories: Digest,
    pub(crate) policy: Digest,
}

/// The decision as a function of its documents; judging and replaying both end here.
pub(crate) fn decide(
    subject: &Subject,
    slice: &Slice,
    policy: &PolicyDocument,
    named: Named,
    now: Timestamp,
) -> Decision {
    let findings = finding::findings(subject, slice);
    let problems = coverage::problems(subject, slice, now);
    let verdict = verdict(
        &policy.policy,
        &RuleInput {
            subject,
            findings: &findings,
            problems: &problems,
            options: &policy.policy.options,
            os_support: slice.document.end_of_life.as_ref(),
            extended_support: policy.extended_support,
            now,
        },
    );
    Decision {
        schema: DECISION_SCHEMA.to_owned(),
        image: subject.facts.digest.clone(),
        platform: subject.facts.platform.clone(),
        inputs: Inputs {
            engine: named.engine,
            inventory: named.inventory,
            advisories: named.advisories,
            advisories_snapshot: slice.document.snapshot.clone(),
            advisories_starter_accepted: slice.document.accepted,
            policy: named.policy,
            policy_name: policy.policy.name.clone(),
            exceptions: lazaret_oci::sha256(EXCEPTIONS),
            provenance: lazaret_oci::sha256(PROVENANCE),
            clock: now,
        },
        verdict,
        findings,
        problems,
    }
}

/// Id and RFC 8785 form of a decision.
pub(crate) fn body(decision: &Decision) -> Result<(Digest, String), serde_json::Error> {
    let (id, bytes) = document::canonical(decision)?;
    let body = String::from_utf8(bytes).map_err(serde::ser::Error::custom)?;
    Ok((id, body))
}

/// Names this engine, e.g. `lazaret/0.1.0 matcher/1 rules/1`.
pub(crate) fn engine() -> String {
    format!("lazaret/{} matcher/{MATCHER_VERSION} rules/{RULES_VERSION}", env!("CARGO_PKG_VERSION"))
}

/// Whether this engine decides as the named one did: same matcher, same rules.
pub(crate) fn decides_alike(other: &str) -> bool {
    let parts = |engine: &str| engine.split_once(' ').map(|(_, parts)| parts.to_owned());
    parts(other).is_some_and(|other| Some(other) == parts(&engine()))
}
