use std::{
    fs,
    path::{Path, PathBuf},
};

use lazaret_oci::sha256;
use serde_json::{Value, json};

use crate::support::{Run, lazaret};

fn add(archive: &mut tar::Builder<Vec<u8>>, name: &str, body: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(body.len() as u64);
    archive.append_data(&mut header, name, body).unwrap();
}

/// A docker archive of one layer with one package; the configuration says `diff_id` of it.
fn image(folder: &Path, name: &str, diff_id: Option<&str>) -> PathBuf {
    let mut layer = tar::Builder::new(Vec::new());
    add(&mut layer, "app/node_modules/lodash/package.json", br#"{"name":"lodash","version":"4.17.11"}"#);
    let layer = layer.into_inner().unwrap();
    let diff_id = diff_id.map_or_else(|| sha256(&layer).to_string(), str::to_owned);
    let config =
        json!({ "os": "linux", "architecture": "amd64", "rootfs": { "type": "layers", "diff_ids": [diff_id] } });
    let config = config.to_string();
    let mut archive = tar::Builder::new(Vec::new());
    let file = format!("{}.json", sha256(config.as_bytes()).hex());
    add(&mut archive, &file, config.as_bytes());
    add(&mut archive, "layer.tar", &layer);
    add(&mut archive, "manifest.json", json!([{ "Config": file, "Layers": ["layer.tar"] }]).to_string().as_bytes());
    let path = folder.join(name);
    fs::write(&path, archive.into_inner().unwrap()).unwrap();
    path
}

struct House {
    folder: tempfile::TempDir,
}

impl House {
    fn scan(&self, image: &Path, more: &[&str]) -> Run {
        let (source, cache) = (format!("docker-archive:{}", image.display()), self.folder.path().join("cache"));
        let args = [&["scan", &source, "--format", "json"][..], more].concat();
        lazaret(&self.folder.path().join("data"), &args, &[("XDG_CACHE_HOME", cache.to_str().unwrap())])
    }

    fn entries(&self) -> Vec<PathBuf> {
        let list = fs::read_dir(self.folder.path().join("cache/lazaret/layers"));
        list.map(|list| list.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
    }
}

fn verified(run: &Run) -> bool {
    run.json()["layers_verified"].as_bool().unwrap()
}

fn problems(run: &Run) -> Vec<Value> {
    let json = run.json();
    let all = json["problems"].as_array().unwrap();
    all.iter().filter(|p| p["kind"] == "digest_mismatch").cloned().collect()
}

#[test]
fn a_second_scan_reads_no_layer() {
    let house = House { folder: tempfile::tempdir().unwrap() };
    let image = image(house.folder.path(), "image.tar", None);
    let none = house.scan(&image, &["--no-cache"]);
    assert!(verified(&none) && house.entries().is_empty(), "{}", none.stderr);
    let cold = house.scan(&image, &[]);
    assert!(verified(&cold) && house.entries().len() == 1);

    // One byte of the layer is other now: who does not read it does not see it.
    let mut bytes = fs::read(&image).unwrap();
    let at = bytes.windows(7).position(|window| window == b"4.17.11").unwrap();
    bytes[at] = b'5';
    fs::write(&image, bytes).unwrap();
    let warm = house.scan(&image, &[]);
    assert!(!verified(&warm) && problems(&warm).is_empty());
    assert_eq!(warm.json()["packages"], cold.json()["packages"]);
    assert_eq!(warm.json()["findings"], cold.json()["findings"]);
    for flag in ["--verify", "--no-cache"] {
        let read = house.scan(&image, &[flag]);
        assert_eq!((verified(&read), problems(&read).is_empty()), (false, false), "{flag}");
    }
}

#[test]
fn a_damaged_entry_is_made_anew() {
    let house = House { folder: tempfile::tempdir().unwrap() };
    let image = image(house.folder.path(), "image.tar", None);
    house.scan(&image, &[]);
    let entry = house.entries().remove(0);
    let whole = fs::read(&entry).unwrap();
    for damaged in [&b""[..], b"nonsense", &whole[..whole.len() / 2]] {
        fs::write(&entry, damaged).unwrap();
        assert!(verified(&house.scan(&image, &[])));
        assert!(!verified(&house.scan(&image, &[])));
    }
}

#[test]
fn a_layer_is_not_taken_on_another_images_word() {
    let house = House { folder: tempfile::tempdir().unwrap() };
    let good = image(house.folder.path(), "good.tar", None);
    house.scan(&good, &[]);
    assert!(!verified(&house.scan(&good, &[])));
    // Under the same name, but the configuration promises another tar.
    let other = image(house.folder.path(), "other.tar", Some(&format!("sha256:{}", "7".repeat(64))));
    let run = house.scan(&other, &[]);
    assert!(!verified(&run) && !problems(&run).is_empty());
}
