//! Known advisories of the crates in our Cargo.lock, from OSV's crates.io dump when the shared folder has it.

use super::Findings;
use super::config::Advisories;
use anyhow::{Context, Result};
use flate2::read::DeflateDecoder;
use rawzip::{CompressionMethod, ZipArchive};
use semver::Version;
use serde::Deserialize;
use std::cmp::Ordering;
use std::io::Read;
use std::path::Path;

/// The dump, below the shared folder: a zip of one JSON file per advisory, in a zstd frame.
pub(super) const ARCHIVE: &str = "advisories/osv/crates.io/all.zip.zst";

/// The largest dump or advisory that is read (the dump had 2 MB in November 2026).
const MAX_BYTES: u64 = 256 << 20;

/// An OSV record, the part that is evaluated.
#[derive(Deserialize)]
pub(super) struct Record {
    id: String,
    #[serde(default)]
    summary: String,
    withdrawn: Option<String>,
    #[serde(default)]
    affected: Vec<Affected>,
}

#[derive(Deserialize)]
struct Affected {
    package: Option<AffectedPackage>,
    #[serde(default)]
    ranges: Vec<Range>,
    #[serde(default)]
    versions: Vec<String>,
    #[serde(default)]
    database_specific: Option<DatabaseSpecific>,
}

#[derive(Deserialize)]
struct AffectedPackage {
    ecosystem: String,
    name: String,
}

#[derive(Deserialize)]
struct DatabaseSpecific {
    informational: Option<String>,
}

#[derive(Deserialize)]
struct Range {
    #[serde(default)]
    events: Vec<Event>,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Event {
    Introduced(String),
    Fixed(String),
    LastAffected(String),
    Limit(String),
}

/// A crate of Cargo.lock.
#[derive(Deserialize)]
pub(super) struct Locked {
    name: String,
    version: String,
}

/// Reads every record of the dump.
pub(super) fn read(archive: &Path) -> Result<Vec<Record>> {
    let file = std::fs::File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
    let mut zip = Vec::new();
    zstd::stream::read::Decoder::new(file)?.take(MAX_BYTES).read_to_end(&mut zip).context("the dump's zstd frame")?;
    let zip = ZipArchive::from_slice(&zip).context("the dump is no zip")?;
    let mut records = Vec::new();
    for entry in zip.entries() {
        let entry = entry.context("the dump's directory")?;
        if !entry.file_path().as_ref().ends_with(b".json") {
            continue;
        }
        let name = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        let data = zip.get_entry(entry.wayfinder()).with_context(|| name.clone())?;
        let stored = entry.compression_method() == CompressionMethod::STORE;
        let plain: Box<dyn Read + '_> =
            if stored { Box::new(data.data()) } else { Box::new(DeflateDecoder::new(data.data())) };
        let mut json = Vec::new();
        plain.take(MAX_BYTES).read_to_end(&mut json).with_context(|| name.clone())?;
        records.push(serde_json::from_slice(&json).with_context(|| format!("{name} is no OSV record"))?);
    }
    Ok(records)
}

/// Reads the crates of a Cargo.lock.
pub(super) fn locked(path: &Path) -> Result<Vec<Locked>> {
    #[derive(Deserialize)]
    struct Lock {
        package: Vec<Locked>,
    }
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(toml::from_str::<Lock>(&text).context("Cargo.lock is not understood")?.package)
}

/// Every advisory that hits a locked crate. Informational ones (unmaintained, unsound, notice) only warn.
pub(super) fn check(records: &[Record], locked: &[Locked], config: &Advisories) -> Findings {
    let mut found = Findings::default();
    for record in records.iter().filter(|record| record.withdrawn.is_none()) {
        for affected in &record.affected {
            let Some(package) = affected.package.as_ref().filter(|package| package.ecosystem == "crates.io") else {
                continue;
            };
            let informational = affected.database_specific.as_ref().and_then(|data| data.informational.as_deref());
            for hit in locked.iter().filter(|locked| locked.name == package.name && affects(affected, &locked.version))
            {
                let text = format!("{} {}: {} {}", hit.name, hit.version, record.id, record.summary);
                let ignored = config.ignore.iter().find(|ignored| ignored.id == record.id);
                match (ignored, informational) {
                    (Some(ignored), _) => found.warnings.push(format!("{text} (ignored: {})", ignored.reason)),
                    (None, Some(kind)) => found.warnings.push(format!("{text} ({kind})")),
                    (None, None) => found.faults.push(text),
                }
            }
        }
    }
    found
}

fn affects(affected: &Affected, version: &str) -> bool {
    affected.versions.iter().any(|listed| listed == version)
        || affected
            .ranges
            .iter()
            .any(|range| Version::parse(version).is_ok_and(|version| within(&range.events, &version)))
}

/// OSV's evaluation: walk the events in the order of their versions; the last one at or before `version` decides.
fn within(events: &[Event], version: &Version) -> bool {
    let mut sorted: Vec<(Version, &Event)> = events.iter().filter_map(|event| Some((at(event)?, event))).collect();
    sorted.sort_by(|(a, _), (b, _)| a.cmp_precedence(b));
    let mut inside = false;
    for (boundary, event) in sorted {
        let order = version.cmp_precedence(&boundary);
        match event {
            Event::Introduced(_) if order != Ordering::Less => inside = true,
            Event::Fixed(_) | Event::Limit(_) if order != Ordering::Less => inside = false,
            Event::LastAffected(_) if order == Ordering::Greater => inside = false,
            _ => {}
        }
    }
    inside
}

/// The version of an event; `0` is before every other. One that is no version is left out.
fn at(event: &Event) -> Option<Version> {
    let (Event::Introduced(text) | Event::Fixed(text) | Event::LastAffected(text) | Event::Limit(text)) = event;
    if text == "0" { Version::parse("0.0.0-0").ok() } else { Version::parse(text).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(events: &str, extra: &str) -> Record {
        let text = format!(
            r#"{{"id":"RUSTSEC-1","summary":"bad",{extra}"affected":[{{"package":{{"ecosystem":"crates.io","name":"a"}},
            "ranges":[{{"type":"SEMVER","events":{events}}}],"database_specific":{{"informational":null}}}}]}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn hits(events: &str, version: &str) -> bool {
        let locked = [Locked { name: "a".to_owned(), version: version.to_owned() }];
        !check(&[record(events, "")], &locked, &Advisories::default()).faults.is_empty()
    }

    #[test]
    fn ranges_with_pre_releases_and_branches() {
        let branches = r#"[{"introduced":"0.1.14"},{"fixed":"1.8.4"},{"introduced":"1.9.0"},{"fixed":"1.13.1"}]"#;
        for (version, expected) in [
            ("0.1.13", false),
            ("0.1.14", true),
            ("1.8.3", true),
            ("1.8.4-rc.1", true),
            ("1.8.4", false),
            ("1.9.0-beta.1", false),
            ("1.9.0", true),
            ("1.13.1+build.7", false),
            ("2.0.0", false),
        ] {
            assert_eq!(hits(branches, version), expected, "{version}");
        }
        assert!(hits(r#"[{"introduced":"0"}]"#, "0.0.0-alpha"));
        assert!(hits(r#"[{"introduced":"0.0.0-0"},{"last_affected":"1.0.0"}]"#, "1.0.0"));
        assert!(!hits(r#"[{"introduced":"0.0.0-0"},{"last_affected":"1.0.0"}]"#, "1.0.1-alpha"));
    }

    #[test]
    fn withdrawn_ones_are_silent_and_others_of_the_name_do_not_count() {
        let all = r#"[{"introduced":"0"}]"#;
        let locked = [Locked { name: "a".to_owned(), version: "1.0.0".to_owned() }];
        let withdrawn = record(all, r#""withdrawn":"2024-01-01T00:00:00Z","#);
        assert!(check(&[withdrawn], &locked, &Advisories::default()).faults.is_empty());
        let other = [Locked { name: "ab".to_owned(), version: "1.0.0".to_owned() }];
        assert!(check(&[record(all, "")], &other, &Advisories::default()).faults.is_empty());
    }

    #[test]
    fn informational_and_ignored_ones_warn() {
        let locked = [Locked { name: "a".to_owned(), version: "1.0.0".to_owned() }];
        let mut unmaintained = record(r#"[{"introduced":"0"}]"#, "");
        unmaintained.affected[0].database_specific =
            Some(DatabaseSpecific { informational: Some("unmaintained".to_owned()) });
        let found = check(&[unmaintained], &locked, &Advisories::default());
        assert_eq!((found.faults.len(), found.warnings.len()), (0, 1));
        let ignore = vec![super::super::config::Ignored { id: "RUSTSEC-1".to_owned(), reason: "unused".to_owned() }];
        let found = check(&[record(r#"[{"introduced":"0"}]"#, "")], &locked, &Advisories { ignore });
        assert_eq!((found.faults.len(), found.warnings.len()), (0, 1));
    }
}
