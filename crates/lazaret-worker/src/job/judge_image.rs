//! Judges one image of one repository: layer inventories, coalesce, match, rules, decision, state.

use std::{collections::BTreeMap, sync::Arc};

use lazaret_assess::{Judgement, Policy, Subject, is_for_cause, next_state};
use lazaret_inventory::{DetectorSet, Held, LayerInventory, coalesce};
use lazaret_model::{Decision, Digest, ImageFacts, ImageState, Outcome, Platform, Problem, ProblemKind, Repository};
use lazaret_oci::{ImageManifest, Manifest, image_facts, is_passing};
use lazaret_store::{ManifestKind, ManifestRow, StateChange};

use super::{ACTOR, Context, JobError, Try, inspect_image, until_done};

pub(crate) fn run(context: &Context, repository: &Repository, digest: &Digest) -> Result<(), JobError> {
    judge(context, repository, digest, false)
}

/// `deep`: with the detectors of the later job; else with them only where they have looked already.
pub(crate) fn judge(context: &Context, repository: &Repository, digest: &Digest, deep: bool) -> Result<(), JobError> {
    until_done(|| attempt(context, repository, digest, deep))
}

fn attempt(context: &Context, repository: &Repository, digest: &Digest, deep: bool) -> Result<Try, JobError> {
    let Some(row) = context.store.manifest(repository, digest)?.filter(|row| row.kind == ManifestKind::Image) else {
        return Ok(Try::Done);
    };
    let Seen { subject, looked } = subject(context, &row, deep)?;
    let done = decide(context, &row, &subject, looked)?;
    if done == Try::Done && !looked {
        inspect_image::queue(context, repository, digest)?;
    }
    Ok(done)
}

/// `looked`: the detectors of the later job have looked too.
fn decide(context: &Context, row: &ManifestRow, subject: &Subject, looked: bool) -> Result<Try, JobError> {
    let (repository, digest) = (&row.repository, &row.digest);
    let policy = context.policy_of(repository)?;
    let judge = context.judge.load();
    let judgement = judge.judge(subject, &policy, context.clock.now()).map_err(JobError::passing)?;

    let history = history(context, repository, digest)?;
    // What a deeper look has told stays until another one tells otherwise.
    if !looked && history.first().is_some_and(inspect_image::has_told) {
        return Ok(Try::Done);
    }
    let unexplained = history.iter().any(|p| !judge.unexplained(p, &judgement, subject).is_empty());
    let outcome = judgement.decision.verdict.outcome;
    let for_cause = is_for_cause(row.state, &judgement.decision.verdict);
    let state = if for_cause { ImageState::Revoked } else { next_state(row.state, outcome, unexplained) };
    // An allow that absence made changes nothing and is not recorded, so that it explains nothing later either.
    let ineffective = outcome == Outcome::Allow && !state.is_served();
    let adds_nothing = |p: &Decision| says_the_same(p, &judgement) || lacks_data(p, &judgement.decision);
    if state == row.state && (ineffective || history.first().is_some_and(adds_nothing)) {
        return Ok(Try::Done);
    }
    let reason = reason(&judgement, state, unexplained);
    let signed = context.key.sign_judgement(&judgement);
    context.store.put_contents(&judgement.contents)?;
    // From the state that was read above: a person may have revoked it since.
    let from = Some(row.own_state);
    let change = StateChange { from, to: state, decision: Some(&signed), actor: ACTOR, reason: &reason };
    let done = Try::of(context.store.change_state(repository, digest, &change))?;
    if done == Try::Done {
        tracing::info!(
            repository = %repository, image.digest = %digest, state = %state, decision = %signed.id,
            "judged"
        );
        // A policy or a snapshot that came during the judgement queued a job that may have ended before this one.
        if context.policy_of(repository)?.name != policy.name || !Arc::ptr_eq(&judge, &context.judge.load()) {
            return Ok(Try::Moved);
        }
    }
    Ok(done)
}

/// Earlier decisions, newest first, back to the last one that allowed.
fn history(context: &Context, repository: &Repository, digest: &Digest) -> Result<Vec<Decision>, JobError> {
    let mut decisions = Vec::new();
    for row in context.store.decisions_of(repository, digest)? {
        let Some(signed) = row.decision.map(|id| context.store.decision(&id)).transpose()?.flatten() else { continue };
        let Ok(decision) = serde_json::from_str::<Decision>(&signed.body) else { continue };
        let allowed = decision.verdict.outcome == Outcome::Allow;
        decisions.push(decision);
        if allowed {
            break;
        }
    }
    Ok(decisions)
}

/// What is judged, and whether the detectors of the later job have looked.
struct Seen {
    subject: Subject,
    looked: bool,
}

impl Seen {
    /// An image into which nobody can look.
    fn nothing(row: &ManifestRow, layers: Vec<Digest>, kind: ProblemKind, message: &str) -> Self {
        Self { subject: unreadable(row, layers, kind, message), looked: true }
    }
}

/// What is judged: the image's facts with what is in it. Whatever cannot be read becomes a problem of the inventory.
fn subject(context: &Context, row: &ManifestRow, deep: bool) -> Result<Seen, JobError> {
    let manifest = match Manifest::parse(&row.bytes, Some(&row.media_type)) {
        Ok(Manifest::Image(image)) => image,
        Ok(Manifest::Index(_)) => return Err(JobError::fatal("an index was queued as an image")),
        Err(error) => return Ok(Seen::nothing(row, Vec::new(), ProblemKind::ParseError, &error.to_string())),
    };
    let config = match config(context, &manifest)? {
        Ok(bytes) => bytes,
        Err(problem) => return Ok(Seen::nothing(row, manifest_layers(&manifest), problem.kind, &problem.message)),
    };
    let digest = row.digest.clone();
    let facts = match image_facts(digest, "manifest", &manifest.layers, manifest.config.digest.clone(), &config) {
        Ok(facts) => facts,
        Err(error) => {
            return Ok(Seen::nothing(row, manifest_layers(&manifest), ProblemKind::ParseError, &error.to_string()));
        }
    };
    let mut layers = Vec::new();
    let mut problems = Vec::new();
    let held = Held::default();
    let looked = deep || inspect_image::have_looked(context, &manifest)?;
    let set = if looked { context.looks.clone() } else { DetectorSet::standard() };
    for (layer, diff_id) in manifest.layers.iter().zip(&facts.diff_ids) {
        // What only another repository holds is nobody's here: its contents are not told to who knows its digest.
        let held_here = context.store.holds_blob(&row.repository, &layer.digest)?;
        let inventory =
            if held_here { context.layers.inventory(&layer.digest, &layer.media_type, &set)? } else { None };
        match inventory {
            Some(inventory) => {
                // Our disk is no fault of the image: it waits in quarantine, or keeps its state, until this passes.
                if let Some(fault) = inventory.problems.iter().find(|problem| is_passing(problem)) {
                    return Err(JobError::passing(format!("layer {}: {}", layer.digest, fault.message)));
                }
                problems.extend(mismatch(layer, diff_id, &inventory));
                layers.push(Arc::new(held.admit(inventory)));
            }
            None => {
                let message = format!("layer {} is not in the repository, so it was not looked at", layer.digest);
                problems.push(Problem::new(ProblemKind::BlobMissing, layer.digest.to_string(), message));
                layers.push(Arc::new(LayerInventory::default()));
            }
        }
    }
    let mut inventory = coalesce(&facts, &layers, &set);
    inventory.problems.extend(problems);
    inventory.problems.sort();
    inventory.problems.dedup();
    Ok(Seen { subject: Subject { facts, inventory }, looked })
}

fn manifest_layers(manifest: &ImageManifest) -> Vec<Digest> {
    manifest.layers.iter().map(|l| l.digest.clone()).collect()
}

/// The config blob, within the limit of a document; the inner error is the image's fault, not ours.
fn config(context: &Context, manifest: &ImageManifest) -> Result<Result<Vec<u8>, Problem>, JobError> {
    let digest = &manifest.config.digest;
    let Some((file, size)) = context.store.open_blob(digest)? else {
        let message = format!("config {digest} is not in the registry");
        return Ok(Err(Problem::new(ProblemKind::BlobMissing, digest.to_string(), message)));
    };
    if size > context.limits.document_bytes {
        let message = format!("config {digest} has {size} bytes; the limit is {}", context.limits.document_bytes);
        return Ok(Err(Problem::new(ProblemKind::LimitExceeded, digest.to_string(), message)));
    }
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(&mut std::io::Read::take(file, size), &mut bytes).map_err(JobError::passing)?;
    Ok(Ok(bytes))
}

/// Where manifest and config say something else of a layer than its bytes.
fn mismatch(layer: &lazaret_oci::Descriptor, diff_id: &Digest, inventory: &LayerInventory) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut tell = |message| {
        problems.push(Problem::new(ProblemKind::DigestMismatch, layer.digest.to_string(), message));
    };
    if let Some(read) = inventory.diff_id.as_ref().filter(|read| *read != diff_id) {
        tell(format!("the config says that layer {} unpacks to {diff_id}, but it unpacks to {read}", layer.digest));
    }
    // Without a digest it was not read to its end, which is told.
    if inventory.digest.is_some() && inventory.compressed != layer.size {
        let (wanted, actual) = (layer.size, inventory.compressed);
        tell(format!("the manifest says that layer {} has {wanted} bytes, but it has {actual}", layer.digest));
    }
    problems
}

/// A subject of which nothing is known but its digest: it is judged incomplete.
fn unreadable(row: &ManifestRow, layers: Vec<Digest>, kind: ProblemKind, message: &str) -> Subject {
    let unknown = || "unknown".to_owned();
    let facts = ImageFacts {
        digest: row.digest.clone(),
        digest_kind: "manifest".to_owned(),
        config: row.digest.clone(),
        platform: Platform { os: unknown(), architecture: unknown(), variant: None },
        user: String::new(),
        exposed_ports: Vec::new(),
        env: Vec::new(),
        entrypoint: Vec::new(),
        cmd: Vec::new(),
        labels: BTreeMap::new(),
        created: None,
        diff_ids: Vec::new(),
        layer_sizes: vec![0; layers.len()],
        layers,
        history: Vec::new(),
        base_layers: None,
    };
    let mut inventory = coalesce(&facts, &[], &DetectorSet::standard());
    inventory.problems.push(Problem::new(kind, row.digest.to_string(), message));
    Subject { facts, inventory }
}

/// One decision per question and inputs: the clock alone does not make a new one.
fn says_the_same(previous: &Decision, new: &Judgement) -> bool {
    let mut inputs = new.decision.inputs.clone();
    inputs.clock = previous.inputs.clock;
    // The slice also names when each feed was last checked, which changes with every update.
    inputs.advisories.clone_from(&previous.inputs.advisories);
    inputs.advisories_snapshot.clone_from(&previous.inputs.advisories_snapshot);
    inputs == previous.inputs
        && new.decision.verdict == previous.verdict
        && new.decision.findings == previous.findings
        && new.decision.problems == previous.problems
}

/// Whether the new judgement had only the starter set, unaccepted, where the previous one had data: `serve` on the data
/// of a demonstration, say. It can change no state, so it replaces no decision either.
fn lacks_data(previous: &Decision, new: &Decision) -> bool {
    let starter_only = |d: &Decision| d.problems.iter().any(|p| p.kind == ProblemKind::AdvisoriesStarter);
    previous.inputs.policy == new.inputs.policy && starter_only(new) && !starter_only(previous)
}

fn reason(judgement: &Judgement, state: ImageState, unexplained: bool) -> String {
    let verdict = &judgement.decision.verdict;
    match verdict.reasons.first() {
        Some(first) => format!("{}: {}", verdict.outcome, first.message),
        None if unexplained && state != ImageState::Approved => {
            "allow, but an earlier finding is gone and no record says why".to_owned()
        }
        None => verdict.outcome.to_string(),
    }
}

impl Context {
    /// The policy that the repository names, or the default one.
    fn policy_of(&self, repository: &Repository) -> Result<Policy, JobError> {
        let named = self.store.repository(repository)?.and_then(|r| r.policy);
        let name = named.as_deref().unwrap_or(&self.default_policy);
        Policy::named(name).ok_or_else(|| {
            JobError::fatal(format!("repository {repository} names the policy {name:?}, which is not there"))
        })
    }
}
