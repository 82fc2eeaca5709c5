//! Layers that are made to hurt.

use std::{io::Cursor, sync::Arc};

use lazaret_inventory::{DetectorSet, coalesce, scan_layer};
use lazaret_oci::{LayerSpec, Limits};

use crate::layer::{Layer, facts, flatten};

fn scan_damaged(tar: &[u8]) -> lazaret_inventory::LayerInventory {
    let spec = LayerSpec { digest: None, size: None, diff_id: None, media_type: String::new() };
    scan_layer(&mut Cursor::new(tar), &spec, &Limits::default(), &DetectorSet::standard(), &|_| {})
        .into_layer(&DetectorSet::standard())
}

#[test]
fn loops_of_links() {
    let layer = Layer::new().symlink("a", "b").symlink("b", "a").npm("a/node_modules/x/package.json", "x", "1.0.0");
    let (inventory, _) = flatten(&[layer]);
    assert_eq!(inventory.problems[0].kind.name(), "hostile_entry");
    let deep = Layer::new().symlink("a", "a/a/a").npm("a/x/package.json", "x", "1.0.0");
    assert_eq!(flatten(&[deep]).0.problems.len(), 1);
}

#[test]
fn a_cut_layer_gives_what_was_before() {
    let tar = Layer::new()
        .npm("app/node_modules/x/package.json", "x", "1.0.0")
        .npm("app/node_modules/y/package.json", "y", "1.0.0")
        .tar();
    let layer = scan_damaged(&tar[..1024 + 512 + 10]);
    assert_eq!(layer.files.len(), 1);
    assert_eq!(layer.problems[0].kind.name(), "layer_unreadable");
    let inventory = coalesce(&facts(vec![lazaret_oci::sha256(b"")]), &[Arc::new(layer)], &DetectorSet::standard());
    assert_eq!(inventory.packages.len(), 1);
    assert!(!inventory.problems.is_empty());
}

#[test]
fn a_layer_that_is_not_what_the_configuration_says() {
    let layer = Arc::new(crate::layer::read(&Layer::new().file("a", "").tar()));
    let inventory =
        coalesce(&facts(vec![lazaret_oci::sha256(b"other")]), std::slice::from_ref(&layer), &DetectorSet::standard());
    assert_eq!(inventory.problems[0].kind.name(), "digest_mismatch");
    let inventory = coalesce(&facts(Vec::new()), &[layer], &DetectorSet::standard());
    assert_eq!(inventory.problems[0].kind.name(), "layer_unreadable");
}

#[test]
fn many_small_files() {
    const COUNT: usize = 100_000;
    let mut layer = Layer::new();
    for index in 0..COUNT {
        layer = layer.file(&format!("d{}/f{index}", index % 100), "");
    }
    let read = crate::layer::read(&layer.tar());
    assert_eq!((read.names.len(), read.files.len()), (COUNT, 0));
    let text = serde_json::to_string(&read).unwrap();
    assert!(text.len() < COUNT * 40, "{} bytes a file", text.len() / COUNT);
}

#[test]
fn paths_that_leave_the_root() {
    let layer = Layer::new()
        .symlink("etc/os-release", "../../../../usr/lib/os-release")
        .file("usr/lib/os-release", "ID=alpine\nVERSION_ID=3.20.3\n")
        .file("lib/apk/db/installed", "P:musl\nV:1.2.5-r0\n\n");
    assert_eq!(flatten(&[layer]).0.os.unwrap().stream.as_deref(), Some("Alpine:v3.20"));
}

#[test]
fn every_detector_survives_garbage() {
    let garbage: Vec<u8> = (0..4096_u32).map(|n| u8::try_from(n.wrapping_mul(2_654_435_761) >> 24).unwrap()).collect();
    let elf = [b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".as_slice(), &garbage].concat();
    let mut layer = Layer::new();
    for path in [
        "var/lib/dpkg/status",
        "var/lib/dpkg/status.d/x",
        "var/lib/dpkg/info/x.list",
        "var/lib/dpkg/info/x.md5sums",
        "lib/apk/db/installed",
        "var/lib/rpm/Packages",
        "var/lib/rpm/rpmdb.sqlite",
        "var/lib/rpm/rpmdb.sqlite-wal",
        "var/lib/rpmmanifest/container-manifest-2",
        "a/node_modules/x/package.json",
        "p/x-1.dist-info/METADATA",
        "etc/os-release",
        "etc/apk/repositories",
        "etc/debian_version",
    ] {
        layer = layer.file(path, &garbage);
    }
    layer = layer.program("bin/x", elf).program("bin/y", [b"MZ".as_slice(), &garbage].concat());
    layer = layer.program("bin/z", [b"\xcf\xfa\xed\xfe".as_slice(), &garbage].concat());
    layer = layer.file("x.jar", [b"PK\x03\x04".as_slice(), &garbage].concat());
    let (inventory, _) = flatten(&[layer]);
    for path in [
        "var/lib/dpkg/status",
        "lib/apk/db/installed",
        "var/lib/rpm/Packages",
        "var/lib/rpm/rpmdb.sqlite-wal",
        "var/lib/rpmmanifest/container-manifest-2",
        "a/node_modules/x/package.json",
        "x.jar",
    ] {
        assert!(inventory.problems.iter().any(|problem| problem.path == path), "{path}");
    }
}

#[test]
fn a_database_that_never_ends() {
    let status: Vec<_> = (0..100_005).map(|index| format!("P:a{index}\nV:1\n\n")).collect();
    let status = status.concat();
    let inventory = flatten(&[Layer::new().file("lib/apk/db/installed", status)]).0;
    let kinds: Vec<_> = inventory.problems.iter().map(|problem| problem.kind.name()).collect();
    assert_eq!((inventory.packages.len(), kinds), (100_000, vec!["limit_exceeded", "os_unknown"]));
    let value = format!("Package: a\nVersion: 1\n{}\n", " xxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n".repeat(100_000));
    let inventory = flatten(&[Layer::new().file("var/lib/dpkg/status", value)]).0;
    assert!(inventory.packages[0].version.len() <= 4096);
    assert!(inventory.problems.iter().any(|problem| problem.kind.name() == "limit_exceeded"));
}

#[test]
fn many_files_with_long_paths() {
    let deep = "d".repeat(200);
    let mut layer = Layer::new();
    for index in 0..80_000 {
        let name = format!("{index:0>200}");
        layer = layer.npm(&format!("{deep}/{name}/node_modules/x/package.json"), "x", "1.0.0");
    }
    let read = crate::layer::read(&layer.tar());
    assert!(read.files.iter().map(|file| file.path.len()).sum::<usize>() <= 64 << 20);
    assert_eq!(read.problems[0].kind.name(), "limit_exceeded");
}

#[test]
fn whiteouts_without_end() {
    let mut layer = Layer::new();
    for index in 0..300_010 {
        layer = layer.file(&format!("d/.wh.{index}"), "");
    }
    let read = crate::layer::read(&layer.tar());
    assert_eq!((read.whiteouts.len(), read.problems[0].kind.name()), (300_000, "limit_exceeded"));
}
