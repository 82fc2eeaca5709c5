//! `cargo xtask deny`: reads `deny.toml` against what cargo resolves: licences, banned crates, duplicates, sources, and the
//! known advisories of our own locked crates. The file keeps cargo-deny's format, so that its users can run it as well.

mod advisory;
mod ban;
mod config;
mod licence;

use crate::{metadata::Metadata, workspace};
use anyhow::{Result, bail};

/// What a check found: faults fail the run, warnings are printed.
#[derive(Default)]
struct Findings {
    faults: Vec<String>,
    warnings: Vec<String>,
}

impl Findings {
    fn add(&mut self, other: Self) {
        self.faults.extend(other.faults);
        self.warnings.extend(other.warnings);
    }
}

/// Prints what is wrong; fails when something is.
pub(crate) fn run() -> Result<()> {
    let root = workspace::root();
    let config = config::read(&root.join("deny.toml"))?;
    let mut metadata = Metadata::read()?;
    metadata.keep_built()?;

    let mut found = Findings::default();
    let foreign: Vec<_> = metadata.foreign().cloned().collect();
    found.add(licence::check(&foreign, &config.licenses));
    found.add(ban::check(&metadata, &config.bans));
    found.add(ban::check_sources(&foreign, &config.sources));
    match workspace::shared_path(advisory::ARCHIVE) {
        Some(archive) => {
            let records = advisory::read(&archive)?;
            let locked = advisory::locked(&root.join("Cargo.lock"))?;
            println!("deny: {} advisories against {} locked crates", records.len(), locked.len());
            found.add(advisory::check(&records, &locked, &config.advisories));
        }
        None => println!("deny: known advisories of our crates NOT checked: no ../shared/{}", advisory::ARCHIVE),
    }

    for warning in &found.warnings {
        println!("deny: warning: {warning}");
    }
    for fault in &found.faults {
        println!("deny: {fault}");
    }
    println!("deny: {} crates, {} faults, {} warnings", foreign.len(), found.faults.len(), found.warnings.len());
    if !found.faults.is_empty() {
        bail!("{} faults", found.faults.len());
    }
    Ok(())
}
