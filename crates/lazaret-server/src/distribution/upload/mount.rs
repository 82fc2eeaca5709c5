//! A mount reads the blob where it is, so the gate is asked there as for a GET. What the caller may push to says
//! nothing about it.

use lazaret_model::{Action, Digest, Repository};

use crate::{
    ApiError,
    auth::{
        permission::{Fault, challenge},
        scope,
    },
    call::Call,
    distribution::blob,
    gate::Ruling,
};

/// Repositories that are tried for a mount without `from`. A blob that is in more of them may be pushed once more.
const MAX_HOLDERS: usize = 64;

/// Whether the blob now is in `to`; `false` is no error, the client then uploads.
pub(super) async fn mounted(
    call: &Call,
    from: Option<&str>,
    to: &Repository,
    digest: &Digest,
) -> Result<bool, ApiError> {
    let source = match from.map(Repository::parse) {
        Some(Ok(from)) => named(call, from, to, digest).await?,
        Some(Err(_)) => None,
        None => anywhere(call, digest).await?,
    };
    let Some((from, ruling)) = source else { return Ok(false) };
    if ruling.is_unapproved_read() {
        call.app.reads.count(&call.caller.principal.id, &from, digest);
    }
    let (to, digest) = (to.clone(), digest.clone());
    call.app.ask(move |store| store.mount_blob(&from, &to, &digest)).await
}

/// `from`, when the caller may read the blob there.
async fn named(
    call: &Call,
    from: Repository,
    to: &Repository,
    digest: &Digest,
) -> Result<Option<(Repository, Ruling)>, ApiError> {
    let (pull, push) = (Action::Pull, Action::Push);
    if call.caller.holds(pull, Some(&from)) && !call.caller.may(pull, Some(&from)) {
        // The token was made for the target alone; one for both is to be had (registry.md 2.4).
        let both = format!("{} {}", scope::wanted(push, Some(to)), scope::wanted(pull, Some(&from)));
        return Err(challenge(&call.origin, &call.app.settings.service, Some(&both), Fault::Scope));
    }
    let ruling = ruling(call, &from, digest).await?;
    Ok(ruling.serves().then_some((from, ruling)))
}

/// A repository where the caller may read the blob, best one where everybody may. Where it may not pull nothing is
/// looked at: whether the blob is there shows neither in the answer nor in its time.
async fn anywhere(call: &Call, digest: &Digest) -> Result<Option<(Repository, Ruling)>, ApiError> {
    let (within, wanted) = (call.caller.pulls_within(), digest.clone());
    let holders = call.app.ask(move |store| store.blob_holders(&wanted, &within, MAX_HOLDERS)).await?;
    let mut unapproved = None;
    for from in holders {
        let ruling = ruling(call, &from, digest).await?;
        if ruling.is_unapproved_read() {
            unapproved.get_or_insert((from, ruling));
        } else if ruling.serves() {
            return Ok(Some((from, ruling)));
        }
    }
    Ok(unapproved)
}

async fn ruling(call: &Call, from: &Repository, digest: &Digest) -> Result<Ruling, ApiError> {
    let rights = call.rights(from);
    if !rights.pull {
        return Ok(Ruling::NoRight);
    }
    Ok(blob::ruling(rights, blob::reach(&call.app, from, digest).await?))
}
