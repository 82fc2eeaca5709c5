//! The short form of a judged image that lists show: one segment per layer, findings by severity, the first reason.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use lazaret_model::{Digest, Outcome};
use lazaret_oci::{Descriptor, Manifest};
use lazaret_store::{ManifestRow, Store, StoreError};

use super::{
    layers::{self, Segment},
    look::{Count, counts, outcome_word},
    stored::Stored,
    text::cut,
};

/// Briefs that are kept.
const MAX_BRIEFS: usize = 4096;

/// Longest reason in a list, in characters.
const REASON: usize = 140;

pub(crate) struct Brief {
    pub platform: String,
    pub layers: Vec<Segment>,
    pub counts: Vec<Count>,
    /// Not judged yet.
    pub waiting: bool,
    /// Why it is not allowed.
    pub judged: Option<Judged>,
}

pub(crate) struct Judged {
    pub outcome: &'static str,
    /// The first reason, and how many more there are.
    pub reason: Option<String>,
    pub more: usize,
}

/// Decisions never change, so what was made of one holds for ever.
#[derive(Default)]
pub(crate) struct Briefs(Mutex<HashMap<Digest, Arc<Brief>>>);

impl Briefs {
    /// Of a stored image.
    pub(super) fn of(&self, store: &Store, row: &ManifestRow) -> Result<Arc<Brief>, StoreError> {
        let Some(id) = &row.decision else { return Ok(Arc::new(waiting(row))) };
        if let Some(brief) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(id) {
            return Ok(Arc::clone(brief));
        }
        let Some(stored) = Stored::read(store, id)? else { return Ok(Arc::new(waiting(row))) };
        let brief = Arc::new(judged(&stored, row));
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= MAX_BRIEFS {
            kept.clear();
        }
        kept.insert(id.clone(), Arc::clone(&brief));
        Ok(brief)
    }
}

fn judged(stored: &Stored, row: &ManifestRow) -> Brief {
    let decision = &stored.decision;
    let verdict = &decision.verdict;
    let segments = match &stored.subject {
        Some(subject) => layers::stripe(&layers::of(subject, decision).0),
        None => layers::waiting_stripe(&sizes(row)),
    };
    Brief {
        platform: cut(&decision.platform.to_string(), 40),
        layers: segments,
        counts: counts(&decision.findings.iter().map(|finding| finding.severity)),
        waiting: false,
        judged: Some(Judged {
            outcome: outcome_word(verdict.outcome),
            reason: verdict.reasons.first().map(|reason| cut(&reason.message, REASON)),
            more: verdict.reasons.len().saturating_sub(1),
        })
        .filter(|_| verdict.outcome != Outcome::Allow || !verdict.reasons.is_empty()),
    }
}

fn waiting(row: &ManifestRow) -> Brief {
    Brief {
        platform: String::new(),
        layers: layers::waiting_stripe(&sizes(row)),
        counts: Vec::new(),
        waiting: true,
        judged: None,
    }
}

fn sizes(row: &ManifestRow) -> Vec<u64> {
    match Manifest::parse(&row.bytes, None) {
        Ok(Manifest::Image(image)) => image.layers.iter().map(|layer| layer.size).collect(),
        _ => Vec::new(),
    }
}

/// The children that an index names, in its order.
pub(super) fn children(row: &ManifestRow) -> Vec<Descriptor> {
    match Manifest::parse(&row.bytes, None) {
        Ok(Manifest::Index(index)) => index.manifests,
        _ => Vec::new(),
    }
}
