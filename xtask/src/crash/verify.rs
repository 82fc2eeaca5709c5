//! The server against the journal.

use super::journal::{Entry, Journal, Kind};
use super::push::Push;
use crate::client::{Registry, digest, header};
use anyhow::{Result, ensure};
use reqwest::Method;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Entries of this many last rounds are read whole after each restart; older ones are asked for their size, and read
/// whole once more at the end.
const RECENT_ROUNDS: usize = 2;

/// Something acknowledged is gone or changed: the failure that this test is after.
#[derive(Debug)]
pub(super) struct Loss(String);

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LOST: {}", self.0)
    }
}

impl std::error::Error for Loss {}

fn loss(what: String) -> anyhow::Error {
    Loss(what).into()
}

/// Knows where each round began in the journal.
#[derive(Default)]
pub(super) struct Verifier {
    rounds: Vec<usize>,
}

impl Verifier {
    /// The next entries belong to a new round.
    pub(super) fn next_round(&mut self, journal: &Journal) {
        self.rounds.push(journal.len());
    }

    /// After a restart: recent entries whole, older ones by size, tags, and what was interrupted.
    pub(super) fn recent(&self, registry: &Registry, journal: &Journal, open: &[Push]) -> Result<()> {
        let entries = journal.entries();
        let start = self.rounds.len().checked_sub(RECENT_ROUNDS).map_or(0, |round| self.rounds[round]);
        let (old, recent) = entries.split_at(start);
        for entry in old {
            size(registry, entry)?;
        }
        for entry in recent {
            whole(registry, entry)?;
        }
        tags(registry, &entries, open)?;
        for push in open {
            half_written(registry, push)?;
        }
        Ok(())
    }

    /// Every entry, whole.
    pub(super) fn all(registry: &Registry, journal: &Journal) -> Result<()> {
        let entries = journal.entries();
        for entry in &entries {
            whole(registry, entry)?;
        }
        tags(registry, &entries, &[])
    }
}

/// The answer to a request for what an entry names by its digest.
fn ask(registry: &Registry, method: Method, entry: &Entry) -> Result<reqwest::blocking::Response> {
    match entry.kind {
        Kind::Blob => registry.blob(method, &entry.repository, &entry.digest),
        Kind::Manifest => registry.manifest(method, &entry.repository, &entry.digest),
    }
}

fn size(registry: &Registry, entry: &Entry) -> Result<()> {
    let answer = ask(registry, Method::HEAD, entry)?;
    let length = header(&answer, "content-length").and_then(|length| length.parse().ok());
    if answer.status() != 200 || length != Some(entry.size) {
        return Err(loss(format!(
            "HEAD {} {}: {}, length {length:?}",
            entry.repository,
            entry.digest,
            answer.status()
        )));
    }
    Ok(())
}

fn whole(registry: &Registry, entry: &Entry) -> Result<()> {
    let answer = ask(registry, Method::GET, entry)?;
    let status = answer.status();
    if status != 200 {
        return Err(loss(format!("{} {}: {status}", entry.repository, entry.digest)));
    }
    let bytes = answer.bytes().map_err(|error| loss(format!("{}: {error}", entry.digest)))?;
    if digest(&bytes) != entry.digest {
        return Err(loss(format!("{} {} has other bytes", entry.repository, entry.digest)));
    }
    Ok(())
}

/// A tag points to its last acknowledged push, or to one that was on its way when the server was killed.
fn tags(registry: &Registry, entries: &[Entry], open: &[Push]) -> Result<()> {
    let mut last: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for entry in entries.iter().filter(|entry| entry.kind == Kind::Manifest) {
        last.insert((&entry.repository, &entry.reference), BTreeSet::from([entry.digest.clone()]));
    }
    for push in open {
        if let Some(allowed) = last.get_mut(&(push.repository.as_str(), push.tag.as_str())) {
            allowed.insert(digest(&push.manifest));
        }
    }
    for ((repository, tag), allowed) in last {
        let answer = registry.manifest(Method::GET, repository, tag)?;
        let status = answer.status();
        let found = digest(&answer.bytes()?);
        if status != 200 || !allowed.contains(&found) {
            return Err(loss(format!("{repository}:{tag} is {found} ({status}), not {allowed:?}")));
        }
    }
    Ok(())
}

/// What was interrupted is there whole, or not at all.
fn half_written(registry: &Registry, push: &Push) -> Result<()> {
    for name in push.digests() {
        let answer = registry.blob(Method::GET, &push.repository, &name)?;
        match answer.status().as_u16() {
            404 => {}
            200 => {
                let found = digest(&answer.bytes()?);
                ensure!(found == name, "half-written: {name} shows as {found}");
            }
            status => anyhow::bail!("an interrupted blob {name} answers {status}"),
        }
    }
    let name = digest(&push.manifest);
    let answer = registry.manifest(Method::GET, &push.repository, &name)?;
    if answer.status() == 200 {
        for blob in push.digests() {
            let status = registry.blob(Method::HEAD, &push.repository, &blob)?.status();
            ensure!(status == 200, "manifest {name} is there and its blob {blob} answers {status}");
        }
    }
    Ok(())
}
