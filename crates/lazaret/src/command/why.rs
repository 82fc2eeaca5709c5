//! `lazaret why IMAGE`: the decision in words, its signature checked, and the same bytes made again from its inputs.

use anyhow::anyhow;
use lazaret_assess::{Replay, ReplayError, Subject, explain, replay, verify};
use lazaret_model::{Decision, Repository, SignedDecision};
use lazaret_oci::Manifest;
use lazaret_store::{ManifestKind, ManifestRow, Store};
use serde::Serialize;

use crate::{
    cli::{Format, Why},
    command::image_argument,
    exit::Exit,
    output,
    settings::Settings,
    wire,
};

#[derive(Serialize)]
struct Explained {
    repository: String,
    digest: String,
    platform: Option<String>,
    state: String,
    /// `same`, `different: ...`, `other engine: ...`; `null` without a decision.
    replay: Option<String>,
    signature_valid: Option<bool>,
    key: Option<String>,
    decision_id: Option<String>,
    decision: Option<Decision>,
    #[serde(skip)]
    text: String,
}

pub(crate) fn run(settings: &Settings, args: &Why) -> anyhow::Result<Exit> {
    let data = wire::data_dir(args.data.data.as_deref(), settings)?;
    let store = wire::open_store(&data)?;
    let image = image_argument::find(&store, &args.image)?;
    let mut explained = Vec::new();
    if image.row.kind == ManifestKind::Index {
        for child in children(&store, &image.repository, &image.row)? {
            explained.push(explain_row(&store, &image.repository, &child)?);
        }
    } else {
        explained.push(explain_row(&store, &image.repository, &image.row)?);
    }
    match args.format {
        Format::Json => output::json(&explained)?,
        Format::Table => {
            if image.row.kind == ManifestKind::Index {
                output::data(&format!(
                    "{}@{} is an index and {}: it is as good as its platforms.\n",
                    image.repository, image.row.digest, image.row.state
                ))?;
            }
            output::data(&explained.iter().map(|e| e.text.as_str()).collect::<Vec<_>>().join("\n"))?;
        }
    }
    let replayed = explained.iter().filter_map(|e| e.replay.as_deref()).all(|r| !r.starts_with("different"));
    let signed = explained.iter().filter_map(|e| e.signature_valid).all(|valid| valid);
    Ok(if replayed && signed { Exit::Done } else { Exit::Failed })
}

fn children(store: &Store, repository: &Repository, row: &ManifestRow) -> anyhow::Result<Vec<ManifestRow>> {
    let Manifest::Index(index) = Manifest::parse(&row.bytes, Some(&row.media_type))? else { return Ok(Vec::new()) };
    let mut rows = Vec::new();
    for child in index.manifests.iter().filter(|c| !c.is_attestation()) {
        rows.extend(store.manifest(repository, &child.digest)?);
    }
    Ok(rows)
}

fn explain_row(store: &Store, repository: &Repository, row: &ManifestRow) -> anyhow::Result<Explained> {
    let mut explained = Explained {
        repository: repository.to_string(),
        digest: row.digest.to_string(),
        platform: None,
        state: row.state.to_string(),
        replay: None,
        signature_valid: None,
        key: None,
        decision_id: None,
        decision: None,
        text: format!(
            "{repository}@{}\nstate {}: no decision yet, so nobody but its writers may pull it.",
            row.digest, row.state
        ),
    };
    let Some(signed) = store.latest_decision(repository, &row.digest)? else { return Ok(explained) };
    let decision: Decision = serde_json::from_str(&signed.body)?;
    let contents = |digest: &lazaret_model::Digest| store.content(digest).ok().flatten();
    let replayed = replay(&signed.body, &contents);
    let valid = signature_valid(store, &signed)?;
    let subject: Option<Subject> =
        store.content(&decision.inputs.inventory)?.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    explained.text = format!(
        "{repository}@{}\nstate     {}\n{}signature {} by key {}\n",
        row.digest,
        row.state,
        explain(&signed.id, &decision, subject.as_ref().map(|s| &s.facts), &replayed),
        if valid { "valid" } else { "NOT VALID" },
        signed.key,
    );
    explained.platform = Some(decision.platform.to_string());
    explained.replay = Some(replay_word(&replayed));
    explained.signature_valid = Some(valid);
    explained.key = Some(signed.key);
    explained.decision_id = Some(signed.id.to_string());
    explained.decision = Some(decision);
    Ok(explained)
}

/// `same`, or what stands in the way.
fn replay_word(replayed: &Result<Replay, ReplayError>) -> String {
    match replayed {
        Ok(Replay::Same) => "same".to_owned(),
        Ok(Replay::Different { at }) => format!("different: {at}"),
        Ok(Replay::OtherEngine { wanted }) => format!("other engine: {wanted}"),
        Err(error) => format!("different: {error}"),
    }
}

fn signature_valid(store: &Store, signed: &SignedDecision) -> anyhow::Result<bool> {
    let keys = store.signing_keys()?;
    let key = keys
        .iter()
        .find(|k| k.id == signed.key)
        .ok_or_else(|| anyhow!("the decision names the signing key {}, which is not here", signed.key))?;
    Ok(verify(&key.public, &signed.body, &signed.signature))
}
