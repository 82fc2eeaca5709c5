//! Alpine's security database: the version that fixed each vulnerability, per branch and repository.
//! <https://secdb.alpinelinux.org/>

use std::{cmp::Ordering, collections::BTreeMap};

use lazaret_model::{AdvisoryRecord, AffectedRange, FindingStatus, Severity};
use lazaret_version::Scheme;
use serde::Deserialize;

use super::{Feed, FeedFile, ParseError, Parsed, read_limited};
use crate::fetch::{Fetch, FetchError};

const BASE: &str = "https://secdb.alpinelinux.org";
const LIMIT: u64 = 32 << 20;
/// Branches are tried from v3.2 on; three in a row that are not there end the list, but not before this one.
const AT_LEAST: u32 = 24;
const AT_MOST: u32 = 200;

pub(crate) struct AlpineSecdb;

#[derive(Deserialize)]
struct Secdb {
    packages: Vec<Entry>,
}

#[derive(Deserialize)]
struct Entry {
    pkg: Pkg,
}

#[derive(Deserialize)]
struct Pkg {
    name: String,
    #[serde(default)]
    secfixes: BTreeMap<String, Option<Vec<String>>>,
}

impl Feed for AlpineSecdb {
    fn name(&self) -> &'static str {
        "alpine-secdb"
    }

    fn ecosystems(&self) -> &'static [&'static str] {
        &["Alpine"]
    }

    fn fetch(&self, source: &mut dyn Fetch) -> Result<Vec<FeedFile>, FetchError> {
        let mut files = vec![source.required("edge-main.json", &format!("{BASE}/edge/main.json"), LIMIT)?];
        files.extend(source.optional("edge-community.json", &format!("{BASE}/edge/community.json"), LIMIT)?);
        let mut misses = 0;
        for minor in 2..AT_MOST {
            let mut file = |repository: &str| {
                let name = format!("v3.{minor}-{repository}.json");
                source.optional(&name, &format!("{BASE}/v3.{minor}/{repository}.json"), LIMIT)
            };
            if let Some(main) = file("main")? {
                misses = 0;
                files.push(main);
                files.extend(file("community")?);
            } else {
                misses += 1;
                if misses >= 3 && minor >= AT_LEAST {
                    break;
                }
            }
        }
        Ok(files)
    }

    fn parse(&self, files: &[FeedFile]) -> Result<Parsed, ParseError> {
        let mut packages: BTreeMap<(String, String), Secfixes> = BTreeMap::new();
        for file in files {
            let branch = file.name.split('-').next().unwrap_or_default();
            let bytes = read_limited(&file.path, LIMIT)?;
            let secdb: Secdb = serde_json::from_slice(&bytes).map_err(|e| ParseError::broken(&file.name, e))?;
            // A package may move between main and community: what either says of it is one statement.
            for entry in secdb.packages {
                let package = packages.entry((branch.to_owned(), entry.pkg.name)).or_default();
                package.extend(entry.pkg.secfixes.into_iter().map(|(version, ids)| (version, ids.unwrap_or_default())));
            }
        }
        let records =
            packages.iter().flat_map(|((branch, name), secfixes)| records(self.name(), branch, name, secfixes));
        let records: Vec<_> = records.collect();
        let count = records.len() as u64;
        Ok(Parsed { records, count, ..Parsed::default() })
    }
}

/// Versions of a package, each with the ids that it fixed.
type Secfixes = Vec<(String, Vec<String>)>;

/// What is known of one id in one package.
#[derive(Default)]
struct Fix<'a> {
    version: Option<&'a str>,
    aliases: Vec<String>,
}

/// One record per id. Ids of one string name the same vulnerability; an id under several versions was fixed
/// incompletely, so the highest counts; version `0` says that the package never had it.
fn records(feed: &str, branch: &str, name: &str, secfixes: &Secfixes) -> Vec<AdvisoryRecord> {
    let mut fixes: BTreeMap<String, Fix<'_>> = BTreeMap::new();
    for (version, texts) in secfixes {
        for text in texts {
            let ids = ids_of(text);
            for id in &ids {
                let fix = fixes.entry(id.clone()).or_default();
                if fix.version.is_none_or(|old| is_later(version, old)) {
                    fix.version = Some(version);
                }
                fix.aliases.extend(ids.iter().filter(|other| *other != id).cloned());
            }
        }
    }
    let record = |(id, mut fix): (String, Fix<'_>)| {
        let version = fix.version.filter(|version| *version != "0");
        fix.aliases.sort();
        fix.aliases.dedup();
        let range = |fixed: &str| AffectedRange { fixed: Some(fixed.to_owned()), ..AffectedRange::default() };
        let url = crate::name::is_cve(&id).then(|| format!("https://security.alpinelinux.org/vuln/{id}"));
        AdvisoryRecord {
            id,
            aliases: fix.aliases,
            feed: feed.to_owned(),
            ecosystem: format!("Alpine:{branch}"),
            package: name.to_owned(),
            scheme: Scheme::Apk.name().to_owned(),
            ranges: version.map(range).into_iter().collect(),
            versions: Vec::new(),
            status: if version.is_some() { FindingStatus::Affected } else { FindingStatus::NotAffected },
            severity: Severity::Unknown,
            cvss: None,
            summary: String::new(),
            url,
            informational: false,
        }
    };
    fixes.into_iter().map(record).collect()
}

fn is_later(version: &str, old: &str) -> bool {
    version != "0" && (old == "0" || Scheme::Apk.compare(version, old) == Ordering::Greater)
}

/// The ids in a string. A mistyped CVE id (`CVE_2019-2426`, `CVE-2017-17434-1`, `CVE-2021-35940.patch`) counts under
/// both forms; one that cannot be told (`CVE-46838`) as it is, unless another id stands beside it: what was fixed is
/// there, however it is written. Remarks (`(not affected)`, `N/A`, `CVE-????-?????`) are none.
fn ids_of(text: &str) -> Vec<String> {
    let mut ids = Vec::new();
    let mut strange = Vec::new();
    for word in text.split_whitespace() {
        if !word.to_ascii_uppercase().starts_with("CVE") {
            ids.extend(is_other_id(word).then(|| word.to_owned()));
        } else if crate::name::is_cve(word) {
            ids.push(word.to_owned());
        } else if let Some(meant) = meant_cve(word) {
            ids.extend([meant, word.to_owned()]);
        } else if word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && word.bytes().any(|b| b.is_ascii_digit())
        {
            strange.push(word.to_owned());
        }
    }
    if ids.is_empty() { strange } else { ids }
}

/// `CVE`, a year, and a number of at least four digits, whatever is between and after them.
fn meant_cve(word: &str) -> Option<String> {
    let rest = word.get(3..)?.strip_prefix(['-', '_', ':'])?;
    let (year, rest) = rest.split_at_checked(4)?;
    let rest = rest.strip_prefix(['-', '_'])?;
    let number: String = rest.chars().take_while(char::is_ascii_digit).collect();
    let id = format!("CVE-{year}-{number}");
    crate::name::is_cve(&id).then_some(id)
}

/// Another's id, such as `XSA-207`, `wnpa-sec-2017-18`, `VSV00010`.
fn is_other_id(id: &str) -> bool {
    id.starts_with(|c: char| c.is_ascii_alphabetic())
        && id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
        && (id.bytes().any(|b| b.is_ascii_digit()) || id.starts_with("GHSA-"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::tests::file;

    fn parse(name: &str, bytes: &[u8]) -> Result<Parsed, ParseError> {
        let (_dir, file) = file(name, bytes);
        AlpineSecdb.parse(&[file])
    }

    #[test]
    fn recorded_branch() {
        let parsed = parse("v3.10-main.json", include_bytes!("../../testdata/alpine_secdb/v3.10-main.json")).unwrap();
        let show = |record: &AdvisoryRecord| {
            let fixed = record.ranges.first().and_then(|range| range.fixed.clone()).unwrap_or_default();
            format!("{} {} {} <{fixed} {}", record.ecosystem, record.package, record.id, record.aliases.join(","))
        };
        let rows: Vec<String> = parsed.records.iter().map(show).collect();
        insta::assert_snapshot!(rows.join("\n"), @r"
        Alpine:v3.10 avahi CVE-2017-6519 <0.7-r2 
        Alpine:v3.10 avahi CVE-2018-1000845 <0.7-r2 
        Alpine:v3.10 avahi CVE-2021-26720 < 
        Alpine:v3.10 busybox CVE-2017-15873 <1.27.2-r4 
        Alpine:v3.10 busybox CVE-2017-15874 <1.27.2-r4 
        Alpine:v3.10 busybox CVE-2017-16544 <1.27.2-r4 
        Alpine:v3.10 busybox CVE-2018-1000500 <1.28.3-r2 
        Alpine:v3.10 busybox CVE-2018-20679 <1.29.3-r10 
        Alpine:v3.10 cifs-utils CVE-2020-14342 < 
        Alpine:v3.10 cifs-utils CVE-2021-20208 <6.13-r0 
        Alpine:v3.10 expat CVE-2017-9233 <2.2.0-r1 
        Alpine:v3.10 expat CVE-2018-20843 <2.2.7-r0 
        Alpine:v3.10 expat CVE-2019-15903 <2.2.7-r1 
        Alpine:v3.10 gnutls CVE-2017-7507 <3.5.13-r0 
        Alpine:v3.10 gnutls CVE-2020-13777 <3.6.14-r0 GNUTLS-SA-2020-06-03
        Alpine:v3.10 gnutls CVE-2020-24659 <3.6.15-r0 GNUTLS-SA-2020-09-04
        Alpine:v3.10 gnutls GNUTLS-SA-2020-06-03 <3.6.14-r0 CVE-2020-13777
        Alpine:v3.10 gnutls GNUTLS-SA-2020-09-04 <3.6.15-r0 CVE-2020-24659
        Alpine:v3.10 musl CVE-2016-8859 <1.1.15-r4 
        Alpine:v3.10 musl CVE-2019-14697 <1.1.22-r3 
        Alpine:v3.10 musl CVE-2020-28928 <1.1.22-r4
        ");
    }

    #[test]
    fn odd_entries() {
        let text = br#"{"packages":[{"pkg":{"name":"p","secfixes":{
            "0":["CVE-2020-0001","CVE-2020-0002"],
            "1.0-r0":["CVE-2020-0001 (not actually applicable)","CVE-????-????? XSA-312","CVE_2019-2426"],
            "1.0-r10":["CVE-2020-0003"], "1.0-r9":["CVE-2020-0003"], "2.0-r0":null}}}]}"#;
        let parsed = parse("edge-main.json", text).unwrap();
        let fixed = |id: &str| {
            let record = parsed.records.iter().find(|r| r.id == id).unwrap();
            (record.status, record.ranges.first().and_then(|r| r.fixed.clone()))
        };
        assert_eq!(parsed.records.len(), 6);
        assert_eq!(fixed("CVE-2020-0001"), (FindingStatus::Affected, Some("1.0-r0".to_owned())));
        assert_eq!(fixed("CVE-2020-0002"), (FindingStatus::NotAffected, None));
        assert_eq!(fixed("CVE-2020-0003").1.as_deref(), Some("1.0-r10"));
        assert_eq!(fixed("XSA-312").1.as_deref(), Some("1.0-r0"));
        assert!(parsed.records.iter().all(|r| r.ecosystem == "Alpine:edge"));
    }

    #[test]
    fn mistyped_ids_are_not_lost() {
        for (text, wanted) in [
            ("CVE-2020-0001", "CVE-2020-0001"),
            ("CVE_2019-2426", "CVE-2019-2426 CVE_2019-2426"),
            ("CVE-2017-17434-1", "CVE-2017-17434 CVE-2017-17434-1"),
            ("CVE-2021-35940.patch", "CVE-2021-35940 CVE-2021-35940.patch"),
            ("CVE-46838", "CVE-46838"),
            ("CVE-46838 XSA-1", "XSA-1"),
            ("CVE-2022-????? XSA-398", "XSA-398"),
            ("CVE N/A ZBX-11023", "ZBX-11023"),
            ("CVE-2018-10103 (SMB - partially fixed)", "CVE-2018-10103"),
            ("CVE-????-?????", ""),
            ("CVE", ""),
        ] {
            assert_eq!(ids_of(text).join(" "), wanted, "{text}");
        }
    }

    #[test]
    fn cut_file_fails() {
        assert!(parse("v3.10-main.json", br#"{"packages":[{"pkg":{"name":"p""#).is_err());
    }
}
