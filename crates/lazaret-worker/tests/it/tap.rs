use std::{fs::OpenOptions, io::Write};

use lazaret_oci::{LayerTap, Limits, sha256};
use lazaret_store::{Priority, Work};
use lazaret_worker::UploadTap;

use crate::support::{CLEAN, House, LODASH, gzip, tar};

/// Writes `bytes` in pieces as an upload does, with the tap behind it.
fn upload(house: &House, bytes: &[u8], told: &lazaret_model::Digest) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("spool");
    let mut file = OpenOptions::new().create(true).append(true).open(&path).unwrap();
    let tap = UploadTap::new(house.context.layers.clone(), Limits::default());
    let mut handle = tap.start(&path).unwrap();
    let mut total = 0;
    for piece in bytes.chunks(100) {
        file.write_all(piece).unwrap();
        total += piece.len() as u64;
        handle.received(total);
    }
    std::fs::remove_file(&path).unwrap();
    handle.complete(told);
}

#[test]
fn a_layer_is_analysed_while_it_uploads() {
    let house = House::new(true);
    let layer = gzip(&tar(&[CLEAN, LODASH]));
    let digest = sha256(&layer);
    upload(&house, &layer, &digest);
    // No such blob is in the store, so the inventory can only come from the tap.
    let inventory =
        house.context.layers.inventory(&digest, "", &lazaret_inventory::DetectorSet::standard()).unwrap().unwrap();
    assert!(inventory.verified);
    assert_eq!(inventory.digest, Some(digest));
}

#[test]
fn what_the_tap_read_is_kept_under_its_own_digest_only() {
    let house = House::new(true);
    let layer = gzip(&tar(&[LODASH]));
    let other = sha256(b"another blob");
    upload(&house, &layer, &other);
    assert!(house.context.layers.inventory(&other, "", &lazaret_inventory::DetectorSet::standard()).unwrap().is_none());
    assert!(house.context.layers.stored(&sha256(&layer)).unwrap().is_none());
}

#[test]
fn what_is_no_layer_is_left_alone() {
    let house = House::new(true);
    let config = br#"{"architecture":"amd64"}"#;
    let digest = sha256(config);
    upload(&house, config, &digest);
    assert!(
        house.context.layers.inventory(&digest, "", &lazaret_inventory::DetectorSet::standard()).unwrap().is_none()
    );
}

#[test]
fn a_layer_that_nobody_followed_is_read_by_a_job() {
    let house = House::new(true);
    let layer = house.put_blob(&gzip(&tar(&[LODASH])));
    let config = house.put_blob(br#"{"architecture":"amd64"}"#);
    for digest in [&layer, &config] {
        let work = Work::AnalyseLayer { digest: digest.clone(), media_type: String::new() };
        house.context.store.enqueue(&work, Priority::Push).unwrap();
    }
    house.run();
    assert!(house.context.layers.stored(&layer).unwrap().is_some());
    assert!(house.context.layers.stored(&config).unwrap().is_none());
}
