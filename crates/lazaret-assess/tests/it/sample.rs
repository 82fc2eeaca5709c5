//! Subjects and advisory data made by hand.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use lazaret_assess::{Advisories, Enriched, Judge, JudgeSettings, Judgement, OsSupport, Policy, Subject};
use lazaret_model::{
    AdvisoryRecord, AffectedRange, Digest, Evidence, FeedInfo, FindingStatus, HistoryEntry, ImageFacts, Inventory,
    OsRelease, Package, PackageClass, PackageType, Platform, Severity, SnapshotInfo, SourcePackage, Timestamp,
};

pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-24T08:00:00Z").unwrap()
}

pub(crate) fn days_ago(days: i64) -> Timestamp {
    Timestamp::from_millis(now().as_millis() - days * 86_400_000).unwrap()
}

pub(crate) fn digest(byte: u8) -> Digest {
    Digest::from_sha256([byte; 32])
}

/// Records in memory.
#[derive(Clone)]
pub(crate) struct Records {
    pub(crate) info: SnapshotInfo,
    pub(crate) advisories: Vec<AdvisoryRecord>,
    pub(crate) enrichment: BTreeMap<String, Enriched>,
    pub(crate) support: Option<OsSupport>,
}

impl Records {
    /// A real snapshot with fresh feeds for Debian, Alpine, npm, PyPI and Go.
    pub(crate) fn new(records: impl IntoIterator<Item = AdvisoryRecord>) -> Self {
        let feed = |name: &str, ecosystem: &str| FeedInfo {
            name: name.to_owned(),
            ecosystems: vec![ecosystem.to_owned()],
            checked: days_ago(1),
            changed: days_ago(2),
            records: 1,
            digest: digest(60),
        };
        let feeds = vec![
            feed("debian-tracker", "Debian"),
            feed("alpine-secdb", "Alpine"),
            feed("osv:npm", "npm"),
            feed("osv:PyPI", "PyPI"),
            feed("osv:Go", "Go"),
        ];
        Self {
            info: SnapshotInfo { id: digest(50), created: days_ago(1), starter: false, feeds },
            advisories: records.into_iter().collect(),
            enrichment: BTreeMap::new(),
            support: None,
        }
    }

    pub(crate) fn starter(records: impl IntoIterator<Item = AdvisoryRecord>) -> Self {
        let mut starter = Self::new(records);
        starter.info.starter = true;
        let ecosystems = starter.info.feeds.iter().flat_map(|feed| feed.ecosystems.clone()).collect();
        let built_in = FeedInfo {
            name: "starter".to_owned(),
            ecosystems,
            checked: days_ago(400),
            changed: days_ago(400),
            records: 1,
            digest: digest(60),
        };
        starter.info.feeds = vec![built_in];
        starter
    }

    pub(crate) fn judge(&self, subject: &Subject) -> Judgement {
        self.judge_with(subject, JudgeSettings::default())
    }

    pub(crate) fn judge_with(&self, subject: &Subject, settings: JudgeSettings) -> Judgement {
        let policy = Policy::named(Policy::DEFAULT).unwrap();
        self.as_judge(settings).judge(subject, &policy, now()).unwrap()
    }

    pub(crate) fn as_judge(&self, settings: JudgeSettings) -> Judge {
        Judge::over(Arc::new(self.clone()), settings)
    }
}

impl Advisories for Records {
    fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    fn lookup(&self, ecosystem: &str, package: &str) -> Vec<AdvisoryRecord> {
        self.advisories.iter().filter(|r| r.ecosystem == ecosystem && r.package == package).cloned().collect()
    }

    fn feeds_for(&self, ecosystem: &str) -> Vec<String> {
        let base = ecosystem.split(':').next().unwrap().to_owned();
        let answering = self.info.feeds.iter().filter(|feed| feed.ecosystems.contains(&base));
        answering.map(|feed| feed.name.clone()).collect()
    }

    fn enrich(&self, cve: &str) -> Enriched {
        self.enrichment.get(cve).cloned().unwrap_or_default()
    }

    fn end_of_life(&self, _: &str, _: &str) -> Option<OsSupport> {
        self.support.clone()
    }
}

pub(crate) fn accepting() -> JudgeSettings {
    JudgeSettings { accept_starter: true, ..JudgeSettings::default() }
}

pub(crate) fn max_age(days: u64) -> JudgeSettings {
    JudgeSettings { max_age: Duration::from_hours(days * 24), ..JudgeSettings::default() }
}

/// `record("npm", "lodash", "GHSA-1", &["CVE-1"], Some("4.17.21"))`: affects every version before the fix.
pub(crate) fn record(
    ecosystem: &str,
    package: &str,
    id: &str,
    aliases: &[&str],
    fixed: Option<&str>,
) -> AdvisoryRecord {
    let scheme = match ecosystem.split(':').next().unwrap() {
        "npm" => "npm",
        "PyPI" => "pep440",
        "Go" => "go",
        "Debian" => "deb",
        "Alpine" => "apk",
        "Packagist" => "composer",
        other => panic!("no scheme for {other}"),
    };
    AdvisoryRecord {
        id: id.to_owned(),
        aliases: aliases.iter().map(|&alias| alias.to_owned()).collect::<BTreeSet<_>>().into_iter().collect(),
        feed: "test".to_owned(),
        ecosystem: ecosystem.to_owned(),
        package: package.to_owned(),
        scheme: scheme.to_owned(),
        ranges: vec![AffectedRange { introduced: None, fixed: fixed.map(str::to_owned), last_affected: None }],
        versions: Vec::new(),
        status: FindingStatus::Affected,
        severity: Severity::High,
        cvss: None,
        summary: String::new(),
        url: None,
        informational: false,
    }
}

pub(crate) fn package(kind: PackageType, name: &str, version: &str) -> Package {
    Package {
        purl: format!("pkg:{}/{name}@{version}", kind.name()),
        name: name.to_owned(),
        version: version.to_owned(),
        kind,
        arch: None,
        source: None,
        module: None,
        vendor: None,
        class: PackageClass::Installed,
        license: None,
        repository: None,
        bundled_in: None,
        cpe: None,
        changed_in: Vec::new(),
        layer: Some(digest(10)),
        removed_in: None,
        provided_by: None,
        evidence: vec![Evidence { path: format!("srv/{name}"), layer: Some(digest(10)) }],
        uncertain: false,
    }
}

pub(crate) fn deb(name: &str, version: &str, source: &str) -> Package {
    let source = Some(SourcePackage { name: source.to_owned(), version: version.to_owned() });
    Package { source, ..package(PackageType::Deb, name, version) }
}

/// An image with two layers, the lower one of the base, and a user that is not root.
pub(crate) fn subject(packages: impl IntoIterator<Item = Package>) -> Subject {
    let history = |created_by: &str, layer| HistoryEntry {
        created_by: created_by.to_owned(),
        empty_layer: false,
        layer: Some(digest(layer)),
    };
    let mut packages: Vec<_> = packages.into_iter().collect();
    packages.sort();
    let os_packages = packages.iter().any(|package| package.kind.is_os());
    Subject {
        facts: ImageFacts {
            digest: digest(1),
            digest_kind: "manifest".to_owned(),
            config: digest(2),
            platform: Platform::parse("linux/amd64").unwrap(),
            user: "65532".to_owned(),
            exposed_ports: Vec::new(),
            env: Vec::new(),
            entrypoint: Vec::new(),
            cmd: Vec::new(),
            labels: BTreeMap::new(),
            created: None,
            diff_ids: vec![digest(10), digest(11)],
            layers: vec![digest(20), digest(21)],
            layer_sizes: vec![100, 200],
            history: vec![
                history("/bin/sh -c #(nop) ADD file:1 in / ", 10),
                history("RUN /bin/sh -c npm ci # buildkit", 11),
            ],
            base_layers: Some(1),
        },
        inventory: Inventory { os: os_packages.then(debian), os_packages, packages, ..Inventory::default() },
    }
}

pub(crate) fn debian() -> OsRelease {
    OsRelease {
        id: "debian".to_owned(),
        version_id: "12".to_owned(),
        codename: Some("bookworm".to_owned()),
        pretty_name: "Debian GNU/Linux 12 (bookworm)".to_owned(),
        stream: Some("Debian:12".to_owned()),
        path: "usr/lib/os-release".to_owned(),
    }
}
