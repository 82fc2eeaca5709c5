//! Makes a decision again from its stored documents.

use lazaret_model::Digest;

/// What came of a replay.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Replay {
    /// Byte for byte the same.
    Same,
    /// The documents lead to other bytes: the record was not made from them, or it was changed.
    Different {
        /// The first difference, for people.
        at: String,
    },
    /// Matcher or rules of another version made it; that engine would be needed.
    OtherEngine { wanted: String },
}

/// Why a replay could not be done.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("the decision record is not lazaret.decision/1 JSON")]
    Body(#[source] serde_json::Error),
    #[error("document {0} that the decision names is not stored")]
    Missing(Digest),
    #[error("document {0} does not have the digest under which it is stored")]
    Corrupt(Digest),
    #[error("document {digest} is not what the decision calls it")]
    Document {
        digest: Digest,
        #[source]
        source: serde_json::Error,
    },
    #[error("the decision made again cannot be written as canonical JSON")]
    Canonical(#[source] serde_json::Error),
}

/// Judges again from the documents that the decision `body` names; `contents` gives a stored document by its digest.
pub fn replay(body: &str, contents: &dyn Fn(&Digest) -> Option<Vec<u8>>) -> Result<Replay, ReplayError> {
    let decision: lazaret_model::Decision = serde_json::from_str(body).map_err(ReplayError::Body)?;
    let inventory = &decision.inputs.inventory;
    contents(inventory).ok_or_else(|| ReplayError::Missing(inventory.clone()))?;
    Ok(Replay::OtherEngine { wanted: decision.inputs.engine })
}
