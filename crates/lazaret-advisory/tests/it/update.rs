use std::{fs, path::Path};

use lazaret_advisory::{
    AdvisoryDb,
    update::{FeedOutcome, Mirror, UpdateError, current},
};

use crate::{
    mirror::{Data, KEV, PYPI, TRACKER, dump, outcome, put, write_mirror},
    server::Server,
};

const MONDAY: &str = "2026-11-23T08:00:00Z";
const TUESDAY: &str = "2026-11-24T08:00:00Z";

fn open(data: &Data) -> AdvisoryDb {
    let db = AdvisoryDb::open(&current(&data.path()).unwrap().unwrap()).unwrap();
    db.verify().unwrap();
    db
}

fn directory(dir: &Path) -> Mirror {
    Mirror::Directory(dir.to_owned())
}

#[test]
fn a_first_update_activates_every_feed() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 4);
    assert_eq!(current(&data.path()).unwrap(), None);
    let report = data.update(&directory(mirror.path()), MONDAY).unwrap();
    assert!(report.activated && report.failures().next().is_none(), "{report:?}");
    let db = open(&data);
    assert_eq!(db.info(), report.snapshot.as_ref().unwrap());
    assert_eq!(db.info().feeds.len(), 21);
    assert!(db.info().feeds.iter().all(|feed| feed.checked.to_string() == MONDAY && feed.records > 0));
    assert_eq!(db.lookup("PyPI", "demo").len(), 4);
    assert_eq!(db.lookup("Alpine:v3.20", "zlib").len(), 4);
    assert_eq!(db.lookup("Debian:12", "zlib").len(), 4);
    assert!(db.feeds_for("Alpine:v3.18").is_empty());
    let known = db.enrich("CVE-2020-0003");
    assert!(known.exploited && known.epss.as_deref() == Some("0.03"));
    assert_eq!(db.end_of_life("alpine", "3.20.1").unwrap().feed, "endoflife");
    assert_eq!(db.end_of_life("debian", "12").unwrap().feed, "starter");
    assert_eq!(db.end_of_life("debian", "99"), None);
}

#[test]
fn unchanged_feeds_keep_the_id_and_move_the_time() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 4);
    let first = data.update(&directory(mirror.path()), MONDAY).unwrap();
    put(mirror.path(), PYPI, &dump("PyPI", 5));
    let second = data.update(&directory(mirror.path()), TUESDAY).unwrap();
    assert_ne!(first.snapshot.unwrap().id, second.snapshot.as_ref().unwrap().id);
    let third = data.update(&directory(mirror.path()), TUESDAY).unwrap();
    assert_eq!(second.snapshot.unwrap().id, third.snapshot.as_ref().unwrap().id);
    assert!(third.feeds.iter().all(|feed| feed.outcome == FeedOutcome::Unchanged));
    let db = open(&data);
    for feed in &db.info().feeds {
        let changed = if feed.name == "osv:PyPI" { TUESDAY } else { MONDAY };
        assert_eq!((feed.checked.to_string().as_str(), feed.changed.to_string().as_str()), (TUESDAY, changed));
    }
}

#[test]
fn a_damaged_feed_keeps_its_last_good_data_and_the_others_go_on() {
    let mirror = tempfile::tempdir().unwrap();
    write_mirror(mirror.path(), 4);
    let tracker = fs::read(mirror.path().join(TRACKER)).unwrap();
    let archive = fs::read(mirror.path().join(PYPI)).unwrap();
    for (path, feed, bytes) in [
        (TRACKER, "debian-tracker", &tracker[..tracker.len() / 2]),
        (PYPI, "osv:PyPI", &archive[..archive.len() - 30]),
        (KEV, "kev", b"<html>come back later</html>".as_slice()),
        ("epss.empiricalsecurity.com/epss_scores-current.csv.gz", "epss", b""),
        ("secdb.alpinelinux.org/v3.19/main.json", "alpine-secdb", b"[]"),
    ] {
        write_mirror(mirror.path(), 4);
        let data = Data::new();
        data.update(&directory(mirror.path()), MONDAY).unwrap();
        put(mirror.path(), path, bytes);
        let report = data.update(&directory(mirror.path()), TUESDAY).unwrap();
        let (failed, why) = report.failures().next().unwrap();
        assert_eq!((failed, report.failures().count()), (feed, 1));
        assert!(why.contains("not intact"), "{why}");
        assert!(report.activated);
        let db = open(&data);
        assert_eq!(db.lookup("PyPI", "demo").len(), 4);
        assert_eq!(db.lookup("Debian:12", "zlib").len(), 4);
        assert_eq!(db.lookup("Alpine:v3.19", "zlib").len(), 4);
        assert!(db.enrich("CVE-2020-0003").exploited);
        for info in &db.info().feeds {
            let checked = if info.name == feed { MONDAY } else { TUESDAY };
            assert_eq!(info.checked.to_string(), checked, "a feed that failed was not checked");
        }
        write_mirror(mirror.path(), 4);
        let report = data.update(&directory(mirror.path()), TUESDAY).unwrap();
        assert!(report.failures().next().is_none());
    }
}

#[test]
fn a_damaged_first_update_has_the_other_feeds() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 4);
    put(mirror.path(), TRACKER, b"{");
    let report = data.update(&directory(mirror.path()), MONDAY).unwrap();
    assert!(report.activated);
    assert_eq!(report.failures().count(), 1);
    assert!(open(&data).feeds_for("Debian:12").is_empty());
    assert_eq!(open(&data).feeds_for("PyPI").len(), 1);
}

#[test]
fn a_lost_feed_leaves_the_last_snapshot() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 4);
    let first = data.update(&directory(mirror.path()), MONDAY).unwrap();
    fs::remove_file(mirror.path().join(TRACKER)).unwrap();
    // Its cached file stands in while it is there ...
    let report = data.update(&directory(mirror.path()), TUESDAY).unwrap();
    assert!(report.activated && matches!(outcome(&report, "debian-tracker"), FeedOutcome::Failed(_)), "{report:?}");
    assert_eq!(open(&data).lookup("Debian:12", "zlib").len(), 4);
    // ... and when that is damaged too, nothing is activated.
    fs::write(data.path().join("feeds/debian-tracker/tracker.json"), "{}").unwrap();
    let report = data.update(&directory(mirror.path()), TUESDAY).unwrap();
    assert!(!report.activated);
    assert!(matches!(outcome(&report, "debian-tracker"), FeedOutcome::Failed(why) if why.contains("is not there")));
    assert_eq!(report.snapshot.unwrap().id, first.snapshot.unwrap().id);
    assert_eq!(open(&data).lookup("Debian:12", "zlib").len(), 4);
}

#[test]
fn a_feed_that_shrank_is_not_activated_unless_accepted() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 100);
    let first = data.update(&directory(mirror.path()), MONDAY).unwrap();
    put(mirror.path(), PYPI, &dump("PyPI", 98));
    assert!(data.update(&directory(mirror.path()), MONDAY).unwrap().activated, "2 % is not more than 2 %");
    put(mirror.path(), PYPI, &dump("PyPI", 90));
    for _ in 0..2 {
        let error = data.update(&directory(mirror.path()), TUESDAY).unwrap_err();
        assert!(matches!(&error, UpdateError::Shrunk { feed, old: 98, new: 90 } if feed == "osv:PyPI"), "{error}");
        assert_eq!(open(&data).lookup("PyPI", "demo").len(), 98);
    }
    // Nor when the active snapshot is damaged: what was accepted last still counts.
    let path = current(&data.path()).unwrap().unwrap();
    let good = fs::read(&path).unwrap();
    fs::write(&path, b"").unwrap();
    assert!(matches!(data.update(&directory(mirror.path()), TUESDAY), Err(UpdateError::Shrunk { .. })));
    fs::write(&path, good).unwrap();
    let report = data.update_with(&directory(mirror.path()), TUESDAY, true).unwrap();
    assert!(report.activated);
    assert_eq!(open(&data).lookup("PyPI", "demo").len(), 90);
    assert_ne!(open(&data).info().id, first.snapshot.unwrap().id);
    let snapshots = fs::read_dir(data.path()).unwrap().flatten();
    assert_eq!(snapshots.filter(|file| file.path().extension().is_some_and(|e| e == "db")).count(), 2);
}

#[test]
fn over_http_what_did_not_change_is_not_sent_again() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 4);
    let server = Server::start(mirror.path());
    let url = Mirror::Url(server.url.clone());
    let report = data.update(&url, MONDAY).unwrap();
    assert!(report.activated && report.failures().next().is_none(), "{report:?}");
    server.take_log();
    let report = data.update(&url, TUESDAY).unwrap();
    assert!(report.feeds.iter().all(|feed| feed.outcome == FeedOutcome::Unchanged && feed.fetched == 0), "{report:?}");
    let log = server.take_log();
    assert!(log.iter().all(|seen| matches!(seen.status, 304 | 404)), "{log:?}");
    assert_eq!(log.iter().filter(|seen| seen.status == 304).count(), 25);
}

#[test]
fn a_cut_transfer_goes_on_where_it_was_cut() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 100);
    let whole = fs::metadata(mirror.path().join(PYPI)).unwrap().len();
    let server = Server::start(mirror.path());
    let url = Mirror::Url(server.url.clone());
    server.cut("PyPI/all.zip", 5000);
    server.cut("PyPI/all.zip", 3000);
    let report = data.update(&url, MONDAY).unwrap();
    assert!(report.failures().next().is_none(), "{report:?}");
    let log: Vec<_> = server.take_log().into_iter().filter(|seen| seen.path.ends_with("PyPI/all.zip")).collect();
    assert_eq!(log.iter().map(|seen| seen.status).collect::<Vec<_>>(), [200, 206, 206]);
    assert_eq!(log.iter().map(|seen| seen.sent as u64).sum::<u64>(), whole);
    assert_eq!(open(&data).lookup("PyPI", "demo").len(), 100);
}

#[test]
fn a_transfer_that_stays_cut_fails_and_the_next_run_goes_on() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 100);
    let server = Server::start(mirror.path());
    let url = Mirror::Url(server.url.clone());
    for _ in 0..4 {
        server.cut("PyPI/all.zip", 1000);
    }
    let report = data.update(&url, MONDAY).unwrap();
    assert!(matches!(outcome(&report, "osv:PyPI"), FeedOutcome::Failed(_)));
    assert!(open(&data).feeds_for("PyPI").is_empty());
    server.take_log();
    data.update(&url, TUESDAY).unwrap();
    let log = server.take_log();
    assert_eq!(log.iter().find(|seen| seen.path.ends_with("PyPI/all.zip")).unwrap().status, 206);
    assert_eq!(open(&data).lookup("PyPI", "demo").len(), 100);
    // A version that changed in between is not glued to the old bytes.
    put(mirror.path(), PYPI, &dump("PyPI", 101));
    server.cut("PyPI/all.zip", 2000);
    server.cut("PyPI/all.zip", 0);
    server.cut("PyPI/all.zip", 0);
    server.cut("PyPI/all.zip", 0);
    assert_eq!(data.update(&url, TUESDAY).unwrap().failures().count(), 1);
    put(mirror.path(), PYPI, &dump("PyPI", 102));
    data.update(&url, TUESDAY).unwrap();
    assert_eq!(open(&data).lookup("PyPI", "demo").len(), 102);
}

#[test]
fn a_listed_mirror_is_read_by_its_list() {
    let (plain, listed, data) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap(), Data::new());
    write_mirror(plain.path(), 4);
    let mut sources = Vec::new();
    for path in walk(plain.path()) {
        let url = format!("https://{}", path.strip_prefix(plain.path()).unwrap().display());
        let bytes = zstd::encode_all(fs::read(&path).unwrap().as_slice(), 3).unwrap();
        let file = format!("files/{}.zst", sources.len());
        put(listed.path(), &file, &bytes);
        let sha256 = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(&bytes));
        sources.push(
            serde_json::json!({ "file": file, "url": url, "encoding": "zstd", "size": bytes.len(), "sha256": sha256 }),
        );
    }
    put(listed.path(), "sources.json", serde_json::to_string(&sources).unwrap().as_bytes());
    let server = Server::start(listed.path());
    let report = data.update(&Mirror::Url(server.url.clone()), MONDAY).unwrap();
    assert!(report.failures().next().is_none(), "{report:?}");
    let by_list = report.snapshot.unwrap().id;
    let other = Data::new();
    assert_eq!(other.update(&directory(listed.path()), MONDAY).unwrap().snapshot.unwrap().id, by_list);
    assert_eq!(Data::new().update(&directory(plain.path()), MONDAY).unwrap().snapshot.unwrap().id, by_list);
    // A file that is not what the list says.
    let tracker = sources.iter().find(|source| source["url"].as_str().unwrap().ends_with(TRACKER)).unwrap();
    put(listed.path(), tracker["file"].as_str().unwrap(), b"other bytes");
    let report = data.update(&directory(listed.path()), TUESDAY).unwrap();
    let (feed, why) = report.failures().next().unwrap();
    assert_eq!(feed, "debian-tracker");
    assert!(why.contains("truncated or corrupt") && why.contains("sources.json says"), "{why}");
    assert_eq!(open(&data).lookup("Debian:12", "zlib").len(), 4);
}

#[test]
fn a_mirror_that_is_not_there_is_an_error() {
    let data = Data::new();
    let error = data.update(&Mirror::Directory("/nowhere/at/all".into()), MONDAY).unwrap_err();
    assert!(matches!(error, UpdateError::Mirror { .. }), "{error}");
}

#[test]
fn two_updates_at_once_are_one_after_the_other() {
    let (mirror, data) = (tempfile::tempdir().unwrap(), Data::new());
    write_mirror(mirror.path(), 50);
    let mirror = directory(mirror.path());
    std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| data.update(&mirror, MONDAY).unwrap())).collect();
        let ids: Vec<_> = runs.into_iter().map(|run| run.join().unwrap().snapshot.unwrap().id).collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]));
    });
    assert_eq!(open(&data).lookup("PyPI", "demo").len(), 50);
}

fn walk(dir: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(dir).unwrap().flatten().map(|entry| entry.path());
    let mut files: Vec<_> = entries.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect();
    files.sort();
    files
}
