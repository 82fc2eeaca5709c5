use lazaret_model::{ImageState, Repository};
use lazaret_oci::Manifest;
use lazaret_store::{ManifestKind, ManifestPut};

use crate::support::{CLEAN, House};

#[test]
fn a_sparse_image_is_incomplete_until_its_layer_comes() {
    let mut house = House::new(true);
    let other = Repository::parse("other/app").unwrap();
    let here = std::mem::replace(&mut house.repository, other.clone());
    let digest = house.push_image("10001", &[CLEAN]);
    house.run();
    assert_eq!(house.state(&digest), ImageState::Approved);
    let store = house.context.store.clone();
    let row = store.manifest(&other, &digest).unwrap().unwrap();
    let Ok(Manifest::Image(manifest)) = Manifest::parse(&row.bytes, Some(&row.media_type)) else { panic!("no image") };
    let layer = manifest.layers[0].digest.clone();
    house.repository = here.clone();
    assert!(store.mount_blob(&other, &here, &manifest.config.digest).unwrap());
    let put = ManifestPut {
        repository: here.clone(),
        tag: None,
        digest: digest.clone(),
        media_type: row.media_type,
        bytes: row.bytes,
        kind: ManifestKind::Image,
        config: Some(manifest.config.digest),
        blobs: vec![layer.clone()],
        manifests: Vec::new(),
        attested: Vec::new(),
        subject: None,
        artifact_type: None,
        annotations: std::collections::BTreeMap::new(),
        evidence: false,
        principal: "ci".to_owned(),
    };
    store.put_sparse_manifest(put).unwrap();
    house.run();
    assert_eq!(house.state(&digest), ImageState::Blocked);
    // That the layer is known elsewhere does not help, and nothing of what is in it is told.
    let told = store.latest_decision(&here, &digest).unwrap().unwrap().body;
    let known = store.latest_decision(&other, &digest).unwrap().unwrap().body;
    assert!(told.contains("is not in the repository") && !known.contains("is not in the repository"), "{told}");
    assert!(store.mount_blob(&other, &here, &layer).unwrap());
    house.run();
    assert_eq!(house.state(&digest), ImageState::Approved);
}
