//! States of manifests, their history, and what follows from a change.

use lazaret_model::{Digest, ImageState, Repository, SignedDecision};
use rusqlite::Connection;

use crate::{
    Priority, Store, StoreError, Work, audit_log,
    db::{self, Tx},
    decisions,
    manifests::parents,
    queue, tags,
};

/// A signature of an attestation of an image is three.
const LONGEST_CHAIN: usize = 16;

/// What is to become of a manifest's state, and on whose word.
#[derive(Clone, Copy, Debug)]
pub struct StateChange<'a> {
    /// The own state that the change was thought out from. When it is another by now (a person revoked meanwhile, say)
    /// nothing is changed: [`StoreError::StateMoved`]. `None` changes whatever it finds.
    pub from: Option<ImageState>,
    pub to: ImageState,
    pub decision: Option<&'a SignedDecision>,
    pub actor: &'a str,
    pub reason: &'a str,
}

impl Store {
    /// [`Store::change_state`] from whatever state it finds: a person's word.
    pub fn set_state(
        &self,
        repository: &Repository,
        digest: &Digest,
        new: ImageState,
        decision: Option<&SignedDecision>,
        actor: &str,
        reason: &str,
    ) -> Result<ImageState, StoreError> {
        self.change_state(repository, digest, &StateChange { from: None, to: new, decision, actor, reason })
    }

    /// Sets the state of a manifest, with the decision that did it, in one transaction: state, decision, served tags,
    /// history, audit row, and a job for each index that names it. Returns the state that was set before.
    /// Which state may follow which is `lazaret-assess`'s question, not asked here.
    pub fn change_state(
        &self,
        repository: &Repository,
        digest: &Digest,
        change: &StateChange<'_>,
    ) -> Result<ImageState, StoreError> {
        self.write(|tx| {
            let unknown = || StoreError::NoManifest { repository: repository.clone(), digest: digest.clone() };
            let (found, follows) = own(tx, repository, digest)?.ok_or_else(unknown)?;
            if change.from.is_some_and(|from| from != found) {
                let (repository, digest) = (repository.clone(), digest.clone());
                return Err(StoreError::StateMoved { repository, digest, found });
            }
            if let Some(decision) = change.decision {
                decisions::record(tx, decision)?;
            }
            write(tx, repository, digest, change)?;
            if found != change.to || change.decision.is_some() {
                remember(tx, repository, digest, found, change)?;
            }
            if found != change.to {
                let effective = effective_of(tx, repository, change.to, follows.as_ref())?;
                spread(tx, repository, digest, effective)?;
                announce(tx, repository, digest, found, change)?;
            }
            Ok(found)
        })
    }
}

fn write(tx: &Tx<'_>, repository: &Repository, digest: &Digest, change: &StateChange<'_>) -> Result<(), StoreError> {
    db::execute(
        tx,
        "UPDATE manifests SET state = ?3, state_at = CASE WHEN state = ?3 THEN state_at ELSE ?4 END,
             decision = COALESCE(?5, decision)
         WHERE repository = ?1 AND digest = ?2",
        (
            repository.as_str(),
            digest.to_string(),
            change.to.name(),
            tx.now.as_millis(),
            change.decision.map(|d| d.id.to_string()),
        ),
    )?;
    Ok(())
}

/// The audit row.
fn announce(
    tx: &Tx<'_>,
    repository: &Repository,
    digest: &Digest,
    previous: ImageState,
    change: &StateChange<'_>,
) -> Result<(), StoreError> {
    let decision = change.decision.map(|d| &d.id);
    let detail = serde_json::json!({
        "previous": previous, "state": change.to, "decision": decision, "reason": change.reason,
    });
    audit_log::append(tx, change.actor, "set_state", &format!("{repository}@{digest}"), &detail.to_string())
}

/// The state that the gate goes by; `None` when the manifest is not in the repository.
pub(crate) fn effective(
    c: &Connection,
    repository: &Repository,
    digest: &Digest,
) -> Result<Option<ImageState>, StoreError> {
    let sql = "SELECT effective FROM manifests WHERE repository = ?1 AND digest = ?2";
    db::one(c, sql, (repository.as_str(), digest.to_string()), |row| db::state(row, 0))
}

/// What the gate goes by, from the own state and what is followed. A revocation of its own holds in any case.
pub(crate) fn effective_of(
    tx: &Tx<'_>,
    repository: &Repository,
    own: ImageState,
    follows: Option<&Digest>,
) -> Result<ImageState, StoreError> {
    match follows {
        Some(subject) if own != ImageState::Revoked => Ok(effective(tx, repository, subject)?.unwrap_or(own)),
        _ => Ok(own),
    }
}

/// Whether `from` follows `to` in the end. No digest can name itself through subjects alone, but with a fallback tag
/// it could, and a circle would keep a state that nobody set. A chain that is longer than any real one counts too.
pub(crate) fn follows_back(
    tx: &Tx<'_>,
    repository: &Repository,
    from: &Digest,
    to: &Digest,
) -> Result<bool, StoreError> {
    let mut at = from.clone();
    for _ in 0..LONGEST_CHAIN {
        if at == *to {
            return Ok(true);
        }
        match own(tx, repository, &at)? {
            Some((_, Some(next))) => at = next,
            _ => return Ok(false),
        }
    }
    Ok(true)
}

/// State and decision that a new manifest begins with: quarantined, but a digest that was deleted while revoked comes
/// back revoked, since only a person lifts that.
pub(crate) fn remembered(
    tx: &Tx<'_>,
    repository: &Repository,
    digest: &Digest,
) -> Result<(ImageState, Option<Digest>), StoreError> {
    let sql = "SELECT state, decision FROM state_changes WHERE repository = ?1 AND digest = ?2
               ORDER BY seq DESC LIMIT 1";
    let last = db::one(tx, sql, (repository.as_str(), digest.to_string()), |row| {
        Ok((db::state(row, 0)?, db::digest_option(row, 1)?))
    })?;
    Ok(last.filter(|(state, _)| *state == ImageState::Revoked).unwrap_or((ImageState::Quarantined, None)))
}

/// Lets an artifact that follows nothing follow an image, as the index says that names both.
pub(crate) fn attach(
    tx: &Tx<'_>,
    repository: &Repository,
    evidence: &Digest,
    image: &Digest,
) -> Result<(), StoreError> {
    let sql = "UPDATE manifests SET follows = ?3
               WHERE repository = ?1 AND digest = ?2 AND kind = 'artifact' AND follows IS NULL AND EXISTS (
                   SELECT 1 FROM manifests i WHERE i.repository = ?1 AND i.digest = ?3 AND i.kind = 'image')";
    let changed = db::execute(tx, sql, (repository.as_str(), evidence.to_string(), image.to_string()))?;
    match own(tx, repository, evidence)? {
        Some((own, follows)) if changed > 0 => {
            spread(tx, repository, evidence, effective_of(tx, repository, own, follows.as_ref())?)
        }
        _ => Ok(()),
    }
}

/// Carries the state of a manifest that came, went or changed to those that follow it.
pub(crate) fn refresh_followers(tx: &Tx<'_>, repository: &Repository, subject: &Digest) -> Result<(), StoreError> {
    let sql = "SELECT digest, state, effective FROM manifests WHERE repository = ?1 AND follows = ?2";
    let followers = db::all(tx, sql, (repository.as_str(), subject.to_string()), |row| {
        Ok((db::digest(row, 0)?, db::state(row, 1)?, db::state(row, 2)?))
    })?;
    for (digest, own, before) in followers {
        let effective = effective_of(tx, repository, own, Some(subject))?;
        if effective != before {
            spread(tx, repository, &digest, effective)?;
        }
    }
    Ok(())
}

/// Writes the effective state, moves the tags that it serves, has the indexes that name it judged again, and goes on
/// to the followers.
fn spread(tx: &Tx<'_>, repository: &Repository, digest: &Digest, effective: ImageState) -> Result<(), StoreError> {
    db::execute(
        tx,
        "UPDATE manifests SET effective = ?3 WHERE repository = ?1 AND digest = ?2",
        (repository.as_str(), digest.to_string(), effective.name()),
    )?;
    if effective.is_served() {
        tags::serve(tx, repository, digest)?;
    }
    for parent in parents(tx, repository, digest)? {
        let work = Work::JudgeIndex { repository: repository.clone(), digest: parent };
        queue::enqueue(tx, &work, Priority::Push)?;
    }
    refresh_followers(tx, repository, digest)
}

type Own = (ImageState, Option<Digest>);

fn own(tx: &Tx<'_>, repository: &Repository, digest: &Digest) -> Result<Option<Own>, StoreError> {
    let sql = "SELECT state, follows FROM manifests WHERE repository = ?1 AND digest = ?2";
    db::one(tx, sql, (repository.as_str(), digest.to_string()), |row| {
        Ok((db::state(row, 0)?, db::digest_option(row, 1)?))
    })
}

fn remember(
    tx: &Tx<'_>,
    repository: &Repository,
    digest: &Digest,
    previous: ImageState,
    change: &StateChange<'_>,
) -> Result<(), StoreError> {
    db::execute(
        tx,
        "INSERT INTO state_changes (repository, digest, previous, state, decision, actor, reason, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        (
            repository.as_str(),
            digest.to_string(),
            previous.name(),
            change.to.name(),
            change.decision.map(|d| d.id.to_string()),
            change.actor,
            change.reason,
            tx.now.as_millis(),
        ),
    )?;
    Ok(())
}
