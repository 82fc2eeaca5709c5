//! Secrets in layers: deleted ones, cached ones.

use std::{collections::BTreeMap, io::Cursor, sync::Arc};

use lazaret_inventory::{DetectorSet, Extra, LayerInventory, LayerScan, coalesce, malware::MalwareLists, scan_layer};
use lazaret_model::{Digest, ImageFacts, Inventory, Platform};
use lazaret_oci::{LayerSpec, Limits};

fn tar(files: &[(&str, &str)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, path, content.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap()
}

fn scan(tar: &[u8], set: &DetectorSet) -> LayerScan {
    let spec = LayerSpec { digest: None, size: None, diff_id: None, media_type: String::new() };
    scan_layer(&mut Cursor::new(tar), &spec, &Limits::default(), set, &|_| {})
}

fn image(layers: Vec<LayerInventory>, set: &DetectorSet) -> Inventory {
    let digest = |n: usize| Digest::parse(&format!("sha256:{n:064x}")).unwrap();
    let layers: Vec<_> = layers.into_iter().map(|layer| Arc::new(LayerInventory { diff_id: None, ..layer })).collect();
    let facts = ImageFacts {
        digest: digest(100),
        digest_kind: "manifest".to_owned(),
        config: digest(101),
        platform: Platform { os: "linux".to_owned(), architecture: "amd64".to_owned(), variant: None },
        user: String::new(),
        exposed_ports: Vec::new(),
        env: Vec::new(),
        entrypoint: Vec::new(),
        cmd: Vec::new(),
        labels: BTreeMap::new(),
        created: None,
        diff_ids: (0..layers.len()).map(digest).collect(),
        layers: (0..layers.len()).map(digest).collect(),
        layer_sizes: vec![0; layers.len()],
        history: Vec::new(),
        base_layers: None,
    };
    coalesce(&facts, &layers, set)
}

fn short(inventory: &Inventory) -> Vec<String> {
    let number = |digest: &Option<Digest>| digest.as_ref().map(|d| d.to_string().chars().last().unwrap());
    let line = |secret: &lazaret_model::Secret| {
        let (layer, removed) = (number(&secret.layer), number(&secret.removed_in));
        format!("{} {}:{} {layer:?} {removed:?}", secret.rule, secret.path, secret.line)
    };
    inventory.secrets.iter().map(line).collect()
}

const ENV: (&str, &str) = ("app/.env", "# settings\nDB_PASSWORD=kiwi42\n");

#[test]
fn a_secret_that_a_later_layer_deletes_is_found() {
    let set = DetectorSet::with(&[Extra::Secrets]);
    let layers = [&[ENV, ("app/x", "x")][..], &[("app/.wh..env", "")], &[("app/y", "y")]];
    let found = image(layers.iter().map(|files| scan(&tar(files), &set).into_layer(&set)).collect(), &set);
    assert_eq!(short(&found), ["environment_file app/.env:2 Some('0') Some('1')"]);
    assert!(!serde_json::to_string(&found).unwrap().contains("kiwi42"));
    assert_eq!(found.secrets[0].title, "secret of an environment file");
    assert_eq!(found.problems.iter().filter(|p| p.path.contains("env")).count(), 0);
}

#[test]
fn replaced_by_another_file_or_a_directory_gone_or_still_there() {
    let set = DetectorSet::with(&[Extra::Secrets]);
    let key = ("etc/app/app.ini", "password = kiwi42\n");
    let layers = [&[ENV, key][..], &[("app/.env", "A=b\n")], &[("etc/.wh.app", "")], &[ENV]];
    let found = image(layers.iter().map(|files| scan(&tar(files), &set).into_layer(&set)).collect(), &set);
    let wanted = [
        "configured_secret etc/app/app.ini:1 Some('0') Some('2')",
        "environment_file app/.env:2 Some('0') Some('1')",
        "environment_file app/.env:2 Some('3') None",
    ];
    assert_eq!(short(&found), wanted);
}

/// Whatever a layer was first looked at for, and under whatever image, the answer is the same.
#[test]
fn found_again_when_the_layer_was_kept_before() {
    let (standard, set) = (DetectorSet::standard(), DetectorSet::with(&[Extra::Secrets]));
    let secret = tar(&[ENV, ("lib/apk/db/installed", "P:musl\nV:1.2.5-r0\n\n")]);
    let kept = |scan: &LayerScan| -> LayerScan { serde_json::from_slice(&serde_json::to_vec(scan).unwrap()).unwrap() };
    let fresh = scan(&secret, &set);
    let first = image(vec![fresh.clone().into_layer(&set)], &set);
    // as the base of another image, kept with and without secrets
    let mut base = kept(&scan(&secret, &standard));
    assert_eq!(image(vec![base.clone().into_layer(&standard)], &standard).secrets, []);
    let missing = base.missing(&set);
    assert_eq!(missing.names().len(), 1);
    base.absorb(scan(&secret, &missing));
    for layer in [kept(&fresh), kept(&base)] {
        assert!(layer.missing(&set).is_empty());
        let again = image(vec![layer.clone().into_layer(&set)], &set);
        assert_eq!((&again.secrets, &again.packages), (&first.secrets, &first.packages));
        let deleted = scan(&tar(&[("app/.wh..env", "")]), &set).into_layer(&set);
        let under = image(vec![layer.into_layer(&set), deleted], &set);
        assert_eq!(short(&under), ["environment_file app/.env:2 Some('0') Some('1')"]);
    }
}

#[test]
fn many_are_counted_and_not_listed() {
    let set = DetectorSet::with(&[Extra::Secrets]);
    let lines: Vec<_> = (0..500).map(|n| format!("PASSWORD_{n}=kiwi{n}x")).collect();
    let lines = lines.join("\n");
    let files: Vec<(String, &str)> = (0..100).map(|n| (format!("app/{n:03}.env"), lines.as_str())).collect();
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), *text)).collect();
    let found = image(vec![scan(&tar(&files), &set).into_layer(&set)], &set);
    assert_eq!(found.secrets.len(), 1_000);
    assert!(found.secrets[19].excerpt.ends_with(", and 480 more in this file"), "{}", found.secrets[19].excerpt);
    assert!(found.secrets[999].excerpt.ends_with(", and 1000 more in this layer"), "{}", found.secrets[999].excerpt);
}

/// A list is part of what was looked for: another one looks again, and only for itself.
#[test]
fn harmful_files_by_lists_that_change() {
    let lists = |text: &str| Arc::new(MalwareLists::new(&[("list".to_owned(), text.to_owned())]).unwrap());
    let asked = DetectorSet::with(&[Extra::Malware]);
    let first = asked.clone().with_malware(lists("bytes \"kiwi bird\" kiwi\n"));
    let second = asked.clone().with_malware(lists("bytes \"kiwi tree\" tree\n"));
    let bytes = tar(&[("opt/x", "a kiwi bird in a kiwi tree")]);
    let mut layer = scan(&bytes, &first);
    let names = |scan: &LayerScan, set: &DetectorSet| -> Vec<String> {
        let gone = LayerInventory { whiteouts: vec!["opt/x".to_owned()], ..LayerInventory::default() };
        let found = image(vec![scan.clone().into_layer(set), gone], set).malware;
        assert!(found.iter().all(|m| m.path == "opt/x" && m.removed_in.is_some()));
        found.into_iter().map(|m| m.name).collect()
    };
    assert_eq!(names(&layer, &first), ["kiwi"]);
    assert!(layer.missing(&first).is_empty());
    for set in [&second, &asked, &first] {
        let missing = layer.missing(set);
        assert_eq!(missing.names().len(), 1, "{:?}", missing.names());
        layer.absorb(scan(&bytes, &missing));
        assert!(layer.missing(set).is_empty());
    }
    assert_eq!(names(&layer, &first), ["kiwi"]);
    layer.absorb(scan(&bytes, &layer.missing(&second)));
    assert_eq!(names(&layer, &second), ["tree"]);
}
