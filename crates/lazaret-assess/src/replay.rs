//! Makes a decision again from its stored documents alone.

use lazaret_model::{AdvisoryRecord, Decision, Digest};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    Subject,
    document::{PolicyDocument, SliceDocument, SubjectDocument},
    judge::{Named, body, decide, decides_alike},
    slice::Slice,
};

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

/// Judges again from the documents that the decision in `recorded` names; `contents` gives a stored document by its
/// digest. No database of advisories is asked, so a newer snapshot does not matter.
pub fn replay(recorded: &str, contents: &dyn Fn(&Digest) -> Option<Vec<u8>>) -> Result<Replay, ReplayError> {
    let decision: Decision = serde_json::from_str(recorded).map_err(ReplayError::Body)?;
    let inputs = decision.inputs;
    if !decides_alike(&inputs.engine) {
        return Ok(Replay::OtherEngine { wanted: inputs.engine });
    }
    let subject: SubjectDocument<Subject> = document(contents, &inputs.inventory)?;
    let slice: SliceDocument = document(contents, &inputs.advisories)?;
    let policy: PolicyDocument = document(contents, &inputs.policy)?;
    let _: Value = document(contents, &inputs.exceptions)?;
    let _: Value = document(contents, &inputs.provenance)?;
    let slice = Slice::restore(slice, |digest| document::<AdvisoryRecord>(contents, digest))?;
    let named = Named {
        engine: inputs.engine,
        inventory: inputs.inventory,
        advisories: inputs.advisories,
        policy: inputs.policy,
    };
    let again = decide(&subject.subject, &slice, &policy, named, inputs.clock);
    let (_, again) = body(&again).map_err(ReplayError::Canonical)?;
    Ok(if again == recorded { Replay::Same } else { Replay::Different { at: difference(recorded, &again) } })
}

fn document<T: DeserializeOwned>(
    contents: &dyn Fn(&Digest) -> Option<Vec<u8>>,
    digest: &Digest,
) -> Result<T, ReplayError> {
    let bytes = contents(digest).ok_or_else(|| ReplayError::Missing(digest.clone()))?;
    if lazaret_oci::sha256(&bytes) != *digest {
        return Err(ReplayError::Corrupt(digest.clone()));
    }
    serde_json::from_slice(&bytes).map_err(|source| ReplayError::Document { digest: digest.clone(), source })
}

fn difference(recorded: &str, again: &str) -> String {
    let value = |text: &str| serde_json::from_str::<Value>(text).unwrap_or_default();
    first_difference("", &value(recorded), &value(again))
        .unwrap_or_else(|| "same content, but the record is not in canonical form".to_owned())
}

/// Path of the first value that differs, with both values.
fn first_difference(path: &str, recorded: &Value, again: &Value) -> Option<String> {
    match (recorded, again) {
        (Value::Object(old), Value::Object(new)) => {
            let names: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            let dot = if path.is_empty() { "" } else { "." };
            names.into_iter().find_map(|name| {
                let (old, new) = (old.get(name).unwrap_or(&Value::Null), new.get(name).unwrap_or(&Value::Null));
                first_difference(&format!("{path}{dot}{name}"), old, new)
            })
        }
        (Value::Array(old), Value::Array(new)) => (0..old.len().max(new.len())).find_map(|index| {
            let (old, new) = (old.get(index).unwrap_or(&Value::Null), new.get(index).unwrap_or(&Value::Null));
            first_difference(&format!("{path}[{index}]"), old, new)
        }),
        (old, new) if old == new => None,
        (old, new) => Some(format!("{path}: recorded {}, made again {}", short(old), short(new))),
    }
}

fn short(value: &Value) -> String {
    let text = value.to_string();
    let mut cut: String = text.chars().take(80).collect();
    if cut.len() < text.len() {
        cut.push_str("...");
    }
    cut
}
