//! The record of one verdict. Serialised as RFC 8785 JSON by `lazaret-assess`; replay gives the same bytes.

use serde::{Deserialize, Serialize};

use crate::{Digest, Finding, Platform, Problem, Timestamp, Verdict};

/// Every input by digest (or exact value). Same inputs, same bytes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Inputs {
    /// Name and version of matcher and rules, e.g. `lazaret/0.1.0 matcher/1 rules/1`.
    pub engine: String,
    /// Digest of the stored subject document (image facts and inventory).
    pub inventory: Digest,
    /// Digest of the stored slice of advisory data that was used: snapshot id, feeds, records by digest.
    pub advisories: Digest,
    /// Snapshot that the slice was taken from.
    pub advisories_snapshot: Digest,
    /// Whether the starter set was accepted as advisory data (`advisories.accept_starter`).
    pub advisories_starter_accepted: bool,
    /// Digest of the stored policy document.
    pub policy: Digest,
    /// Name of the policy, for people.
    pub policy_name: String,
    /// Digest of the stored list of exceptions.
    pub exceptions: Digest,
    /// Digest of the stored provenance evidence.
    pub provenance: Digest,
    /// Time of the judgement.
    pub clock: Timestamp,
}

/// One verdict with all that it was made from and all that it found.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Decision {
    /// `lazaret.decision/1`.
    pub schema: String,
    pub image: Digest,
    pub platform: Platform,
    pub inputs: Inputs,
    pub verdict: Verdict,
    pub findings: Vec<Finding>,
    pub problems: Vec<Problem>,
}

/// Canonical bytes with their digest and signature.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SignedDecision {
    /// SHA-256 of `body`; the id of the decision.
    pub id: Digest,
    /// RFC 8785 JSON.
    pub body: String,
    /// Id of the Ed25519 key.
    pub key: String,
    /// Base64 of the Ed25519 signature over `body`.
    pub signature: String,
}
