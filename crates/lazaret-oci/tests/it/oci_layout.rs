use lazaret_model::{Platform, ProblemKind};
use lazaret_oci::{Limits, LocalKind, Selection, Source, SourceError, media_type, open_local, sha256};
use serde_json::json;

use super::{
    made::{Layout, on, tagged},
    scan,
};

fn open(kind: LocalKind, path: &std::path::Path, tag: Option<&str>) -> Result<Box<dyn Source>, SourceError> {
    open_local(kind, path, tag, &Limits::default())
}

fn platform(text: &str) -> Selection {
    Selection::Platform(Platform::parse(text).unwrap())
}

/// An index of two platforms with an attestation.
fn multi() -> Layout {
    let mut layout = Layout::default();
    let (amd64, mips) = (layout.image("amd64"), layout.image("mips"));
    let attestation = layout.blob(media_type::OCI_MANIFEST, b"{}");
    let children = [on(mips, "linux/mips"), on(amd64, "linux/amd64"), on(attestation, "unknown/unknown")];
    let index = layout.index(&children);
    layout.manifests = vec![tagged(index, "1.0")];
    layout
}

#[test]
fn directory_and_archive_give_the_same_image() {
    let temp = tempfile::tempdir().unwrap();
    let mut layout = Layout::default();
    let image = layout.image("amd64");
    layout.manifests = vec![tagged(image, "1.0")];
    let directory = layout.write_directory(&temp.path().join("layout"));
    let plain = layout.write_archive(&temp.path().join("plain.tar"), "");
    let dotted = layout.write_archive(&temp.path().join("dotted.tar"), "./");
    let packed = temp.path().join("packed.tar.gz");
    std::fs::write(&packed, super::made::gzip(&std::fs::read(&dotted).unwrap())).unwrap();
    for (kind, path, tag) in [
        (LocalKind::OciDir, &directory, None),
        (LocalKind::OciArchive, &plain, Some("1.0")),
        (LocalKind::OciArchive, &dotted, None),
        (LocalKind::OciArchive, &packed, None),
    ] {
        let source = open(kind, path, tag).unwrap();
        let found = source.images(&Selection::Default).unwrap();
        assert_eq!((found.index.clone(), found.images.len(), found.problems.len()), (None, 1, 0));
        let image = &found.images[0];
        assert_eq!((image.facts.digest_kind.as_str(), image.facts.user.as_str()), ("manifest", "7"));
        for (index, path) in [(0, "etc/os-release"), (1, "opt/amd64")] {
            let (summary, paths) = scan(source.as_ref(), image, index);
            assert!(summary.verified && summary.problems.is_empty(), "{summary:?}");
            assert_eq!(paths, [path]);
        }
        assert!(source.open_layer(image, 2).is_err());
    }
}

#[test]
fn an_index_gives_what_is_selected() {
    let temp = tempfile::tempdir().unwrap();
    let layout = multi();
    let path = layout.write_archive(&temp.path().join("multi.tar"), "./");
    let source = open(LocalKind::OciArchive, &path, Some("1.0")).unwrap();
    let all = source.images(&Selection::All).unwrap();
    let platforms: Vec<_> = all.images.iter().map(|i| i.facts.platform.to_string()).collect();
    assert_eq!((platforms.join(" "), all.problems.len()), ("linux/mips linux/amd64".to_owned(), 0));
    assert_eq!(all.index.unwrap().to_string(), layout.manifests[0]["digest"]);
    let one = source.images(&platform("linux/mips")).unwrap();
    assert_eq!(one.images[0].facts.platform.to_string(), "linux/mips");
    let error = source.images(&platform("linux/s390x")).unwrap_err().to_string();
    assert!(error.contains("linux/s390x") && error.contains("linux/mips, linux/amd64"), "{error}");
    let error = open(LocalKind::OciArchive, &path, Some("2.0")).err().unwrap().to_string();
    assert!(error.contains("\"2.0\"") && error.contains("1.0"), "{error}");
}

#[test]
fn a_nested_index_and_children_without_a_platform() {
    let temp = tempfile::tempdir().unwrap();
    let mut layout = Layout::default();
    let (amd64, mips) = (layout.image("amd64"), layout.image("mips"));
    let inner = layout.index(&[mips, amd64]);
    layout.manifests = vec![layout.index(&[inner])];
    let source = open(LocalKind::OciDir, &layout.write_directory(temp.path()), None).unwrap();
    assert_eq!(source.images(&platform("linux/amd64")).unwrap().images[0].facts.platform.to_string(), "linux/amd64");
    assert_eq!(source.images(&Selection::All).unwrap().images.len(), 2);
}

#[test]
fn what_is_not_there_or_no_image_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let mut layout = multi();
    // One platform only was saved.
    let mips = layout.image("mips");
    layout.files.remove(&format!("blobs/{}", mips["digest"].as_str().unwrap().replace(':', "/")));
    let source = open(LocalKind::OciDir, &layout.write_directory(temp.path()), None).unwrap();
    let all = source.images(&Selection::All).unwrap();
    assert_eq!((all.images.len(), all.problems[0].kind), (1, ProblemKind::BlobMissing));
    assert!(matches!(source.images(&platform("linux/mips")), Err(SourceError::Missing { .. })));

    let mut artifact = Layout::default();
    let config = artifact.blob(media_type::OCI_EMPTY, b"{}");
    let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [] }).to_string();
    let manifest = artifact.blob(media_type::OCI_MANIFEST, manifest.as_bytes());
    let image = artifact.image("amd64");
    let other = artifact.blob("text/plain", b"x");
    artifact.manifests = vec![manifest.clone()];
    let path = artifact.write_directory(&temp.path().join("artifact"));
    let error = open(LocalKind::OciDir, &path, None).unwrap().images(&Selection::Default).unwrap_err();
    assert!(error.to_string().contains("artifact"), "{error}");
    artifact.manifests = vec![manifest, image, other];
    let path = artifact.write_directory(&temp.path().join("both"));
    let all = open(LocalKind::OciDir, &path, None).unwrap().images(&Selection::All).unwrap();
    let kinds: Vec<_> = all.problems.iter().map(|p| p.kind).collect();
    assert_eq!((all.images.len(), kinds), (1, vec![ProblemKind::Unsupported; 2]));
}

#[test]
fn wrong_bytes_are_refused() {
    let temp = tempfile::tempdir().unwrap();
    for (at, what) in [(0, "config"), (3, "manifest")] {
        let mut layout = Layout::default();
        let image = layout.image("amd64");
        layout.manifests = vec![image.clone()];
        let manifest = format!("blobs/{}", image["digest"].as_str().unwrap().replace(':', "/"));
        let config = layout.files.iter().find(|(_, b)| b.starts_with(br#"{"architecture"#)).unwrap().0.clone();
        let target = if at == 0 { config } else { manifest };
        layout.files.get_mut(&target).unwrap().push(b' ');
        let path = layout.write_directory(&temp.path().join(what));
        let error = open(LocalKind::OciDir, &path, None).unwrap().images(&Selection::Default).unwrap_err();
        assert!(matches!(error, SourceError::DigestMismatch { .. }), "{error}");
    }
    let mut layout = Layout::default();
    let mut image = layout.image("amd64");
    image["size"] = json!(5);
    layout.manifests = vec![image];
    let path = layout.write_directory(&temp.path().join("size"));
    let error = open(LocalKind::OciDir, &path, None).unwrap().images(&Selection::Default).unwrap_err();
    assert!(matches!(error, SourceError::SizeMismatch { .. }), "{error}");
}

#[test]
fn a_layer_that_was_changed_does_not_verify() {
    let temp = tempfile::tempdir().unwrap();
    let mut layout = Layout::default();
    layout.manifests = vec![layout.image("amd64")];
    let path = layout.write_directory(temp.path());
    let source = open(LocalKind::OciDir, &path, None).unwrap();
    let found = source.images(&Selection::Default).unwrap();
    let layer = path.join("blobs/sha256").join(found.images[0].layers[0].digest.hex());
    std::fs::write(&layer, super::made::gzip(&super::made::tar_of(&[("other", b"x")]))).unwrap();
    let (summary, _) = scan(source.as_ref(), &found.images[0], 0);
    assert!(!summary.verified && summary.problems.iter().all(|p| p.kind == ProblemKind::DigestMismatch));
}

#[test]
fn links_do_not_leave_the_layout() {
    let temp = tempfile::tempdir().unwrap();
    let outside = temp.path().join("outside");
    std::fs::write(&outside, b"secret").unwrap();
    let mut layout = Layout::default();
    layout.manifests = vec![layout.image("amd64")];
    let path = layout.write_directory(&temp.path().join("layout"));
    let source = open(LocalKind::OciDir, &path, None).unwrap();
    let found = source.images(&Selection::Default).unwrap();
    let blobs = path.join("blobs/sha256");
    let layer = blobs.join(found.images[0].layers[0].digest.hex());
    std::fs::rename(&layer, blobs.join("moved")).unwrap();
    std::os::unix::fs::symlink("moved", &layer).unwrap();
    assert!(scan(source.as_ref(), &found.images[0], 0).0.verified, "a link inside is fine");
    std::fs::remove_file(&layer).unwrap();
    std::os::unix::fs::symlink(&outside, &layer).unwrap();
    let error = source.open_layer(&found.images[0], 0).err().unwrap();
    assert!(error.to_string().contains("leads out of it"), "{error}");
}

#[test]
fn what_is_no_layout() {
    let temp = tempfile::tempdir().unwrap();
    assert!(matches!(open(LocalKind::OciDir, &temp.path().join("no"), None), Err(SourceError::NotFound { .. })));
    let error = open(LocalKind::OciDir, temp.path(), None).err().unwrap();
    assert!(error.to_string().contains("no index.json"), "{error}");
    let file = temp.path().join("file");
    for (bytes, why) in
        [(vec![1; 5000], "no header at offset 0"), (vec![], "no entries"), (vec![0; 10_240], "no entries")]
    {
        std::fs::write(&file, bytes).unwrap();
        let error = open(LocalKind::OciArchive, &file, None).err().unwrap().to_string();
        assert!(error.contains(why), "{error}");
    }
    let whole = multi().write_archive(&temp.path().join("multi.tar"), "");
    let bytes = std::fs::read(whole).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    let error = open(LocalKind::OciArchive, &file, None).err().unwrap().to_string();
    assert!(error.contains("cut off"), "{error}");
    let deep = "[".repeat(10_000);
    std::fs::write(temp.path().join("index.json"), deep).unwrap();
    let error = open(LocalKind::OciDir, temp.path(), None).err().unwrap();
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("too deeply"), "{error}");
}

#[test]
fn skopeo_directories() {
    let temp = tempfile::tempdir().unwrap();
    let mut layout = Layout::default();
    let image = layout.image("amd64");
    for (name, bytes) in &layout.files {
        let hex = name.rsplit('/').next().unwrap();
        let is_manifest = image["digest"].as_str().unwrap().ends_with(hex);
        std::fs::write(temp.path().join(if is_manifest { "manifest.json" } else { hex }), bytes).unwrap();
    }
    std::fs::write(temp.path().join("version"), "Directory Transport Version: 1.1\n").unwrap();
    let source = open(LocalKind::Dir, temp.path(), None).unwrap();
    let found = source.images(&Selection::Default).unwrap();
    assert_eq!(found.images[0].facts.digest, sha256(&std::fs::read(temp.path().join("manifest.json")).unwrap()));
    assert!(scan(source.as_ref(), &found.images[0], 1).0.verified);
}
