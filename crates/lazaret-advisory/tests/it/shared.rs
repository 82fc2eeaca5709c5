//! The shared mirror, compiled whole and compared with the naive evaluation. Skipped where `../shared` is not there.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::Instant,
};

use lazaret_advisory::{
    AdvisoryDb,
    matcher::{Component, match_records},
    update::{Mirror, current},
};
use lazaret_model::PackageType;
use lazaret_version::Scheme;

use crate::{mirror::Data, naive::Naive};

const NOW: &str = "2026-11-24T08:00:00Z";

fn shared() -> Option<PathBuf> {
    let start = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found =
        start.ancestors().map(|dir| dir.join("shared/advisories")).find(|dir| dir.join("sources.json").is_file());
    if found.is_none() {
        println!("SKIPPED: there is no ../shared/advisories");
    }
    found
}

fn read(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    if path.extension().is_none_or(|extension| extension != "zst") {
        return bytes;
    }
    let mut decoder = zstd::Decoder::new(bytes.as_slice()).unwrap();
    decoder.window_log_max(27).unwrap();
    let mut out = Vec::new();
    std::io::Read::read_to_end(&mut decoder, &mut out).unwrap();
    out
}

/// `path` as it is, or with `.zst`.
fn either(dir: &Path, path: &str) -> Vec<u8> {
    let plain = dir.join(path);
    if plain.is_file() { read(&plain) } else { read(&dir.join(format!("{path}.zst"))) }
}

fn compare(db: &AdvisoryDb, naive: &Naive, kind: PackageType, ecosystem: &str, scheme: Scheme, most: usize) -> usize {
    let (mut asked, mut affecting) = (0, 0);
    for package in naive.packages.keys() {
        let records = db.lookup(ecosystem, package);
        for version in naive.versions(package, most) {
            let component = Component {
                kind,
                ecosystem: ecosystem.to_owned(),
                name: package.clone(),
                version: version.clone(),
                uncertain: false,
            };
            let found: BTreeSet<String> =
                match_records(&component, &records).iter().map(|m| records[m.record].id.clone()).collect();
            assert_eq!(found, naive.ids(scheme, package, &version), "{ecosystem} {package} {version}");
            asked += 1;
            affecting += found.len();
        }
    }
    println!("{ecosystem}: {} packages, {asked} versions, {affecting} matches agree", naive.packages.len());
    assert!(affecting >= 20.min(naive.packages.len()), "hardly anything matched");
    asked
}

#[test]
fn findings_equal_those_computed_from_the_raw_files() {
    let Some(shared) = shared() else { return };
    let data = Data::new();
    let mirror = Mirror::Directory(shared.clone());
    let start = Instant::now();
    let report = data.update(&mirror, NOW).unwrap();
    let elapsed = start.elapsed();
    assert!(report.failures().next().is_none(), "{report:?}");
    let path = current(&data.path()).unwrap().unwrap();
    let size = std::fs::metadata(&path).unwrap().len();
    let db = AdvisoryDb::open(&path).unwrap();
    println!("update of the shared mirror: {elapsed:.1?}, {size} bytes, {} streams", db.streams().len());
    for feed in &report.feeds {
        println!("{:16} {:8} records", feed.name, feed.records);
    }
    assert_eq!(data.update(&mirror, NOW).unwrap().snapshot.unwrap().id, db.info().id, "two runs give the same content");

    let names: Vec<String> =
        Naive::debian(&either(&shared, "debian/tracker/data/json"), "bookworm").packages.into_keys().collect();
    let start = Instant::now();
    let records: usize = names.iter().take(500).map(|name| db.lookup("Debian:12", name).len()).sum();
    println!("500 names, {records} records: {:.1?} (debug build)", start.elapsed());
    assert_eq!(db.end_of_life("alpine", "3.10.9").unwrap().eol_from.as_deref(), Some("2021-05-01"));
    assert_eq!(db.end_of_life("debian", "12").unwrap().feed, "endoflife");
    assert!(db.feeds_for("Alpine:v3.22").is_empty() && db.feeds_for("Alpine:v3.21").len() == 1);

    for branch in ["v3.10", "v3.20", "edge"] {
        let files = ["main", "community"].map(|name| either(&shared, &format!("alpine-secdb/{branch}/{name}.json")));
        let naive = Naive::alpine(&files);
        assert!(compare(&db, &naive, PackageType::Apk, &format!("Alpine:{branch}"), Scheme::Apk, 15) > 1000);
    }
    let naive = Naive::debian(&either(&shared, "debian/tracker/data/json"), "bookworm");
    assert!(compare(&db, &naive, PackageType::Deb, "Debian:12", Scheme::Deb, 3) > 1000);
    for (ecosystem, kind, scheme) in [
        ("PyPI", PackageType::Pypi, Scheme::Pep440),
        ("npm", PackageType::Npm, Scheme::Npm),
        ("Go", PackageType::Golang, Scheme::Go),
        ("Maven", PackageType::Maven, Scheme::Maven),
        ("crates.io", PackageType::Cargo, Scheme::Semver),
        ("RubyGems", PackageType::Gem, Scheme::Gem),
        ("Packagist", PackageType::Composer, Scheme::Composer),
        ("NuGet", PackageType::Nuget, Scheme::Nuget),
    ] {
        let naive = Naive::osv(&either(&shared, &format!("osv/{ecosystem}/all.zip")), ecosystem);
        assert!(compare(&db, &naive, kind, ecosystem, scheme, 8) > 50);
    }
    // of some of these the mirror has two or three records
    for (ecosystem, kind, scheme) in [
        ("Hex", PackageType::Hex, Scheme::Semver),
        ("Pub", PackageType::Pub, Scheme::SemverBuild),
        ("CRAN", PackageType::Cran, Scheme::Dotted),
        ("Hackage", PackageType::Hackage, Scheme::Dotted),
        ("Julia", PackageType::Julia, Scheme::SemverBuild),
        ("SwiftURL", PackageType::Swift, Scheme::Semver),
        ("opam", PackageType::Opam, Scheme::Deb),
        ("Bitnami", PackageType::Bitnami, Scheme::Semver),
    ] {
        let naive = Naive::osv(&either(&shared, &format!("osv/{ecosystem}/all.zip")), ecosystem);
        assert!(compare(&db, &naive, kind, ecosystem, scheme, 8) > naive.packages.len());
    }
}
