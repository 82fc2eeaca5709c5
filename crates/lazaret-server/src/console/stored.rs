//! A stored decision with the subject it was made from, read back.

use lazaret_assess::Subject;
use lazaret_model::{Decision, Digest, SignedDecision};
use lazaret_store::{Store, StoreError};
use serde::de::DeserializeOwned;

pub(crate) struct Stored {
    pub(super) signed: SignedDecision,
    pub(super) decision: Decision,
    /// Facts and packages; `None` when the document is not stored (any more).
    pub(super) subject: Option<Subject>,
}

impl Stored {
    /// `None` when it is not there, or not in a form that this version reads; the log says which.
    pub(super) fn read(store: &Store, id: &Digest) -> Result<Option<Self>, StoreError> {
        let Some(signed) = store.decision(id)? else { return Ok(None) };
        let Some(decision) = parse::<Decision>("decision", id, signed.body.as_bytes()) else { return Ok(None) };
        let document = store.content(&decision.inputs.inventory)?;
        let subject = document.and_then(|bytes| parse("subject", &decision.inputs.inventory, &bytes));
        Ok(Some(Self { signed, decision, subject }))
    }
}

fn parse<T: DeserializeOwned>(what: &str, digest: &Digest, bytes: &[u8]) -> Option<T> {
    serde_json::from_slice(bytes)
        .map_err(
            |error| tracing::error!(document.digest = %digest, error = %error, "a stored {what} could not be read"),
        )
        .ok()
}
