//! The built-in set: about 150 famous vulnerabilities and the end-of-life table, so that the first run works offline.
//!
//! Form of `starter/advisories.txt`: paragraphs of `key: value` lines (`id`, `aliases`, `ecosystem`, `package`, `range`
//! repeatable, `severity`, `cvss`, `summary`, `url`), parted by empty lines; `#` begins a comment line. A range is
//! `A .. B` (introduced, fixed; `0` = from the first version on), `A ..` (no fix) or `A ..= B` (last affected).
//! `endoflife.txt`: `product | os-release ID | cycle | end of support | end of extended support or -`.
//! `exploited.txt`: one CVE per line.

use std::str::FromStr;

use lazaret_model::{AdvisoryRecord, AffectedRange, Digest, FeedInfo, FindingStatus, Severity, Timestamp};
use lazaret_version::Scheme;

use crate::{
    compile::Input,
    db::{DbError, format},
    feed::{Cycle, FEEDS},
    name,
};

/// Name of the built-in feed.
pub(crate) const FEED: &str = "starter";

const ADVISORIES: &str = include_str!("../starter/advisories.txt");
const END_OF_LIFE: &str = include_str!("../starter/endoflife.txt");
const EXPLOITED: &str = include_str!("../starter/exploited.txt");
/// When the set was last looked through.
const WRITTEN: &str = "2026-11-24T00:00:00Z";

/// What [`crate::AdvisoryDb::starter`] is compiled from.
pub(crate) fn input() -> Result<Input, DbError> {
    let records = records(ADVISORIES)?;
    let written = Timestamp::parse(WRITTEN).ok_or_else(|| wrong("starter.rs", 0, "its date is none"))?;
    // Where it is accepted it stands for every feed, so for whatever any of them answers for.
    let mut ecosystems: Vec<String> =
        FEEDS.iter().flat_map(|feed| feed.ecosystems()).map(|name| (*name).to_owned()).collect();
    ecosystems.sort();
    ecosystems.dedup();
    let bytes = [ADVISORIES, END_OF_LIFE, EXPLOITED].concat();
    let feed = FeedInfo {
        name: FEED.to_owned(),
        ecosystems,
        checked: written,
        changed: written,
        records: records.len() as u64,
        digest: Digest::from_sha256(format::sha256(bytes.as_bytes())),
    };
    let exploited = lines(EXPLOITED).map(|(_, line)| line.to_owned()).collect();
    Ok(Input {
        created: written,
        starter: true,
        feeds: vec![feed],
        records,
        exploited,
        epss: Vec::new(),
        cycles: cycles()?,
    })
}

/// The built-in table, also for products that a real snapshot's feed lacks.
pub(crate) fn cycles() -> Result<Vec<Cycle>, DbError> {
    let mut cycles = Vec::new();
    for (number, line) in lines(END_OF_LIFE) {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let [product, os_id, cycle, end, extended] = fields.as_slice() else {
            return Err(wrong("endoflife.txt", number, "a line has five fields"));
        };
        let date = |text: &str| match text {
            "-" => Ok(None),
            _ if text.parse::<jiff::civil::Date>().is_ok() => Ok(Some(text.to_owned())),
            _ => Err(wrong("endoflife.txt", number, "a date is YYYY-MM-DD or -")),
        };
        cycles.push(Cycle {
            product: crate::db::product(os_id).unwrap_or(product).to_owned(),
            name: (*cycle).to_owned(),
            eol_from: date(end)?,
            extended_from: date(extended)?,
            feed: FEED.to_owned(),
        });
    }
    Ok(cycles)
}

fn wrong(file: &'static str, line: usize, message: &str) -> DbError {
    DbError::Starter { file, line, message: message.to_owned() }
}

/// Lines with their numbers, without comments and empty ones.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let numbered = text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    numbered.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

fn records(text: &str) -> Result<Vec<AdvisoryRecord>, DbError> {
    let mut records = Vec::new();
    let mut paragraph: Vec<(usize, &str, &str)> = Vec::new();
    for (index, line) in text.lines().map(str::trim).chain([""]).enumerate() {
        let number = index + 1;
        if line.starts_with('#') {
            continue;
        }
        if !line.is_empty() {
            let (key, value) =
                line.split_once(':').ok_or_else(|| wrong("advisories.txt", number, "a line is `key: value`"))?;
            paragraph.push((number, key.trim(), value.trim()));
        } else if !paragraph.is_empty() {
            records.push(record(&std::mem::take(&mut paragraph))?);
        }
    }
    Ok(records)
}

const KEYS: [&str; 9] = ["id", "aliases", "ecosystem", "package", "range", "severity", "cvss", "summary", "url"];

fn record(paragraph: &[(usize, &str, &str)]) -> Result<AdvisoryRecord, DbError> {
    let first = paragraph.first().map_or(0, |(number, ..)| *number);
    let fail = |number: usize, message: &str| wrong("advisories.txt", number, message);
    let optional = |wanted: &str| paragraph.iter().find(|(_, key, _)| *key == wanted).map(|(_, _, value)| *value);
    let required = |wanted: &str| {
        optional(wanted)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| fail(first, &format!("no `{wanted}` in this paragraph")))
    };
    if let Some((number, key, _)) = paragraph.iter().find(|(_, key, _)| !KEYS.contains(key)) {
        return Err(fail(*number, &format!("unknown key {key:?}")));
    }
    let ecosystem = required("ecosystem")?;
    let base = name::base(ecosystem);
    let scheme = scheme(base).ok_or_else(|| fail(first, &format!("unknown ecosystem {ecosystem:?}")))?;
    let mut ranges = Vec::new();
    for (number, _, value) in paragraph.iter().filter(|(_, key, _)| *key == "range") {
        ranges.push(range(value).ok_or_else(|| fail(*number, "a range is `A .. B`, `A ..` or `A ..= B`"))?);
    }
    if ranges.is_empty() {
        return Err(fail(first, "no `range` in this paragraph"));
    }
    let aliases = optional("aliases").unwrap_or_default().split([',', ' ']).filter(|id| !id.is_empty());
    let severity = required("severity")?;
    Ok(AdvisoryRecord {
        id: required("id")?.to_owned(),
        aliases: aliases.map(str::to_owned).collect(),
        feed: FEED.to_owned(),
        ecosystem: ecosystem.to_owned(),
        package: name::normal_name(base, required("package")?),
        scheme: scheme.name().to_owned(),
        ranges,
        versions: Vec::new(),
        status: FindingStatus::Affected,
        severity: Severity::from_str(severity).map_err(|()| fail(first, &format!("unknown severity {severity:?}")))?,
        cvss: optional("cvss").map(str::to_owned),
        summary: required("summary")?.to_owned(),
        url: optional("url").map(str::to_owned),
        informational: false,
    })
}

fn scheme(ecosystem: &str) -> Option<Scheme> {
    Some(match ecosystem {
        "PyPI" => Scheme::Pep440,
        "npm" => Scheme::Npm,
        "Go" => Scheme::Go,
        "Maven" => Scheme::Maven,
        "crates.io" | "Hex" | "SwiftURL" | "Bitnami" => Scheme::Semver,
        "RubyGems" => Scheme::Gem,
        "Packagist" => Scheme::Composer,
        "NuGet" => Scheme::Nuget,
        "Pub" | "Julia" => Scheme::SemverBuild,
        "CRAN" | "Hackage" => Scheme::Dotted,
        "Debian" | "opam" => Scheme::Deb,
        "Alpine" => Scheme::Apk,
        _ => return None,
    })
}

fn range(text: &str) -> Option<AffectedRange> {
    let (start, end) = text.split_once("..")?;
    let start = Some(start.trim().to_owned()).filter(|start| !start.is_empty())?;
    let (fixed, last_affected) = match end.strip_prefix('=') {
        Some(last) => (None, Some(last.trim().to_owned()).filter(|last| !last.is_empty())),
        None => (Some(end.trim().to_owned()).filter(|end| !end.is_empty()), None),
    };
    if end.starts_with('=') && last_affected.is_none() {
        return None;
    }
    Some(AffectedRange { introduced: Some(start), fixed, last_affected })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AdvisoryDb;

    #[test]
    fn ranges() {
        let show = |text: &str| range(text).map(|r| (r.introduced.unwrap(), r.fixed, r.last_affected));
        assert_eq!(show("0 .. 1.2"), Some(("0".to_owned(), Some("1.2".to_owned()), None)));
        assert_eq!(show("1.0 .."), Some(("1.0".to_owned(), None, None)));
        assert_eq!(show("1.0 ..= 1.5"), Some(("1.0".to_owned(), None, Some("1.5".to_owned()))));
        assert_eq!((show("1.0"), show(".. 2"), show("1 ..=")), (None, None, None));
    }

    #[test]
    fn errors_name_the_line() {
        let text = "# comment\n\nid: A-1\necosystem: Cobol\npackage: p\nrange: 0 ..\nseverity: high\nsummary: s\n";
        assert!(records(text).unwrap_err().to_string().contains("advisories.txt line 3: unknown ecosystem"));
        assert!(records("id A").unwrap_err().to_string().contains("line 1"));
        assert!(records("idd: A\n").unwrap_err().to_string().contains("unknown key"));
    }

    #[test]
    fn the_built_in_set_compiles() {
        let db = AdvisoryDb::starter().unwrap();
        db.verify().unwrap();
        assert!(db.info().starter);
        assert_eq!(db.info().feeds.len(), 1);
        assert!(!db.lookup("Maven", "org.apache.logging.log4j:log4j-core").is_empty());
        assert!(db.enrich("CVE-2021-44228").exploited);
        assert_eq!(db.feeds_for("Debian:12").len(), 1);
        let end = db.end_of_life("debian", "12").unwrap();
        assert_eq!((end.product.as_str(), end.feed.as_str()), ("debian", "starter"));
        for record in input().unwrap().records {
            let scheme: Scheme = record.scheme.parse().unwrap();
            let bounds = record.ranges.iter().flat_map(|r| [&r.introduced, &r.fixed, &r.last_affected]).flatten();
            for version in bounds.filter(|version| *version != "0") {
                assert!(scheme.is_valid(version), "{} {version}", record.id);
            }
        }
    }
}
