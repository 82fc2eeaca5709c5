//! The documents that a decision names: canonical bytes, kept under their SHA-256.

use lazaret_model::{AdvisoryRecord, Digest, FeedInfo};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

use crate::{Enriched, OsSupport, Policy, Subject};

pub(crate) const DECISION_SCHEMA: &str = "lazaret.decision/1";
pub(crate) const SUBJECT_SCHEMA: &str = "lazaret.subject/1";
pub(crate) const SLICE_SCHEMA: &str = "lazaret.advisories/1";
pub(crate) const POLICY_SCHEMA: &str = "lazaret.policy/1";
/// No exceptions and no provenance are read yet; their documents are the empty ones.
pub(crate) const EXCEPTIONS: &[u8] = b"[]";
pub(crate) const PROVENANCE: &[u8] = b"{}";

/// Canonical bytes with their digest.
pub(crate) type Document = (Digest, Vec<u8>);

/// Image facts and inventory.
#[derive(Serialize, Deserialize)]
pub(crate) struct SubjectDocument<S> {
    pub(crate) schema: String,
    #[serde(flatten)]
    pub(crate) subject: S,
}

/// A policy with the settings that go with it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct PolicyDocument {
    pub(crate) schema: String,
    #[serde(flatten)]
    pub(crate) policy: Policy,
    pub(crate) extended_support: bool,
}

/// The part of a snapshot of advisories that one judgement used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct SliceDocument {
    pub(crate) schema: String,
    pub(crate) snapshot: Digest,
    /// The built-in starter set.
    pub(crate) starter: bool,
    /// The starter set was accepted as advisory data.
    pub(crate) accepted: bool,
    pub(crate) max_age_s: u64,
    pub(crate) feeds: Vec<FeedInfo>,
    /// Ecosystem streams of the image, with the feeds that have data for them.
    pub(crate) answering: BTreeMap<String, Vec<String>>,
    pub(crate) end_of_life: Option<OsSupport>,
    /// By CVE, where something is known.
    pub(crate) enrichment: BTreeMap<String, Enriched>,
    pub(crate) records: Vec<RecordSet>,
}

/// The records about one package that were used.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct RecordSet {
    pub(crate) ecosystem: String,
    pub(crate) package: String,
    /// How many records the snapshot has about the package, used or not.
    pub(crate) known: u64,
    /// Digest of each record's document.
    pub(crate) records: Vec<Digest>,
}

/// RFC 8785 bytes of a value with their digest.
pub(crate) fn canonical(value: &impl Serialize) -> Result<Document, serde_json::Error> {
    let bytes = serde_json_canonicalizer::to_vec(value)?;
    Ok((lazaret_oci::sha256(&bytes), bytes))
}

/// The document of what is judged.
pub(crate) fn subject(subject: &Subject) -> Result<Document, serde_json::Error> {
    canonical(&SubjectDocument { schema: SUBJECT_SCHEMA.to_owned(), subject })
}

/// The document of one advisory record.
pub(crate) fn record(record: &AdvisoryRecord) -> Result<Document, serde_json::Error> {
    canonical(record)
}
