use std::{
    io::Read,
    sync::{Arc, Barrier},
    thread,
};

use lazaret_model::ImageState;
use lazaret_store::{FinishError, ManifestKind};

use crate::harness::{Fixture, digest, manifest, noise, repo, tag};

/// registry.md F4: one blob from many clients at once, some of them corrupt or cut.
#[test]
fn one_blob_from_sixteen_at_once() {
    let f = Fixture::new();
    let second = f.second();
    let good = Arc::new(noise(300_000, 7));
    let wanted = digest(&good);
    let start = Arc::new(Barrier::new(16));
    let threads: Vec<_> = (0..16_u8)
        .map(|n| {
            let store = if n % 2 == 0 { f.store.clone() } else { second.clone() };
            let (good, wanted, start) = (good.clone(), wanted.clone(), start.clone());
            thread::spawn(move || {
                let repository = repo(&format!("app{}", n % 4));
                let session = store.begin_upload(&repository, "ci").unwrap();
                let mut upload = store.open_upload(&repository, &session.id).unwrap();
                let mut bytes = (*good).clone();
                match n % 4 {
                    1 => bytes[1000] ^= 1,
                    2 => bytes.truncate(200_000),
                    _ => {}
                }
                start.wait();
                for chunk in bytes.chunks(10_000) {
                    upload.write(chunk).unwrap();
                }
                match (n % 4, upload.finish(&wanted)) {
                    (0 | 3, Ok(blob)) => assert_eq!(blob.size, good.len() as u64),
                    (1 | 2, Err(FinishError::DigestMismatch { .. })) => {}
                    (_, other) => panic!("{n}: {other:?}"),
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let mut bytes = Vec::new();
    f.store.open_blob(&wanted).unwrap().unwrap().0.read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, *good);
    for (n, has) in [(0, true), (1, false), (2, false), (3, true)] {
        assert_eq!(f.store.repository_has_blob(&repo(&format!("app{n}")), &wanted).unwrap(), has);
    }
}

/// registry.md I5: readers see the old or the new digest of a tag, never none, and never an older one again.
#[test]
fn a_tag_is_always_there_while_it_moves() {
    let f = Fixture::new();
    let digests: Vec<_> = (0..30).map(|n| f.image("app", &format!("v{n}"), None)).collect();
    f.image("app", "v0", Some("latest"));
    let (reader, order) = (f.store.clone(), digests.clone());
    let watch = thread::spawn(move || {
        let mut last = 0;
        while last < 29 {
            let row = reader.tag(&repo("app"), &tag("latest")).unwrap().unwrap();
            let at = order.iter().position(|d| *d == row.newest).unwrap();
            assert!(at >= last, "went back from {last} to {at}");
            last = at;
        }
    });
    for (n, digest) in digests.iter().enumerate() {
        f.image("app", &format!("v{n}"), Some("latest"));
        f.set("app", digest, ImageState::Approved);
    }
    watch.join().unwrap();
}

#[test]
fn writers_of_two_handles_wait_for_each_other() {
    let f = Fixture::new();
    let second = f.second();
    let threads: Vec<_> = [f.store.clone(), second.clone(), f.store.clone(), second]
        .into_iter()
        .enumerate()
        .map(|(n, store)| {
            thread::spawn(move || {
                for m in 0..25 {
                    let put = manifest(&format!("app{n}"), &format!("{n}-{m}"), ManifestKind::Artifact, Some("t"));
                    store.put_manifest(put).unwrap();
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let check = f.store.verify_audit_log().unwrap();
    assert_eq!((check.rows, check.broken), (100, None));
}
