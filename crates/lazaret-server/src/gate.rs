//! The serving matrix (registry.md 2.3b with the states of product.md): who gets which bytes. Pure; every route
//! that hands out image data, or tells of it, asks here.
//!
//! | | reader | contributor, quarantine-reader, owner |
//! |---|---|---|
//! | approved | yes | yes |
//! | due, pre-gate | yes, with a warning | yes, with a warning |
//! | quarantined, blocked, overdue, revoked | denied | yes, with a warning; an audit event |
//! | blob reached from a served manifest of the repository | yes | yes |
//! | blob of the repository that no manifest of it names | hidden (404) | yes, with a warning; an audit event |
//! | blob of the repository, otherwise | denied | yes, with a warning; an audit event |
//! | not in the repository | hidden (404) | hidden (404) |
//!
//! Who may not pull in the repository at all gets nothing, whatever the state. HEAD is GET, a Range is the whole,
//! a mount reads the blob, an index goes by its own state (approved only when its image children are).

mod kind;

use lazaret_model::ImageState;

pub use kind::{Reach, Rights};

/// What is done with a request for bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Ruling {
    Serve {
        /// What the client is told beside the bytes.
        caveat: Option<Caveat>,
    },
    /// 403 with the reasons.
    Deny,
    /// 404: it is not there for anybody.
    Hidden,
    /// The caller has no right to pull here; says nothing of what is there.
    NoRight,
}

/// Why bytes come with a warning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Caveat {
    /// Served to everybody for now: a finding came after the approval.
    Due,
    /// Served to everybody for now: was here before the gate.
    PreGate,
    /// Served only to who may read what is not approved.
    Unapproved,
}

/// A tag's two digests, with the state each is in now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TagStates {
    pub newest: ImageState,
    /// The digest that readers get; `None` when none was ever served, or it is gone.
    pub served: Option<ImageState>,
    /// Whether both are the same digest.
    pub same: bool,
}

/// Which of a tag's digests is meant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Target {
    Newest,
    /// The one before, while the newest is pending.
    Served,
}

impl Ruling {
    /// Whether bytes go out.
    pub const fn serves(self) -> bool {
        matches!(self, Self::Serve { .. })
    }

    /// Whether the bytes are such that a plain reader would not get, so that an audit event is due.
    pub const fn is_unapproved_read(self) -> bool {
        matches!(self, Self::Serve { caveat: Some(Caveat::Unapproved) })
    }
}

impl Caveat {
    /// For `Warning: 299`.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Due => "a finding was made after the approval; replace this image before its deadline",
            Self::PreGate => "this image was here before the gate and is not judged yet",
            Self::Unapproved => "not approved: served to you because you may read what is not approved",
        }
    }
}

/// A manifest by digest, an index included; referrers one by one. `state` is `None` when it is not in the
/// repository.
pub const fn manifest(rights: Rights, state: Option<ImageState>) -> Ruling {
    if !rights.pull {
        return Ruling::NoRight;
    }
    let Some(state) = state else { return Ruling::Hidden };
    match state {
        ImageState::Approved => Ruling::Serve { caveat: None },
        ImageState::Due => Ruling::Serve { caveat: Some(Caveat::Due) },
        ImageState::PreGate => Ruling::Serve { caveat: Some(Caveat::PreGate) },
        ImageState::Quarantined | ImageState::Blocked | ImageState::Overdue | ImageState::Revoked => {
            if rights.read_unapproved { Ruling::Serve { caveat: Some(Caveat::Unapproved) } } else { Ruling::Deny }
        }
    }
}

/// A manifest by tag (gate.md 9): who may read what is not approved gets the newest; a reader gets the newest when
/// it is served, else the one before while that still is, else a refusal that speaks of the newest.
pub const fn tag(rights: Rights, tag: Option<TagStates>) -> (Target, Ruling) {
    let Some(states) = tag else {
        return (Target::Newest, if rights.pull { Ruling::Hidden } else { Ruling::NoRight });
    };
    let newest = manifest(rights, Some(states.newest));
    if newest.serves() || states.same {
        return (Target::Newest, newest);
    }
    match manifest(rights, states.served) {
        before @ Ruling::Serve { .. } => (Target::Served, before),
        _ => (Target::Newest, newest),
    }
}

/// A blob, or a part of it, or its size, or a mount of it.
pub const fn blob(rights: Rights, reach: Reach) -> Ruling {
    if !rights.pull {
        return Ruling::NoRight;
    }
    match reach {
        Reach::Served => Ruling::Serve { caveat: None },
        Reach::Loose | Reach::Unserved if rights.read_unapproved => Ruling::Serve { caveat: Some(Caveat::Unapproved) },
        // Nothing that could be released holds a loose one.
        Reach::Absent | Reach::Loose => Ruling::Hidden,
        Reach::Unserved => Ruling::Deny,
    }
}

#[cfg(test)]
mod tests;
