use std::{fs, io::Read, time::Duration};

use lazaret_model::Digest;
use lazaret_store::{FinishError, StoreError};
use sha2::{Digest as _, Sha512};

use crate::harness::{Fixture, HOUR, digest, noise, repo};

fn read(f: &Fixture, digest: &Digest) -> Vec<u8> {
    let (mut file, size) = f.store.open_blob(digest).unwrap().unwrap();
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes.len() as u64, size);
    bytes
}

#[test]
fn a_blob_comes_back_as_it_was_sent_and_the_spool_is_empty() {
    let f = Fixture::new();
    for bytes in [Vec::new(), b"x".to_vec(), noise(3 << 20, 1)] {
        let pushed = f.blob("app", &bytes);
        assert_eq!(read(&f, &pushed), bytes);
        assert_eq!(f.store.blob(&pushed).unwrap().unwrap().size, bytes.len() as u64);
    }
    assert_eq!(fs::read_dir(f.dir.path().join("spool")).unwrap().count(), 0);
}

#[test]
fn sha512_is_a_digest_too() {
    let f = Fixture::new();
    let bytes = noise(100_000, 2);
    let wanted = Digest::from_sha512(Sha512::digest(&bytes).into());
    let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    upload.write(&bytes).unwrap();
    assert_eq!(upload.finish(&wanted).unwrap().digest, wanted);
    assert_eq!(read(&f, &wanted), bytes);
}

#[test]
fn an_upload_goes_on_after_a_restart() {
    // The cuts lie before, at and after the first checkpoint, and the last request ends with or without one.
    let bytes = noise(18 << 20, 3);
    for cut in [1, 4096, 16 << 20, 17 << 20] {
        for checkpoint in [true, false] {
            let f = Fixture::new();
            let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
            let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
            for chunk in bytes[..cut].chunks(1 << 20) {
                upload.write(chunk).unwrap();
            }
            if checkpoint {
                upload.checkpoint().unwrap();
            }
            drop(upload);
            let f = f.reopen();
            let row = f.store.upload(&repo("app"), &session.id).unwrap().unwrap();
            assert_eq!(row.offset, cut as u64);
            let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
            assert_eq!(upload.offset(), cut as u64);
            upload.write(&bytes[cut..]).unwrap();
            assert_eq!(upload.finish(&digest(&bytes)).unwrap().size, bytes.len() as u64);
            assert!(read(&f, &digest(&bytes)) == bytes);
        }
    }
}

#[test]
fn what_a_crash_left_in_the_file_is_what_counts() {
    let f = Fixture::new();
    let bytes = noise(40_000, 4);
    let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    upload.write(&bytes[..30_000]).unwrap();
    upload.checkpoint().unwrap();
    let path = upload.spool_path().to_owned();
    drop(upload);
    // Shorter than the midstate says: it is of no use, and the file is hashed from its start.
    fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(10_000).unwrap();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    assert_eq!(upload.offset(), 10_000);
    upload.write(&bytes[10_000..20_000]).unwrap();
    drop(upload);
    // The name itself is gone: the session begins again.
    fs::remove_file(&path).unwrap();
    assert_eq!(f.store.upload(&repo("app"), &session.id).unwrap().unwrap().offset, 0);
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    assert_eq!(upload.offset(), 0);
    upload.write(&bytes).unwrap();
    upload.finish(&digest(&bytes)).unwrap();
    assert_eq!(read(&f, &digest(&bytes)), bytes);
}

#[test]
fn a_wrong_digest_keeps_the_session() {
    let f = Fixture::new();
    let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    upload.write(b"hello").unwrap();
    let refused = upload.finish(&digest(b"other")).unwrap_err();
    assert!(matches!(refused, FinishError::DigestMismatch { actual } if actual == digest(b"hello")));
    assert!(f.store.blob(&digest(b"other")).unwrap().is_none());
    assert!(f.store.blob(&digest(b"hello")).unwrap().is_none());
    let upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    assert_eq!(upload.offset(), 5);
    upload.finish(&digest(b"hello")).unwrap();
}

#[test]
fn a_session_belongs_to_its_repository_and_to_one_writer() {
    let f = Fixture::new();
    let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
    assert!(f.store.upload(&repo("other"), &session.id).unwrap().is_none());
    assert!(matches!(f.store.open_upload(&repo("other"), &session.id), Err(StoreError::NoUpload { .. })));
    assert!(matches!(f.store.open_upload(&repo("app"), "../lazaret.db"), Err(StoreError::NoUpload { .. })));
    let held = f.store.open_upload(&repo("app"), &session.id).unwrap();
    for store in [f.store.clone(), f.second()] {
        assert!(matches!(store.open_upload(&repo("app"), &session.id), Err(StoreError::UploadInUse { .. })));
    }
    drop(held);
    f.store.open_upload(&repo("app"), &session.id).unwrap();
}

#[test]
fn a_finished_session_answers_again_and_is_closed() {
    let f = Fixture::new();
    let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    upload.write(b"hello").unwrap();
    assert!(f.store.finished_upload(&repo("app"), &session.id).unwrap().is_none());
    let blob = upload.finish(&digest(b"hello")).unwrap();
    assert_eq!(f.store.finished_upload(&repo("app"), &session.id).unwrap(), Some(blob));
    assert!(f.store.finished_upload(&repo("other"), &session.id).unwrap().is_none());
    assert!(f.store.upload(&repo("app"), &session.id).unwrap().is_none());
    assert!(matches!(f.store.open_upload(&repo("app"), &session.id), Err(StoreError::NoUpload { .. })));
}

#[test]
fn a_cancelled_session_is_gone_also_for_who_still_writes() {
    let f = Fixture::new();
    let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    upload.write(b"hello").unwrap();
    assert!(!f.store.cancel_upload(&repo("other"), &session.id).unwrap());
    assert!(f.store.cancel_upload(&repo("app"), &session.id).unwrap());
    assert!(!f.store.cancel_upload(&repo("app"), &session.id).unwrap());
    assert!(matches!(upload.checkpoint(), Err(StoreError::NoUpload { .. })));
    assert!(matches!(upload.finish(&digest(b"hello")), Err(FinishError::Store(StoreError::NoUpload { .. }))));
    assert!(f.store.blob(&digest(b"hello")).unwrap().is_none());
    assert!(matches!(f.store.open_upload(&repo("app"), &session.id), Err(StoreError::NoUpload { .. })));
}

/// A crash after the link and before the commit: the spool file and the object are one inode.
#[test]
fn a_resumed_session_never_writes_into_a_published_object() {
    let f = Fixture::new();
    let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    upload.write(b"hello").unwrap();
    let spool = upload.spool_path().to_owned();
    drop(upload);
    let hex = digest(b"hello").hex().to_owned();
    let object = f.dir.path().join("blobs/sha256").join(&hex[..2]).join(&hex);
    fs::create_dir_all(object.parent().unwrap()).unwrap();
    fs::hard_link(&spool, &object).unwrap();
    let f = f.reopen();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    assert_eq!(upload.offset(), 5);
    upload.write(b" world").unwrap();
    assert_eq!(fs::read(&object).unwrap(), b"hello");
    upload.finish(&digest(b"hello world")).unwrap();
    assert_eq!(fs::read(&object).unwrap(), b"hello");
    f.blob("app", b"hello");
    assert_eq!(read(&f, &digest(b"hello")), b"hello");
}

#[test]
fn the_sweep_takes_what_expired_and_nothing_else() {
    let f = Fixture::new();
    let (old, new) = (f.store.begin_upload(&repo("app"), "ci").unwrap(), "orphan");
    f.advance(23 * HOUR);
    let live = f.store.begin_upload(&repo("app"), "ci").unwrap();
    let spool = f.dir.path().join("spool");
    // A live session's file may be old; an orphan may be young.
    let ancient = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    let file = fs::File::options().write(true).open(spool.join(&live.id)).unwrap();
    file.set_modified(ancient).unwrap();
    fs::write(spool.join(new), b"").unwrap();
    let now = u64::try_from(f.now().as_millis()).unwrap();
    let young = std::time::UNIX_EPOCH + Duration::from_millis(now);
    fs::File::options().write(true).open(spool.join(new)).unwrap().set_modified(young).unwrap();
    f.advance(2 * HOUR);
    let report = f.store.sweep_spool().unwrap();
    assert_eq!((report.sessions, report.orphans), (1, 0));
    assert!(f.store.upload(&repo("app"), &old.id).unwrap().is_none() && !spool.join(&old.id).exists());
    assert!(f.store.upload(&repo("app"), &live.id).unwrap().is_some() && spool.join(&live.id).exists());
    assert!(spool.join(new).exists());
    fs::File::options().write(true).open(spool.join(new)).unwrap().set_modified(ancient).unwrap();
    let f = f.reopen();
    assert!(!spool.join(new).exists() && spool.join(&live.id).exists());
    drop(f);
}
