use std::fs;

use lazaret_model::{Digest, ImageState, Prefix};
use lazaret_store::{BlobReach, ManifestKind, StoreError};

use crate::harness::{Fixture, digest, manifest, repo};

fn object(f: &Fixture, digest: &Digest) -> std::path::PathBuf {
    f.dir.path().join("blobs").join(digest.algorithm().name()).join(&digest.hex()[..2]).join(digest.hex())
}

#[test]
fn a_blob_is_in_the_repositories_it_was_pushed_to_or_mounted_into() {
    let f = Fixture::new();
    let blob = f.blob("a", b"hello");
    let has = |name: &str| f.store.repository_has_blob(&repo(name), &blob).unwrap();
    assert!(has("a") && !has("b"));
    assert!(!f.store.mount_blob(&repo("c"), &repo("b"), &blob).unwrap());
    assert!(f.store.mount_blob(&repo("a"), &repo("b"), &blob).unwrap());
    assert!(has("b"));
    assert!(f.store.delete_blob(&repo("a"), &blob).unwrap() && !f.store.delete_blob(&repo("a"), &blob).unwrap());
    assert!(!has("a") && has("b"));
    assert!(f.store.open_blob(&blob).unwrap().is_some());
    assert!(f.store.open_blob(&digest(b"other")).unwrap().is_none());
}

#[test]
fn holders_are_named_within_the_prefixes_only() {
    let f = Fixture::new();
    let blob = f.blob("team/a", b"hello");
    for name in ["team", "team/b/c", "team.x", "teams/a", "z"] {
        f.store.mount_blob(&repo("team/a"), &repo(name), &blob).unwrap();
    }
    f.blob("team/other", b"other");
    let holders = |within: &[&str], n: usize| {
        let within: Vec<_> = within.iter().map(|p| Prefix::parse(p).unwrap()).collect();
        let found = f.store.blob_holders(&blob, &within, n).unwrap();
        found.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(holders(&["team/*"], 9), "team/a team/b/c");
    assert_eq!(holders(&["team"], 9), "team");
    assert_eq!(holders(&["*"], 9), "team team.x team/a team/b/c teams/a z");
    assert_eq!(holders(&["z", "none", "*"], 3), "z team team.x");
    assert_eq!(holders(&["team/other", "tea", "other/*"], 9), "");
    assert_eq!(holders(&[], 9), "");
}

#[test]
fn a_blob_that_a_manifest_is_made_of_is_not_deleted() {
    let f = Fixture::new();
    let image = f.image("app", "v1", None);
    let layer = digest(b"layer of v1");
    assert!(matches!(f.store.delete_blob(&repo("app"), &layer), Err(StoreError::Referenced { .. })));
    f.store.delete_manifest(&repo("app"), &image, "ci").unwrap();
    assert!(f.store.delete_blob(&repo("app"), &layer).unwrap());
}

#[test]
fn a_damaged_object_is_not_served_and_heals_when_pushed_again() {
    let f = Fixture::new();
    let blob = f.blob("app", b"hello world");
    let whole = |f: &Fixture| {
        assert!(f.store.open_blob(&blob).unwrap().is_some());
        assert_eq!(fs::read(object(f, &blob)).unwrap(), b"hello world");
        assert!(f.store.repository_has_blob(&repo("app"), &blob).unwrap());
    };
    // Shorter, gone, and of the right length with other bytes.
    fs::write(object(&f, &blob), b"hell").unwrap();
    let error = f.store.open_blob(&blob).unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }) && error.to_string().contains("push it again"), "{error}");
    assert!(f.store.open_blob(&blob).unwrap().is_none() && f.store.blob(&blob).unwrap().is_none());
    assert!(!f.store.repository_has_blob(&repo("app"), &blob).unwrap());
    assert!(!f.store.mount_blob(&repo("app"), &repo("b"), &blob).unwrap());
    f.blob("app", b"hello world");
    whole(&f);
    fs::remove_file(object(&f, &blob)).unwrap();
    assert!(f.store.open_blob(&blob).is_err());
    f.blob("app", b"hello world");
    whole(&f);
    fs::write(object(&f, &blob), b"jello world").unwrap();
    f.blob("other", b"hello world");
    whole(&f);
    let left: Vec<_> = fs::read_dir(object(&f, &blob).parent().unwrap()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn healing_goes_on_after_a_crash_in_the_middle_of_it() {
    let f = Fixture::new();
    let blob = f.blob("app", b"hello world");
    fs::write(object(&f, &blob), b"jello world").unwrap();
    let session = f.store.begin_upload(&repo("app"), "ci").unwrap();
    let mut upload = f.store.open_upload(&repo("app"), &session.id).unwrap();
    upload.write(b"hello world").unwrap();
    let beside = object(&f, &blob).with_file_name(format!(".{}", session.id));
    fs::hard_link(upload.spool_path(), &beside).unwrap();
    drop(upload);
    f.store.open_upload(&repo("app"), &session.id).unwrap().finish(&blob).unwrap();
    assert_eq!(fs::read(object(&f, &blob)).unwrap(), b"hello world");
    assert!(!beside.exists());
}

#[test]
fn a_reader_of_a_damaged_object_keeps_what_it_opened() {
    let f = Fixture::new();
    let blob = f.blob("app", b"hello");
    let (mut open, _) = f.store.open_blob(&blob).unwrap().unwrap();
    f.store.blob_damaged(&blob).unwrap();
    f.blob("app", b"hello");
    let mut text = String::new();
    std::io::Read::read_to_string(&mut open, &mut text).unwrap();
    assert_eq!(text, "hello");
}

#[test]
fn reach_follows_the_states_of_the_manifests_around_it() {
    let f = Fixture::new();
    let shared = f.blob("app", b"base layer");
    let reach = |name: &str, blob: &Digest| {
        let BlobReach { in_repository, served, .. } = f.store.blob_reach(&repo(name), blob).unwrap();
        (in_repository, served)
    };
    assert_eq!(reach("app", &shared), (true, false));
    let put = |name: &str| {
        let mut put = manifest("app", name, ManifestKind::Image, None);
        put.config = Some(shared.clone());
        f.put(put.clone());
        put.digest
    };
    let (one, two) = (put("one"), put("two"));
    assert_eq!(reach("app", &shared), (true, false));
    for state in ImageState::ALL {
        f.set("app", &one, state);
        assert_eq!(reach("app", &shared), (true, state.is_served()), "{state}");
    }
    f.set("app", &one, ImageState::Blocked);
    f.set("app", &two, ImageState::Due);
    assert_eq!(reach("app", &shared), (true, true));
    assert!(f.store.mount_blob(&repo("app"), &repo("b"), &shared).unwrap());
    assert_eq!(reach("b", &shared), (true, false), "a state holds in its own repository only");
    f.store.delete_manifest(&repo("app"), &two, "ci").unwrap();
    assert_eq!(reach("app", &shared), (true, false));
    assert_eq!(reach("none", &shared), (false, false));
}

#[test]
fn reach_tells_what_no_manifest_names_and_hides_a_manifest_that_is_a_blob_too() {
    let f = Fixture::new();
    let loose = f.blob("app", b"loose");
    assert!(!f.store.blob_reach(&repo("app"), &loose).unwrap().named);
    let good = f.image("app", "good", None);
    f.set("app", &good, ImageState::Approved);
    let bad = f.image("app", "bad", None);
    assert_eq!(f.blob("app", b"manifest bad"), bad);
    let mut evidence = manifest("app", "evidence", ManifestKind::Artifact, None);
    evidence.subject = Some(good);
    evidence.blobs = vec![bad.clone(), loose.clone()];
    assert_eq!(f.put(evidence).state, ImageState::Approved);
    let reach = |blob: &Digest| f.store.blob_reach(&repo("app"), blob).unwrap();
    assert_eq!(reach(&loose), BlobReach { in_repository: true, named: true, served: true });
    assert_eq!(reach(&bad), BlobReach { in_repository: true, named: true, served: false });
    f.set("app", &bad, ImageState::Approved);
    assert!(reach(&bad).served);
}
