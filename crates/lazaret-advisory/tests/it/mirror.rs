//! A small mirror with every feed, written for a test.

use std::{
    io::Write,
    path::{Path, PathBuf},
    sync::Mutex,
};

use lazaret_advisory::update::{FeedOutcome, Mirror, UpdateError, UpdateOptions, UpdateProgress, UpdateReport, update};
use lazaret_model::{FixedClock, Timestamp};

pub(crate) const ECOSYSTEMS: [&str; 16] = [
    "PyPI",
    "npm",
    "Go",
    "Maven",
    "crates.io",
    "RubyGems",
    "Packagist",
    "NuGet",
    "Hex",
    "Pub",
    "CRAN",
    "Hackage",
    "Julia",
    "SwiftURL",
    "opam",
    "Bitnami",
];
pub(crate) const TRACKER: &str = "security-tracker.debian.org/tracker/data/json";
pub(crate) const KEV: &str = "www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";
pub(crate) const PYPI: &str = "osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip";

/// Every feed, in the layout `<host>/<path>`; `advisories` of each kind.
pub(crate) fn write_mirror(dir: &Path, advisories: usize) {
    for ecosystem in ECOSYSTEMS {
        let path = format!("osv-vulnerabilities.storage.googleapis.com/{ecosystem}/all.zip");
        put(dir, &path, &dump(ecosystem, advisories));
    }
    let secfixes: Vec<String> = (0..advisories).map(|n| format!(r#""1.{n}-r0":["CVE-2020-{n:04}"]"#)).collect();
    let secdb = format!(r#"{{"packages":[{{"pkg":{{"name":"zlib","secfixes":{{{}}}}}}}]}}"#, secfixes.join(","));
    for file in ["edge/main", "edge/community", "v3.19/main", "v3.20/main", "v3.20/community"] {
        put(dir, &format!("secdb.alpinelinux.org/{file}.json"), secdb.as_bytes());
    }
    let tracked: Vec<String> = (0..advisories)
        .map(|n| format!(r#""CVE-2020-{n:04}":{{"releases":{{"bookworm":{{"status":"resolved","fixed_version":"1.{n}-1","urgency":"low"}}}}}}"#))
        .collect();
    put(dir, TRACKER, format!(r#"{{"zlib":{{{}}}}}"#, tracked.join(",")).as_bytes());
    let exploited: Vec<String> = (0..advisories).map(|n| format!(r#"{{"cveID":"CVE-2020-{n:04}"}}"#)).collect();
    put(dir, KEV, format!(r#"{{"count":{advisories},"vulnerabilities":[{}]}}"#, exploited.join(",")).as_bytes());
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    let rows: Vec<String> = (0..advisories).map(|n| format!("CVE-2020-{n:04},0.0{n},0.5\n")).collect();
    gzip.write_all(format!("#model_version:v1\ncve,epss,percentile\n{}", rows.concat()).as_bytes()).unwrap();
    put(dir, "epss.empiricalsecurity.com/epss_scores-current.csv.gz", &gzip.finish().unwrap());
    let full = r#"{"total":1,"result":[{"name":"alpine-linux","releases":[{"name":"3.20","eolFrom":"2026-04-01","isEol":false}]}]}"#;
    put(dir, "endoflife.date/api/v1/products/full", full.as_bytes());
}

pub(crate) fn put(dir: &Path, path: &str, bytes: &[u8]) {
    let path = dir.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, bytes).unwrap();
}

/// An OSV dump with `count` advisories for the package `demo`.
pub(crate) fn dump(ecosystem: &str, count: usize) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for n in 0..count {
        let id = format!("GHSA-{}-{n:04}", ecosystem.to_lowercase().replace('.', ""));
        writer.start_file(format!("{id}.json"), zip::write::SimpleFileOptions::default()).unwrap();
        let document = serde_json::json!({
            "id": id,
            "affected": [{
                "package": { "ecosystem": ecosystem, "name": "demo" },
                "ranges": [{ "type": "SEMVER", "events": [{ "introduced": "0" }, { "fixed": format!("1.{n}.0") }] }],
            }],
        });
        writer.write_all(document.to_string().as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A data directory that is updated.
pub(crate) struct Data {
    pub dir: tempfile::TempDir,
}

impl Data {
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("advisories")
    }

    pub(crate) fn update(&self, mirror: &Mirror, now: &str) -> Result<UpdateReport, UpdateError> {
        self.update_with(mirror, now, false)
    }

    pub(crate) fn update_with(
        &self,
        mirror: &Mirror,
        now: &str,
        accept_shrink: bool,
    ) -> Result<UpdateReport, UpdateError> {
        let options = UpdateOptions { dir: self.path(), mirror: Some(mirror.clone()), accept_shrink };
        let client = reqwest::blocking::Client::builder().no_proxy().build().unwrap();
        update(&options, &client, &FixedClock(Timestamp::parse(now).unwrap()), &Log::default())
    }
}

/// Checks that calls come in order: started, advanced, done; and that counts never fall.
#[derive(Default)]
struct Log(Mutex<(String, u64)>);

impl UpdateProgress for Log {
    fn started(&self, feed: &str, _total: Option<u64>) {
        *self.0.lock().unwrap() = (feed.to_owned(), 0);
    }

    fn advanced(&self, feed: &str, bytes: u64) {
        let mut last = self.0.lock().unwrap();
        assert_eq!(last.0, feed);
        assert!(bytes > last.1, "{feed}: {bytes} after {}", last.1);
        last.1 = bytes;
    }

    fn done(&self, feed: &str, _outcome: &FeedOutcome) {
        assert_eq!(self.0.lock().unwrap().0, feed);
    }
}

pub(crate) fn outcome<'a>(report: &'a UpdateReport, feed: &str) -> &'a FeedOutcome {
    &report.feeds.iter().find(|f| f.name == feed).unwrap().outcome
}
