use std::collections::BTreeMap;

use lazaret_model::ImageState;
use lazaret_store::{ManifestKind, PutError, Work};

use crate::{
    harness::{Fixture, digest, manifest, repo, tag},
    queue::drain,
};

#[test]
fn a_manifest_comes_back_with_all_that_was_said_of_it() {
    let f = Fixture::new();
    let config = f.blob("app", b"config");
    let mut put = manifest("app", "v1", ManifestKind::Image, Some("1.0"));
    put.config = Some(config.clone());
    put.annotations = BTreeMap::from([("a".to_owned(), "b\"c".to_owned())]);
    put.artifact_type = Some("x/y".to_owned());
    let outcome = f.put(put.clone());
    assert_eq!((outcome.state, outcome.new), (ImageState::Quarantined, true));
    let row = f.store.manifest(&repo("app"), &put.digest).unwrap().unwrap();
    assert_eq!((&row.bytes, row.size), (&put.bytes, put.bytes.len() as u64));
    assert_eq!((&row.media_type, row.kind), (&put.media_type, ManifestKind::Image));
    assert_eq!((row.config, row.annotations, row.artifact_type), (Some(config), put.annotations, put.artifact_type));
    assert_eq!((row.pushed_by.as_str(), row.pushed_at), ("sp-ci", f.now()));
    assert_eq!((row.state, row.own_state, row.decision), (ImageState::Quarantined, ImageState::Quarantined, None));
    let head = f.store.manifests(&repo("app"), None, 10).unwrap().remove(0);
    assert_eq!((head.digest, head.size), (put.digest.clone(), row.size));
    assert!(f.store.manifest(&repo("other"), &put.digest).unwrap().is_none());
    assert_eq!(f.store.image_keys().unwrap(), [(repo("app"), put.digest)]);
    assert_eq!(f.store.state_counts(&repo("app")).unwrap(), [(ImageState::Quarantined, 1)]);
}

#[test]
fn what_a_manifest_is_made_of_must_be_in_the_repository() {
    let f = Fixture::new();
    let elsewhere = f.blob("other", b"config");
    let mut put = manifest("app", "v1", ManifestKind::Image, Some("1.0"));
    put.config = Some(elsewhere.clone());
    put.blobs = vec![digest(b"nowhere"), elsewhere.clone()];
    let Err(PutError::MissingBlobs(missing)) = f.store.put_manifest(put) else { panic!("stored") };
    assert_eq!(missing, [elsewhere, digest(b"nowhere")]);
    assert!(f.store.tag(&repo("app"), &tag("1.0")).unwrap().is_none());
    assert!(f.store.repository(&repo("app")).unwrap().is_none(), "a refused push leaves nothing");
}

#[test]
fn pushing_again_keeps_the_state_and_judges_what_is_not_served() {
    use ImageState::{Approved, Blocked, Due, Overdue, PreGate, Quarantined, Revoked};
    for (state, judged) in [
        (Quarantined, true),
        (Blocked, true),
        (Overdue, true),
        (Approved, false),
        (Due, false),
        (PreGate, false),
        (Revoked, false),
    ] {
        let f = Fixture::new();
        let image = f.image("app", "v1", None);
        f.set("app", &image, state);
        drain(&f);
        f.image("app", "v1", Some("again"));
        assert_eq!(f.state("app", &image), state);
        let wanted = Work::JudgeImage { repository: repo("app"), digest: image };
        assert_eq!(drain(&f), if judged { vec![wanted] } else { vec![] }, "{state}");
    }
}

#[test]
fn an_index_is_judged_whenever_a_child_changes_comes_or_goes() {
    let f = Fixture::new();
    let (a, b) = (f.image("app", "a", None), f.image("app", "b", None));
    let index = f.index("app", "index", &[&a, &b]);
    assert_eq!(f.store.children(&repo("app"), &index).unwrap(), [a.clone(), b.clone()]);
    assert_eq!(f.store.parents(&repo("app"), &a).unwrap(), std::slice::from_ref(&index));
    assert_eq!(f.state("app", &index), ImageState::Quarantined);
    let judge = Work::JudgeIndex { repository: repo("app"), digest: index.clone() };
    assert!(drain(&f).contains(&judge));
    f.set("app", &a, ImageState::Approved);
    assert_eq!(drain(&f), std::slice::from_ref(&judge));
    f.set("app", &a, ImageState::Approved);
    assert_eq!(drain(&f), []);
    f.store.delete_manifest(&repo("app"), &b, "ci").unwrap();
    assert_eq!(drain(&f), std::slice::from_ref(&judge));
    f.image("app", "b", None);
    assert!(drain(&f).contains(&judge));
}

#[test]
fn an_index_may_name_what_comes_later() {
    let f = Fixture::new();
    let here = f.image("app", "here", None);
    let (child, inner) = (digest(b"manifest child"), digest(b"manifest inner"));
    let index = f.index("app", "outer", &[&here, &child, &inner]);
    assert_eq!(f.state("app", &index), ImageState::Quarantined);
    assert_eq!(f.store.children(&repo("app"), &index).unwrap(), [here, child.clone(), inner.clone()]);
    assert_eq!(f.store.parents(&repo("app"), &child).unwrap(), std::slice::from_ref(&index));
    let judge = |digest: &lazaret_model::Digest| Work::JudgeIndex { repository: repo("app"), digest: digest.clone() };
    drain(&f);
    // The same digest elsewhere is not the child that was named.
    f.image("other", "child", None);
    assert!(!drain(&f).contains(&judge(&index)));
    f.image("app", "child", None);
    assert!(drain(&f).contains(&judge(&index)));
    f.set("app", &child, ImageState::Approved);
    assert_eq!(drain(&f), [judge(&index)]);
    let late = digest(b"manifest late");
    assert_eq!(f.index("app", "inner", &[&late]), inner);
    let work = drain(&f);
    assert!(work.contains(&judge(&inner)) && work.contains(&judge(&index)));
    f.image("app", "late", None);
    assert!(drain(&f).contains(&judge(&inner)));
    f.set("app", &inner, ImageState::Blocked);
    assert_eq!(drain(&f), [judge(&index)]);
    assert!(f.store.delete_manifest(&repo("app"), &index, "ci").unwrap());
    assert_eq!(f.store.parents(&repo("app"), &child).unwrap(), []);
}

#[test]
fn a_sparse_image_is_judged_again_with_each_layer_that_comes() {
    let f = Fixture::new();
    let config = f.blob("app", b"config");
    f.blob("other", b"layer");
    let mut put = manifest("app", "v1", ManifestKind::Image, None);
    put.config = Some(config);
    put.blobs = vec![digest(b"layer"), digest(b"second")];
    assert!(matches!(f.store.put_manifest(put.clone()), Err(PutError::MissingBlobs(missing)) if missing == put.blobs));
    for (kind, config) in
        [(ManifestKind::Artifact, put.config.clone()), (ManifestKind::Image, Some(digest(b"no config")))]
    {
        let refused = f.store.put_sparse_manifest(lazaret_store::ManifestPut { kind, config, ..put.clone() });
        assert!(matches!(refused, Err(PutError::MissingBlobs(_))));
    }
    assert_eq!(f.store.put_sparse_manifest(put.clone()).unwrap().state, ImageState::Quarantined);
    let judge = Work::JudgeImage { repository: repo("app"), digest: put.digest.clone() };
    assert_eq!(drain(&f), std::slice::from_ref(&judge));
    let held = |bytes: &[u8]| f.store.holds_blob(&repo("app"), &digest(bytes)).unwrap();
    assert!(!held(b"layer"));
    f.store.mount_blob(&repo("other"), &repo("app"), &digest(b"layer")).unwrap();
    assert!(held(b"layer"));
    assert_eq!(drain(&f), std::slice::from_ref(&judge));
    f.blob("other", b"second");
    assert_eq!(drain(&f), []);
    f.blob("app", b"second");
    assert_eq!(drain(&f), [judge]);
    f.blob("app", b"second");
    assert_eq!(drain(&f), []);
}

#[test]
fn a_fallback_tag_lends_nothing_to_an_index_whose_children_are_unknown() {
    let f = Fixture::new();
    let subject = f.image("app", "v1", None);
    f.set("app", &subject, ImageState::Approved);
    let signature = f.artifact("app", "signature", &subject, None);
    let fallback = format!("sha256-{}", subject.hex());
    let mut index = manifest("app", "referrers", ManifestKind::Index, Some(&fallback));
    index.manifests = vec![signature.clone(), digest(b"manifest smuggled")];
    assert_eq!(f.put(index).state, ImageState::Quarantined, "what is to come may be an image");
    let mut index = manifest("app", "complete", ManifestKind::Index, Some(&fallback));
    index.manifests = vec![signature];
    assert_eq!(f.put(index).state, ImageState::Approved);
}

#[test]
fn an_artifact_takes_its_subjects_state() {
    let f = Fixture::new();
    let subject = digest(b"manifest v1");
    // It may come first, and have one of its own.
    let signature = f.artifact("app", "signature", &subject, Some("sig"));
    let of_signature = f.artifact("app", "countersignature", &signature, None);
    assert_eq!(f.state("app", &signature), ImageState::Quarantined);
    assert!(f.store.tag(&repo("app"), &tag("sig")).unwrap().unwrap().served.is_none());
    f.image("app", "v1", None);
    f.set("app", &subject, ImageState::Approved);
    assert_eq!(f.state("app", &signature), ImageState::Approved);
    assert_eq!(f.state("app", &of_signature), ImageState::Approved);
    assert_eq!(f.store.tag(&repo("app"), &tag("sig")).unwrap().unwrap().served, Some(signature.clone()));
    let referrers = f.store.referrers(&repo("app"), &subject).unwrap();
    assert_eq!(referrers.len(), 1);
    assert_eq!((&referrers[0].digest, referrers[0].state), (&signature, ImageState::Approved));
    assert_eq!(referrers[0].artifact_type.as_deref(), Some("application/vnd.example.signature"));
    let late = f.artifact("app", "late", &subject, None);
    assert_eq!(f.state("app", &late), ImageState::Approved);
    // A person's revocation of the artifact itself holds.
    f.set("app", &late, ImageState::Revoked);
    f.set("app", &subject, ImageState::Due);
    assert_eq!((f.state("app", &late), f.state("app", &signature)), (ImageState::Revoked, ImageState::Due));
    f.set("app", &subject, ImageState::Blocked);
    assert_eq!(f.state("app", &of_signature), ImageState::Blocked);
    f.store.delete_manifest(&repo("app"), &subject, "ci").unwrap();
    assert_eq!(f.state("app", &signature), ImageState::Quarantined);
}

#[test]
fn a_fallback_tag_lends_its_subjects_state_to_all_but_images() {
    let f = Fixture::new();
    let subject = f.image("app", "v1", None);
    f.set("app", &subject, ImageState::Approved);
    let fallback = format!("sha256-{}", subject.hex());
    let index = manifest("app", "referrers", ManifestKind::Index, Some(&fallback));
    assert_eq!(f.put(index).state, ImageState::Approved);
    assert!(f.store.tag(&repo("app"), &tag(&fallback)).unwrap().unwrap().served.is_some());
    let image = manifest("app", "smuggled", ManifestKind::Image, Some(&fallback));
    assert_eq!(f.put(image).state, ImageState::Quarantined);
    // Two that name each other hold nothing up.
    let (x, y) = (digest(b"manifest x"), digest(b"manifest y"));
    f.put(manifest("app", "x", ManifestKind::Index, Some(&format!("sha256-{}", y.hex()))));
    f.put(manifest("app", "y", ManifestKind::Index, Some(&format!("sha256-{}", x.hex()))));
    f.set("app", &y, ImageState::Approved);
    assert_eq!(f.state("app", &x), ImageState::Approved);
    f.set("app", &y, ImageState::Blocked);
    assert_eq!(f.state("app", &x), ImageState::Blocked);
}

#[test]
fn deleting_leaves_the_blobs_and_the_history() {
    let f = Fixture::new();
    let image = f.image("app", "v1", Some("1.0"));
    f.set("app", &image, ImageState::Approved);
    assert!(f.store.delete_manifest(&repo("app"), &image, "ci").unwrap());
    assert!(!f.store.delete_manifest(&repo("app"), &image, "ci").unwrap());
    assert!(f.store.manifest(&repo("app"), &image).unwrap().is_none());
    assert!(f.store.tag(&repo("app"), &tag("1.0")).unwrap().is_none());
    assert!(f.store.repository_has_blob(&repo("app"), &digest(b"layer of v1")).unwrap());
    assert_eq!(f.store.decisions_of(&repo("app"), &image).unwrap().len(), 1);
    f.image("app", "v1", None);
    assert_eq!(f.state("app", &image), ImageState::Quarantined, "it is judged anew");
}

#[test]
fn an_index_of_images_and_what_is_no_evidence_follow_nothing() {
    let f = Fixture::new();
    let (good, bad) = (f.image("app", "good", None), f.image("app", "bad", None));
    f.set("app", &good, ImageState::Approved);
    f.set("app", &bad, ImageState::Blocked);
    let mut index = manifest("app", "index", ManifestKind::Index, Some(&format!("sha256-{}", good.hex())));
    index.manifests = vec![bad];
    assert_eq!(f.put(index).state, ImageState::Quarantined);
    let mut archive = manifest("app", "archive", ManifestKind::Artifact, None);
    (archive.subject, archive.evidence) = (Some(good.clone()), false);
    assert_eq!(f.put(archive).state, ImageState::Quarantined);
    let signature = f.artifact("app", "signature", &good, None);
    let of_evidence = f.index("app", "of evidence", &[&signature]);
    drain(&f);
    f.set("app", &good, ImageState::Revoked);
    let judge = Work::JudgeIndex { repository: repo("app"), digest: of_evidence };
    assert!(drain(&f).contains(&judge), "what follows takes its indexes along");
}

#[test]
fn a_policy_has_the_images_of_its_repository_judged_again() {
    let f = Fixture::new();
    let (image, other) = (f.image("app", "v1", None), f.image("other", "v1", None));
    f.index("app", "index", &[&image]);
    f.set("other", &other, ImageState::Approved);
    drain(&f);
    f.store.set_policy(&repo("app"), Some("staging"), "admin").unwrap();
    assert_eq!(drain(&f), [Work::JudgeImage { repository: repo("app"), digest: image }]);
}
