//! A real second process, killed while it pushes: what it had been told is stored must be there, whole, and what it was
//! at can be finished. The journal that it keeps is the only witness. (`xtask crash` does the same over HTTP, longer.)

use std::{
    fs::{self, File, OpenOptions},
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use lazaret_model::{Digest, FixedClock, Timestamp};
use lazaret_store::{ManifestKind, Store, StoreError};

use crate::harness::{digest, manifest, noise, repo, tag};

const JOURNAL: &str = "journal";

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(JOURNAL), "").unwrap();
    let mut lines = 0;
    for round in 0..6 {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "crash::pushes_until_it_is_killed"])
            .current_dir(dir.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        // Until it has done something, and then to a moment that differs from round to round.
        while journal(dir.path()).len() < lines + 5 {
            assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
            thread::sleep(Duration::from_millis(2));
        }
        thread::sleep(Duration::from_millis(7 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        lines = journal(dir.path()).len();
        check(dir.path());
    }
}

#[test]
#[ignore = "the child of the test above; it has no end"]
fn pushes_until_it_is_killed() {
    let here = Path::new(".");
    if !here.join(JOURNAL).exists() {
        return;
    }
    let store = open(here);
    for number in journal(here).len().. {
        let (bytes, name) = (content(number), number.to_string());
        let session = store.begin_upload(&repo("app"), "ci").unwrap();
        note(&format!("session {number} {}", session.id));
        let mut upload = store.open_upload(&repo("app"), &session.id).unwrap();
        for chunk in bytes.chunks(60_000) {
            upload.write(chunk).unwrap();
            upload.checkpoint().unwrap();
        }
        let blob = upload.finish(&digest(&bytes)).unwrap();
        note(&format!("blob {number} {}", blob.digest));
        let mut put = manifest("app", &name, ManifestKind::Image, Some("latest"));
        put.blobs = vec![blob.digest];
        let pushed = put.digest.clone();
        store.put_manifest(put).unwrap();
        note(&format!("manifest {number} {pushed}"));
    }
}

fn check(dir: &Path) {
    let store = open(dir);
    let (mut newest, mut last_session) = (None, None);
    for line in journal(dir) {
        let mut words = line.split(' ');
        let (kind, number, name) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap());
        match kind {
            "session" => last_session = Some((number.parse().unwrap(), name.to_owned())),
            "blob" => assert!(is_whole(&store, &Digest::parse(name).unwrap()), "lost {line}"),
            _ => {
                let digest = Digest::parse(name).unwrap();
                assert!(store.manifest(&repo("app"), &digest).unwrap().is_some(), "lost {line}");
                newest = Some(digest);
            }
        }
    }
    if let Some(newest) = newest {
        let row = store.tag(&repo("app"), &tag("latest")).unwrap().unwrap();
        // The one after it may have been committed without having been noted.
        let unnoted = last_session.as_ref().map(|(n, _): &(usize, _)| digest(format!("manifest {n}").as_bytes()));
        assert!(row.newest == newest || Some(&row.newest) == unnoted.as_ref(), "the tag went back");
    }
    assert_eq!(store.verify_audit_log().unwrap().broken, None);
    if let Some((number, id)) = last_session {
        finish(&store, number, &id);
    }
}

/// The push that was cut goes on from the offset that is reported.
fn finish(store: &Store, number: usize, id: &str) {
    let bytes = content(number);
    match store.open_upload(&repo("app"), id) {
        Ok(mut upload) => {
            let offset = usize::try_from(upload.offset()).unwrap();
            upload.write(&bytes[offset..]).unwrap();
            upload.finish(&digest(&bytes)).unwrap();
        }
        Err(StoreError::NoUpload { .. }) => {
            assert!(store.finished_upload(&repo("app"), id).unwrap().is_some());
        }
        Err(other) => panic!("{other}"),
    }
    assert!(is_whole(store, &digest(&bytes)));
}

fn open(dir: &Path) -> Store {
    let clock = FixedClock(Timestamp::from_millis(1_790_000_000_000).unwrap());
    Store::open(&dir.join("data"), Arc::new(clock)).unwrap()
}

fn content(number: usize) -> Vec<u8> {
    noise(200_000, number as u64 + 1)
}

fn is_whole(store: &Store, wanted: &Digest) -> bool {
    let Some((mut file, _)): Option<(File, u64)> = store.open_blob(wanted).unwrap() else { return false };
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    digest(&bytes) == *wanted
}

fn note(line: &str) {
    let mut file = OpenOptions::new().append(true).open(JOURNAL).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Whole lines only: the last write may have been cut.
fn journal(dir: &Path) -> Vec<String> {
    let text = fs::read_to_string(dir.join(JOURNAL)).unwrap();
    text.split_inclusive('\n').filter_map(|l| l.strip_suffix('\n')).map(ToOwned::to_owned).collect()
}
