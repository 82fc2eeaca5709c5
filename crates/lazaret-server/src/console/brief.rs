//! The short form of a decision that lists show: one segment per layer, findings by severity, the first reason.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use lazaret_model::Digest;

/// Decisions never change, so what was made of one holds for ever.
#[derive(Default)]
pub(crate) struct Briefs(Mutex<HashMap<Digest, Arc<Brief>>>);

pub(crate) struct Brief;
