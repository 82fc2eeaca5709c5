//! What skopeo writes, where skopeo and the shared images are: the same images come out.

use std::{path::Path, process::Command};

use lazaret_oci::{Limits, LocalKind, Selection, open_local};

use super::{scan, shared::images};

fn copy(options: &[&str], from: &str, to: &str) -> bool {
    let run = Command::new("skopeo").args(["--insecure-policy", "copy", "-q"]).args(options).args([from, to]).status();
    match run {
        Ok(status) => {
            assert!(status.success(), "skopeo copy {from} {to}");
            true
        }
        Err(error) => {
            eprintln!("skipped: skopeo does not run: {error}");
            false
        }
    }
}

fn open(kind: LocalKind, path: &Path, tag: Option<&str>) -> Vec<String> {
    let source = open_local(kind, path, tag, &Limits::default()).unwrap();
    let found = source.images(&Selection::All).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    for image in &found.images {
        for index in 0..image.layers.len() {
            let (summary, _) = scan(source.as_ref(), image, index);
            assert!(summary.verified && summary.problems.is_empty(), "{summary:?}");
        }
    }
    found.images.into_iter().map(|i| i.facts.config.to_string()).collect()
}

#[test]
fn every_transport() {
    let Some(shared) = images() else { return };
    let temp = tempfile::tempdir().unwrap();
    for (name, options) in
        [("shop-orders-1.4.0", &[][..]), ("alpine-3.20-multiarch", &["--all"]), ("shop-api-1.9.0", &[])]
    {
        let archive = shared.join(format!("{name}.oci.tar"));
        let from = format!("oci-archive:{}", archive.display());
        let wanted = open(LocalKind::OciArchive, &archive, None);
        let to = |form: &str| temp.path().join(format!("{name}.{form}"));
        if !copy(options, &from, &format!("dir:{}", to("dir").display())) {
            return;
        }
        assert_eq!(open(LocalKind::Dir, &to("dir"), None), wanted, "{name}");
        copy(options, &from, &format!("oci:{}:some-tag", to("oci").display()));
        assert_eq!(open(LocalKind::OciDir, &to("oci"), Some("some-tag")), wanted, "{name}");
        // A docker archive holds one platform, and skopeo makes none of zstd layers.
        if name == "shop-orders-1.4.0" {
            copy(&[], &from, &format!("docker-archive:{}:reg.example/orders:1", to("docker").display()));
            assert_eq!(open(LocalKind::DockerArchive, &to("docker"), Some("orders:1")), wanted, "{name}");
        }
    }
}
