//! The shared images, where they are: every one opens, every layer verifies.

use std::path::PathBuf;

use lazaret_oci::{Limits, LocalKind, Selection, open_local};

use super::scan;

pub(crate) fn images() -> Option<PathBuf> {
    let found = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/images");
    if !found.is_dir() {
        eprintln!("skipped: {} is not there", found.display());
        return None;
    }
    Some(found)
}

#[test]
fn all_open_and_verify() {
    let Some(folder) = images() else { return };
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let kind = match name.as_str() {
            n if n.ends_with(".docker.tar") => LocalKind::DockerArchive,
            n if n.ends_with(".oci.tar") => LocalKind::OciArchive,
            _ => continue,
        };
        let source = open_local(kind, &path, None, &Limits::default()).unwrap();
        let found = source.images(&Selection::All).unwrap();
        assert!(found.problems.is_empty(), "{name}: {:?}", found.problems);
        let wanted: &[&str] =
            if name.contains("multiarch") { &["linux/amd64", "linux/arm64/v8"] } else { &["linux/amd64"] };
        let platforms: Vec<_> = found.images.iter().map(|i| i.facts.platform.to_string()).collect();
        assert_eq!(platforms, wanted, "{name}");
        assert_eq!(found.index.is_some(), wanted.len() > 1, "{name}");
        for image in &found.images {
            for index in 0..image.layers.len() {
                let (summary, paths) = scan(source.as_ref(), image, index);
                assert!(summary.verified && summary.problems.is_empty(), "{name} layer {index}: {summary:?}");
                assert_eq!(paths.len() as u64, summary.entries);
            }
        }
    }
}
