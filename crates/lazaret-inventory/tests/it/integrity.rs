//! Files against what their packages say of them, over layers.

use std::{io::Cursor, path::PathBuf, sync::Arc};

use lazaret_inventory::{DetectorSet, Extra, LayerScan, NoCache, Silent, coalesce, scan_images, scan_layer};
use lazaret_model::{Inventory, ProblemKind};
use lazaret_oci::{LayerSpec, Limits, LocalKind, Selection, open_local, sha256};

use crate::layer::{Layer, facts};

const STATUS: &str = "Package: a\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1-1\n\n\
                      Package: b\nStatus: install ok installed\nArchitecture: amd64\nVersion: 2-1\n";
/// Of `one`, `two` and `good`.
const ONE: &str = "f97c5d29941bfb1b2fdab0874906ab82";
const TWO: &str = "b8a9f715dbb64fd5c56e7783c6820a61";
const GOOD: &str = "755f85c2723bb39381c7379a604160d8";

fn flatten(layers: &[Layer]) -> Inventory {
    let set = DetectorSet::with(&[Extra::Integrity]);
    let mut read = Vec::new();
    let mut diff_ids = Vec::new();
    for layer in layers {
        let tar = layer.tar();
        let digest = Some(sha256(&tar));
        let spec = LayerSpec { digest: digest.clone(), size: None, diff_id: digest, media_type: String::new() };
        let scan = scan_layer(&mut Cursor::new(&tar), &spec, &Limits::default(), &set, &|_| {});
        let text = serde_json::to_string(&scan).unwrap();
        assert_eq!(serde_json::from_str::<LayerScan>(&text).unwrap(), scan);
        assert!(scan.missing(&set).is_empty());
        diff_ids.push(sha256(&tar));
        read.push(Arc::new(scan.into_layer(&set)));
    }
    coalesce(&facts(diff_ids), &read, &set)
}

/// `path package expected actual layer`, layers counted from 1.
fn modified(layers: &[Layer]) -> Vec<String> {
    let inventory = flatten(layers);
    let not_compared = inventory.problems.iter().find(|p| p.message.contains("could not be compared"));
    assert_eq!(not_compared, None);
    let number = |layer: &Option<_>| 1 + layers.iter().position(|l| Some(&sha256(&l.tar())) == layer.as_ref()).unwrap();
    let line = |m: &lazaret_model::ModifiedFile| {
        format!("{} {} {} {} @{}", m.path, m.package, &m.expected[..8], &m.actual[..8], number(&m.layer))
    };
    inventory.modified.iter().map(line).collect()
}

fn debian() -> Layer {
    Layer::new()
        .file("etc/debian_version", "12\n")
        .symlink("bin", "usr/bin")
        .file("usr/bin/one", "one")
        .file("usr/bin/two", "two")
        .file("etc/b.conf", "edited")
        .file("var/lib/dpkg/status", STATUS)
        .file("var/lib/dpkg/info/a.list", "/bin/one\n")
        .file("var/lib/dpkg/info/a.md5sums", format!("{ONE}  bin/one\n{GOOD}  usr/share/doc/absent\n"))
        .file("var/lib/dpkg/info/b.md5sums", format!("{TWO}  usr/bin/two\n{GOOD}  etc/b.conf\n"))
        .file("var/lib/dpkg/info/b.conffiles", "/etc/b.conf\n")
}

#[test]
fn a_changed_byte_is_named_wherever_it_is() {
    assert_eq!(modified(&[debian()]), [""; 0]);
    let one = "usr/bin/one pkg:deb/debian/a@1-1?arch=amd64&distro=debian-12 md5:f97c md5:b8a9 @1";
    assert_eq!(modified(&[debian().file("usr/bin/one", "two")]), [one], "the later entry counts");
    let later = one.replace(" @1", " @2");
    assert_eq!(modified(&[debian(), Layer::new().file("usr/bin/one", "two")]), [later.as_str()]);
    assert_eq!(modified(&[debian(), Layer::new().file("bin/one", "two")]), [later.as_str()], "by the link's name");
    let linked = Layer::new().hard_link("usr/bin/one", "usr/bin/two");
    assert_eq!(modified(&[debian(), linked]), [one], "a link to a file below");
    let back = Layer::new().file("usr/bin/one", "one");
    assert_eq!(modified(&[debian(), Layer::new().file("usr/bin/one", "two"), back]), [""; 0]);
}

#[test]
fn what_is_right_is_not_named() {
    let gone = Layer::new().file("usr/bin/.wh.one", "");
    assert_eq!(modified(&[debian(), gone]), [""; 0], "deleted");
    let hidden = Layer::new().file("usr/bin/.wh..wh..opq", "");
    assert_eq!(modified(&[debian(), hidden]), [""; 0], "hidden");
    let link = Layer::new().symlink("usr/bin/one", "two");
    assert_eq!(modified(&[debian(), link]), [""; 0], "a link in its place");
    let other = Layer::new()
        .file("usr/bin/one", "two")
        .file("var/lib/dpkg/info/b.md5sums", format!("{TWO}  usr/bin/two\n{TWO}  usr/bin/one\n"));
    assert_eq!(modified(&[debian(), other]), [""; 0], "another package has it now");
    let upgraded =
        Layer::new().file("usr/bin/one", "good").file("var/lib/dpkg/info/a.md5sums", format!("{GOOD}  bin/one\n"));
    assert_eq!(modified(&[debian(), upgraded]), [""; 0], "upgraded");
    let diverted = Layer::new()
        .file("var/lib/dpkg/diversions", "/bin/one\n/bin/one.distrib\nb\n")
        .file("usr/bin/one.distrib", "one")
        .file("usr/bin/one", "good")
        .file("var/lib/dpkg/info/b.md5sums", format!("{TWO}  usr/bin/two\n{GOOD}  bin/one\n"));
    assert_eq!(modified(&[debian(), diverted]), [""; 0], "diverted");
}

#[test]
fn what_was_not_hashed_is_told() {
    // the first layer seen is not the system's, and says that it is Alpine
    let other = Layer::new().file("etc/alpine-release", "3.20").file("usr/bin/one", "two");
    let inventory = flatten(&[debian(), other]);
    assert_eq!(inventory.modified, []);
    let told = inventory.problems.iter().find(|problem| problem.path == "usr/bin/one").unwrap();
    assert_eq!(told.kind, ProblemKind::Unsupported);
    let standard = DetectorSet::standard();
    assert!(standard.names().iter().all(|name| !name.starts_with("integrity")));
}

#[test]
fn wheels() {
    let record = "x.py,sha256=dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z_0Me0,3\n../../../bin/x,sha256=dpLDrTVAu4A8Ags67mbNiIcSMjTqDG5xQ8Ct1z_0Me0,3\n";
    let site = "app/lib/python3.11/site-packages";
    let wheel = |x: &str, program: &str| {
        Layer::new()
            .file(&format!("{site}/x.py"), x)
            .program("app/bin/x", program)
            .file(&format!("{site}/x-1.0.dist-info/METADATA"), "Metadata-Version: 2.1\nName: x\nVersion: 1.0\n")
            .file(&format!("{site}/x-1.0.dist-info/RECORD"), record)
    };
    assert_eq!(modified(&[wheel("one", "one")]), [""; 0]);
    let paths: Vec<_> = flatten(&[wheel("two", "evil")]).modified.into_iter().map(|m| (m.path, m.package)).collect();
    let purl = "pkg:pypi/x@1.0".to_owned();
    assert_eq!(paths, [("app/bin/x".to_owned(), purl.clone()), (format!("{site}/x.py"), purl)]);
}

/// A real system with one program replaced in a layer above.
#[test]
fn a_changed_program_of_a_real_system() {
    for (name, kind, path, package) in [
        ("alpine-3.20.docker.tar", LocalKind::DockerArchive, "bin/busybox", "pkg:apk/alpine/busybox@"),
        ("shop-api-1.9.0.oci.tar", LocalKind::OciArchive, "usr/bin/env", "pkg:deb/debian/coreutils@"),
    ] {
        let path_of = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/images").join(name);
        if !path_of.exists() {
            println!("skipped: {} is not there", path_of.display());
            return;
        }
        let source = open_local(kind, &path_of, None, &Limits::default()).unwrap();
        let image = source.images(&Selection::All).unwrap().images.remove(0);
        let set = DetectorSet::with(&[Extra::Integrity]);
        let spec = |digest| LayerSpec { digest, size: None, diff_id: None, media_type: String::new() };
        let mut read = Vec::new();
        for index in 0..image.layers.len() {
            let mut input = source.open_layer(&image, index).unwrap();
            let scan = scan_layer(&mut *input, &spec(None), &Limits::default(), &set, &|_| {});
            read.push(Arc::new(scan.into_layer(&set)));
        }
        let above = Layer::new().program(path, "#!/bin/evil").tar();
        let scan = scan_layer(&mut Cursor::new(&above), &spec(None), &Limits::default(), &set, &|_| {});
        read.push(Arc::new(scan.into_layer(&set)));
        let diff_ids = read.iter().map(|layer| layer.diff_id.clone().unwrap()).collect();
        let modified = coalesce(&facts(diff_ids), &read, &set).modified;
        assert_eq!(modified.len(), 1, "{modified:?}");
        assert!(modified[0].path == path && modified[0].package.starts_with(package), "{modified:?}");
        assert_eq!(modified[0].layer, Some(sha256(&above)));
    }
}

/// Images of real systems, as they were built: nothing is modified but what is.
#[test]
fn shared_images() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/images");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is not there", folder.display());
        return;
    };
    let set = DetectorSet::with(&[Extra::Integrity]);
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = match name.split_once('.').map(|_| (name.ends_with(".oci.tar"), name.ends_with(".docker.tar"))) {
            Some((true, _)) => LocalKind::OciArchive,
            Some((_, true)) => LocalKind::DockerArchive,
            _ => continue,
        };
        let source = open_local(kind, &path, None, &Limits::default()).unwrap();
        let images = scan_images(&*source, &Selection::All, &NoCache, &Limits::default(), &set, &Silent).unwrap().1;
        for image in images {
            let problem = image.inventory.problems.iter().find(|p| p.message.contains("could not be compared"));
            assert_eq!((image.inventory.modified, problem), (Vec::new(), None), "{name}");
        }
    }
}
