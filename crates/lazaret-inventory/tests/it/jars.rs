//! Java archives in layers: nested, merged, damaged and hostile.

use std::io::{Cursor, Write};

use lazaret_inventory::{DetectorSet, scan_layer};
use lazaret_model::Inventory;
use lazaret_oci::{LayerSpec, Limits};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

use crate::layer::{Layer, flatten};

/// A zip of stored or deflated entries.
pub(crate) fn zip(method: CompressionMethod, entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in entries {
        zip.start_file(*path, SimpleFileOptions::default().compression_method(method)).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn pom(group: &str, artifact: &str, version: &str) -> (String, Vec<u8>) {
    let path = format!("META-INF/maven/{group}/{artifact}/pom.properties");
    (path, format!("#Created\nversion={version}\ngroupId={group}\nartifactId={artifact}\n").into_bytes())
}

fn jar(group: &str, artifact: &str, version: &str) -> Vec<u8> {
    let (path, text) = pom(group, artifact, version);
    zip(CompressionMethod::Deflated, &[(&path, &text), ("A.class", b"\xca\xfe\xba\xbe")])
}

fn scanned(path: &str, bytes: &[u8]) -> Inventory {
    flatten(&[Layer::new().file(path, bytes)]).0
}

fn listed(inventory: &Inventory) -> Vec<String> {
    let packages = inventory.packages.iter();
    packages.map(|p| format!("{} {} {}", p.name, p.version, p.evidence[0].path)).collect()
}

fn kinds(inventory: &Inventory) -> Vec<&'static str> {
    inventory.problems.iter().map(|problem| problem.kind.name()).collect()
}

#[test]
fn nested_at_any_depth_stored_and_deflated() {
    let inner = jar("g", "inner", "1");
    let (path, text) = pom("g", "middle", "2");
    for method in [CompressionMethod::Stored, CompressionMethod::Deflated] {
        let middle = zip(method, &[(&path, &text), ("WEB-INF/lib/inner-1.jar", &inner)]);
        let outer = zip(method, &[("META-INF/MANIFEST.MF", b"Main-Class: x\n"), ("BOOT-INF/lib/middle.war", &middle)]);
        let inventory = scanned("opt/app.jar", &outer);
        assert_eq!(
            listed(&inventory),
            [
                "g:inner 1 opt/app.jar!/BOOT-INF/lib/middle.war!/WEB-INF/lib/inner-1.jar",
                "g:middle 2 opt/app.jar!/BOOT-INF/lib/middle.war",
            ]
        );
        assert_eq!(inventory.problems, []);
    }
}

#[test]
fn merged_archives_have_many_poms() {
    let (first, second) = (pom("g", "a", "1"), pom("g", "b", "2"));
    let shaded = zip(CompressionMethod::Deflated, &[(&first.0, &first.1), (&second.0, &second.1)]);
    assert_eq!(listed(&scanned("x.jar", &shaded)), ["g:a 1 x.jar", "g:b 2 x.jar"]);
}

#[test]
fn manifests_and_names() {
    let manifest = b"Manifest-Version: 1.0\nImplementation-Title: thing\nImplementation-Version: 1.2\nImplementation-Vendor-Id: org.x\n";
    let named = zip(CompressionMethod::Deflated, &[("META-INF/MANIFEST.MF", manifest), ("A.class", b"")]);
    let inventory = scanned("lib/thing-1.2.jar", &named);
    assert_eq!(listed(&inventory), ["org.x:thing 1.2 lib/thing-1.2.jar"]);
    assert!(!inventory.packages[0].uncertain);
    let only_name = zip(CompressionMethod::Deflated, &[("A.class", b"")]);
    let inventory = scanned("lib/other-3.0.jar", &only_name);
    assert_eq!(listed(&inventory), ["other 3.0 lib/other-3.0.jar"]);
    // no advisory can be found for it
    assert!(inventory.packages[0].uncertain && kinds(&inventory) == ["version_unknown"]);
    let in_group = zip(CompressionMethod::Deflated, &[("com/acme/other/A.class", b"")]);
    let inventory = scanned("lib/other-3.0.jar", &in_group);
    assert_eq!(listed(&inventory), ["com.acme:other 3.0 lib/other-3.0.jar"]);
    assert!(inventory.packages[0].uncertain && inventory.problems.is_empty());
    let starter = zip(CompressionMethod::Deflated, &[("META-INF/MANIFEST.MF", b"Implementation-Version: 1.2\n")]);
    assert_eq!(kinds(&scanned("lib/x-starter-1.2.jar", &starter)), [""; 0], "without code there is nothing to judge");
    assert_eq!(kinds(&scanned("lib/app.jar", &only_name)), ["version_unknown"]);
    let resources = zip(CompressionMethod::Deflated, &[("messages.properties", b"")]);
    assert_eq!(listed(&scanned("lib/res.jar", &resources)), [""; 0]);
}

#[test]
fn not_only_jars_and_not_everything() {
    let bytes = jar("g", "a", "1");
    for path in ["a.jar", "a.WAR", "a.ear", "a.hpi", "a.jpi", "a.par"] {
        assert_eq!(scanned(path, &bytes).packages.len(), 1, "{path}");
    }
    assert!(scanned("a.zip", &bytes).packages.is_empty());
    let prelude = [b"#!/bin/bash\nexec java -jar \"$0\"\n".as_slice(), &bytes].concat();
    assert_eq!(scanned("run.jar", &prelude).packages.len(), 1);
    let text = scanned("text.jar", b"not an archive at all");
    assert!(text.packages.is_empty() && text.problems.is_empty());
}

#[test]
fn damaged_archives_are_said() {
    let bytes = jar("g", "a", "1");
    for cut in [4, bytes.len() / 2, bytes.len() - 1] {
        assert_eq!(kinds(&scanned("a.jar", &bytes[..cut])), ["parse_error"], "{cut}");
    }
    let outer = zip(CompressionMethod::Stored, &[("lib/a.jar", &bytes[..30]), ("lib/b.jar", &jar("g", "b", "1"))]);
    let inventory = scanned("o.jar", &outer);
    assert_eq!(kinds(&inventory), ["parse_error"]);
    assert!(inventory.problems[0].message.starts_with("lib/a.jar: "), "{:?}", inventory.problems);
    assert_eq!(inventory.packages.len(), 1, "the other one is reported");
}

#[test]
fn too_deep() {
    let mut bytes = jar("g", "a", "1");
    for _ in 0..6 {
        bytes = zip(CompressionMethod::Stored, &[("x.jar", &bytes)]);
    }
    assert_eq!(kinds(&scanned("a.jar", &bytes)), ["limit_exceeded"]);
}

#[test]
fn a_bomb() {
    let zeros = vec![0; 200 << 20];
    let bomb = zip(CompressionMethod::Deflated, &[("x.jar", &zeros), ("META-INF/MANIFEST.MF", &zeros)]);
    assert!(bomb.len() < 1 << 20);
    let inventory = scanned("a.jar", &bomb);
    assert!(!inventory.problems.is_empty() && inventory.packages.is_empty());
}

#[test]
fn bombs_share_what_a_layer_may_inflate() {
    let zeros = vec![0; 30 << 20];
    let bomb = zip(CompressionMethod::Deflated, &[("x.jar", &zeros)]);
    let mut layer = Layer::new();
    for index in 0..10 {
        layer = layer.file(&format!("{index}.jar"), &bomb);
    }
    let spec = LayerSpec { digest: None, size: None, diff_id: None, media_type: String::new() };
    let limits = Limits { archive_bytes: 100 << 20, ..Limits::default() };
    let read = scan_layer(&mut Cursor::new(layer.tar()), &spec, &limits, &DetectorSet::standard(), &|_| {})
        .into_layer(&DetectorSet::standard());
    let problems: Vec<_> = read.files.iter().flat_map(|file| &file.problems).collect();
    let spent = problems.iter().filter(|problem| problem.kind.name() == "limit_exceeded").count();
    assert!(problems.len() == 10 && spent >= 6, "{problems:?}");
}

#[test]
fn overlapping_entries() {
    // one local entry, named twice by the directory
    let bytes = zip(CompressionMethod::Stored, &[("a.jar", &jar("g", "a", "1")), ("b.jar", &jar("g", "b", "1"))]);
    let directory = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let first: Vec<_> = bytes.windows(4).enumerate().filter(|(_, w)| w == b"PK\x01\x02").map(|(at, _)| at).collect();
    let mut bytes = bytes;
    let last = *first.last().unwrap();
    assert!(last > directory);
    // sizes and offset of the last entry become those of the one before it in the outer directory
    let outer = first[first.len() - 2];
    let (sizes, offset) = (bytes[outer + 20..outer + 28].to_vec(), bytes[outer + 42..outer + 46].to_vec());
    bytes[last + 20..last + 28].copy_from_slice(&sizes);
    bytes[last + 42..last + 46].copy_from_slice(&offset);
    let inventory = scanned("a.jar", &bytes);
    assert_eq!(kinds(&inventory), ["hostile_entry"]);
    assert!(inventory.packages.is_empty());
}

#[test]
fn too_many_archives_in_one() {
    let empty = zip(CompressionMethod::Stored, &[]);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..20_000 {
        let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
        zip.start_file(format!("{index}.jar"), options).unwrap();
        zip.write_all(&empty).unwrap();
    }
    let bytes = zip.finish().unwrap().into_inner();
    assert_eq!(kinds(&scanned("a.jar", &bytes)), ["limit_exceeded"]);
}
