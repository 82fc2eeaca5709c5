//! Debian's security tracker: status of each CVE in each source package and release.
//! <https://security-tracker.debian.org/tracker/>

use std::{collections::BTreeMap, fmt};

use lazaret_model::{AdvisoryRecord, AffectedRange, FindingStatus, Severity};
use lazaret_version::Scheme;
use serde::{
    Deserialize, Deserializer,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use super::{Feed, FeedFile, ParseError, Parsed, read_limited, single};
use crate::{
    fetch::{Fetch, FetchError},
    name,
};

const URL: &str = "https://security-tracker.debian.org/tracker/data/json";
/// It has 75 MB.
const LIMIT: u64 = 512 << 20;

/// Code names to the numbers of os-release. A code name that is not here is its own stream.
const RELEASES: &[(&str, &str)] = &[
    ("duke", "15"),
    ("forky", "14"),
    ("trixie", "13"),
    ("bookworm", "12"),
    ("bullseye", "11"),
    ("buster", "10"),
    ("stretch", "9"),
    ("jessie", "8"),
    ("wheezy", "7"),
];

pub(crate) struct DebianTracker;

type Tracker = BTreeMap<String, BTreeMap<String, Entry>>;

#[derive(Deserialize)]
struct Entry {
    description: Option<String>,
    #[serde(deserialize_with = "releases")]
    releases: BTreeMap<String, Release>,
}

#[derive(Deserialize)]
struct Release {
    status: String,
    fixed_version: Option<String>,
    urgency: Option<String>,
    nodsa_reason: Option<String>,
}

/// A map by code name; the tracker writes an empty one as `[]`.
fn releases<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, Release>, D::Error> {
    struct Releases;
    impl<'de> Visitor<'de> for Releases {
        type Value = BTreeMap<String, Release>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("releases by code name")
        }

        fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
            Deserialize::deserialize(MapAccessDeserializer::new(map))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            match seq.next_element::<IgnoredAny>()? {
                None => Ok(BTreeMap::new()),
                Some(_) => Err(A::Error::custom("releases are a list")),
            }
        }
    }
    deserializer.deserialize_any(Releases)
}

impl Feed for DebianTracker {
    fn name(&self) -> &'static str {
        "debian-tracker"
    }

    fn ecosystems(&self) -> &'static [&'static str] {
        &["Debian"]
    }

    fn fetch(&self, source: &mut dyn Fetch) -> Result<Vec<FeedFile>, FetchError> {
        Ok(vec![source.required("tracker.json", URL, LIMIT)?])
    }

    fn parse(&self, files: &[FeedFile]) -> Result<Parsed, ParseError> {
        let file = single(files)?;
        let bytes = read_limited(&file.path, LIMIT)?;
        let tracker: Tracker = serde_json::from_slice(&bytes).map_err(|e| ParseError::broken(&file.name, e))?;
        drop(bytes);
        let mut records = Vec::new();
        for (package, entries) in tracker {
            for (id, entry) in entries {
                let summary = name::one_line(entry.description.as_deref().unwrap_or(""));
                for (codename, release) in &entry.releases {
                    let judged = judge(release).map_err(|status| {
                        ParseError::broken(&file.name, format!("{package} {id} in {codename} has status {status:?}"))
                    })?;
                    records.push(judged.record(self.name(), &package, &id, codename, &summary));
                }
            }
        }
        let count = records.len() as u64;
        Ok(Parsed { records, count, ..Parsed::default() })
    }
}

/// What the tracker says of one release.
struct Judged {
    status: FindingStatus,
    /// Affected versions; `None` where it is not affected.
    range: Option<AffectedRange>,
    severity: Severity,
    informational: bool,
}

/// `Err` with a status that is not known: a new word must not read as clean.
fn judge(release: &Release) -> Result<Judged, String> {
    let urgency = release.urgency.as_deref().unwrap_or_default().trim_end_matches('*');
    let fixed = release.fixed_version.as_deref().filter(|version| !version.is_empty());
    let (status, range) = match (release.status.as_str(), fixed) {
        ("resolved", Some("0")) => (FindingStatus::NotAffected, None),
        ("resolved", Some(version)) => (
            FindingStatus::Affected,
            Some(AffectedRange { fixed: Some(version.to_owned()), ..AffectedRange::default() }),
        ),
        ("open" | "resolved", _) => (unfixed(urgency, release.nodsa_reason.as_deref()), Some(AffectedRange::default())),
        ("undetermined", _) => (FindingStatus::UnderInvestigation, Some(AffectedRange::default())),
        (other, _) => return Err(other.to_owned()),
    };
    let informational = urgency == "unimportant";
    Ok(Judged { status, range, severity: severity(urgency), informational })
}

fn unfixed(urgency: &str, nodsa_reason: Option<&str>) -> FindingStatus {
    match (urgency, nodsa_reason) {
        ("end-of-life", _) => FindingStatus::EndOfLife,
        (_, Some("ignored")) => FindingStatus::WillNotFix,
        (_, Some("postponed")) => FindingStatus::FixDeferred,
        _ => FindingStatus::Affected,
    }
}

/// Debian's own rating; `not yet assigned` and `end-of-life` are none.
fn severity(urgency: &str) -> Severity {
    match urgency {
        "low" => Severity::Low,
        "medium" => Severity::Medium,
        "high" => Severity::High,
        "unimportant" => Severity::Negligible,
        _ => Severity::Unknown,
    }
}

/// `Debian:12` of `bookworm`.
fn stream(codename: &str) -> String {
    let number = RELEASES.iter().find(|(name, _)| *name == codename).map_or(codename, |(_, number)| number);
    format!("Debian:{number}")
}

impl Judged {
    fn record(self, feed: &str, package: &str, id: &str, codename: &str, summary: &str) -> AdvisoryRecord {
        AdvisoryRecord {
            id: id.to_owned(),
            aliases: Vec::new(),
            feed: feed.to_owned(),
            ecosystem: stream(codename),
            package: package.to_owned(),
            scheme: Scheme::Deb.name().to_owned(),
            ranges: self.range.into_iter().collect(),
            versions: Vec::new(),
            status: self.status,
            severity: self.severity,
            cvss: None,
            summary: summary.to_owned(),
            url: Some(format!("https://security-tracker.debian.org/tracker/{id}")),
            informational: self.informational,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::tests::file;

    #[test]
    fn recorded_tracker() {
        let (_dir, file) = file("t.json", include_bytes!("../../testdata/debian_tracker/json"));
        let parsed = DebianTracker.parse(&[file]).unwrap();
        let show = |r: &AdvisoryRecord| {
            let fixed = r.ranges.first().map_or("-".to_owned(), |range| range.fixed.clone().unwrap_or("..".to_owned()));
            let note = if r.informational { " informational" } else { "" };
            format!("{} {} {} {} {fixed} {}{note}", r.ecosystem, r.package, r.id, r.status.name(), r.severity)
        };
        let rows: Vec<String> = parsed.records.iter().map(show).collect();
        insta::assert_snapshot!(rows.join("\n"), @r"
        Debian:11 389-ds-base CVE-2016-5416 will_not_fix .. unknown
        Debian:sid 389-ds-base CVE-2016-5416 affected .. unknown
        Debian:12 chromium CVE-2022-0456 affected 98.0.4758.80-1 unknown
        Debian:11 chromium CVE-2022-0456 affected 98.0.4758.80-1~deb11u1 unknown
        Debian:10 chromium CVE-2022-0456 end_of_life .. unknown
        Debian:sid chromium CVE-2022-0456 affected 98.0.4758.80-1 unknown
        Debian:9 chromium CVE-2022-0456 end_of_life .. unknown
        Debian:10 prototypejs CVE-2007-2383 not_affected - negligible informational
        Debian:8 prototypejs CVE-2007-2383 not_affected - negligible informational
        Debian:sid prototypejs CVE-2007-2383 not_affected - negligible informational
        Debian:9 prototypejs CVE-2007-2383 not_affected - negligible informational
        Debian:12 zlib CVE-2018-25032 affected 1:1.2.11.dfsg-4 unknown
        Debian:11 zlib CVE-2018-25032 affected 1:1.2.11.dfsg-2+deb11u1 unknown
        Debian:10 zlib CVE-2018-25032 affected 1:1.2.11.dfsg-1+deb10u1 unknown
        Debian:12 zlib CVE-2022-37434 affected 1:1.2.11.dfsg-4.1 unknown
        Debian:11 zlib CVE-2022-37434 affected 1:1.2.11.dfsg-2+deb11u2 unknown
        Debian:10 zlib CVE-2022-37434 affected 1:1.2.11.dfsg-1+deb10u2 unknown
        ");
    }

    #[test]
    fn every_status() {
        let judged = |json: &str| judge(&serde_json::from_str(json).unwrap());
        let status = |json: &str| judged(json).unwrap().status;
        assert_eq!(status(r#"{"status":"open","nodsa_reason":"ignored"}"#), FindingStatus::WillNotFix);
        assert_eq!(status(r#"{"status":"open","nodsa_reason":"postponed"}"#), FindingStatus::FixDeferred);
        assert_eq!(status(r#"{"status":"open","nodsa_reason":""}"#), FindingStatus::Affected);
        assert_eq!(status(r#"{"status":"open","urgency":"end-of-life"}"#), FindingStatus::EndOfLife);
        assert_eq!(status(r#"{"status":"undetermined"}"#), FindingStatus::UnderInvestigation);
        assert_eq!(status(r#"{"status":"resolved","fixed_version":"0"}"#), FindingStatus::NotAffected);
        assert_eq!(
            judged(r#"{"status":"resolved","fixed_version":""}"#).unwrap().range,
            Some(AffectedRange::default())
        );
        assert_eq!(judged(r#"{"status":"open","urgency":"high**"}"#).unwrap().severity, Severity::High);
        assert!(judged(r#"{"status":"rejected"}"#).is_err());
    }
}
