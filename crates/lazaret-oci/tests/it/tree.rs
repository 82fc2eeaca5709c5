use std::os::unix::fs::{PermissionsExt, symlink};

use lazaret_oci::{Limits, LocalKind, Selection, open_local};

use super::scan;

#[test]
fn a_tree_is_an_image_of_one_layer() {
    let temp = tempfile::tempdir().unwrap();
    let root = temp.path().join("root");
    let deep = root.join("usr/share").join("d".repeat(120));
    std::fs::create_dir_all(&deep).unwrap();
    std::fs::create_dir_all(root.join("etc")).unwrap();
    std::fs::write(root.join("etc/os-release"), "ID=x\n").unwrap();
    std::fs::write(deep.join("big"), vec![3; 3 << 20]).unwrap();
    std::fs::write(temp.path().join("outside"), "secret").unwrap();
    symlink("../../outside", root.join("etc/link")).unwrap();
    symlink("/", root.join("loop")).unwrap();
    let source = open_local(LocalKind::Dir, &root, None, &Limits::default()).unwrap();
    let found = source.images(&Selection::Default).unwrap();
    assert!(found.problems.is_empty(), "{:?}", found.problems);
    let (summary, mut paths) = scan(source.as_ref(), &found.images[0], 0);
    assert!(summary.verified && summary.problems.is_empty(), "{summary:?}");
    paths.sort();
    let long = format!("usr/share/{}", "d".repeat(120));
    let big = format!("{long}/big");
    assert_eq!(paths, ["etc", "etc/link", "etc/os-release", "loop", "usr", "usr/share", &long, &big]);
    let again = source.images(&Selection::All).unwrap();
    assert_eq!(again.images, found.images, "the same tree is the same image");

    std::fs::write(root.join("etc/os-release"), "ID=y\n").unwrap();
    assert!(!scan(source.as_ref(), &found.images[0], 0).0.verified, "changed between");
}

#[test]
fn what_cannot_be_read_is_a_problem() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("closed");
    std::fs::write(&path, "x").unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(&path).is_ok() {
        eprintln!("skipped: this user reads everything");
        return;
    }
    let source = open_local(LocalKind::Dir, temp.path(), None, &Limits::default()).unwrap();
    assert_eq!(source.images(&Selection::Default).unwrap().problems[0].path, "closed");
}

#[test]
fn a_reader_may_stop_early() {
    let temp = tempfile::tempdir().unwrap();
    std::fs::write(temp.path().join("big"), vec![3; 3 << 20]).unwrap();
    let source = open_local(LocalKind::Dir, temp.path(), None, &Limits::default()).unwrap();
    let found = source.images(&Selection::Default).unwrap();
    let mut reader = source.open_layer(&found.images[0], 0).unwrap();
    let mut some = [0; 100];
    std::io::Read::read_exact(&mut reader, &mut some).unwrap();
}
