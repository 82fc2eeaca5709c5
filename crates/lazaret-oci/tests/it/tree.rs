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

#[test]
fn a_single_file() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("sub/../app.jar");
    std::fs::create_dir(temp.path().join("sub")).unwrap();
    std::fs::write(temp.path().join("real"), "x").unwrap();
    symlink("real", temp.path().join("app.jar")).unwrap();
    let open = |path: &std::path::Path| open_local(LocalKind::File, path, None, &Limits::default());
    let source = open(&path).unwrap();
    let found = source.images(&Selection::Default).unwrap();
    let (summary, paths) = scan(source.as_ref(), &found.images[0], 0);
    assert!(summary.verified && summary.problems.is_empty(), "{summary:?}");
    let name = temp.path().join("app.jar").display().to_string();
    assert_eq!(paths, [name.trim_start_matches('/')]);
    for (odd, why) in [(temp.path().to_path_buf(), "not a regular file"), (temp.path().join("none"), "does not exist")]
    {
        let error = open(&odd).err().unwrap().to_string();
        assert!(error.contains(why), "{error}");
    }
    let error = open_local(LocalKind::Dir, &path, None, &Limits::default()).err().unwrap().to_string();
    assert!(error.contains("write file:"), "{error}");
}

#[test]
fn a_tree_has_limits() {
    let temp = tempfile::tempdir().unwrap();
    for name in ["a", "b", "c"] {
        std::fs::write(temp.path().join(name), vec![3; 1000]).unwrap();
    }
    // As large as it says, and no byte of it on the disk.
    std::fs::File::create(temp.path().join("sparse")).unwrap().set_len(1 << 42).unwrap();
    let problems = |limits: Limits| {
        let source = open_local(LocalKind::Dir, temp.path(), None, &limits).unwrap();
        let found = source.images(&Selection::Default).unwrap();
        let (summary, paths) = scan(source.as_ref(), &found.images[0], 0);
        assert!(summary.verified, "{summary:?}");
        (found.problems.into_iter().map(|p| p.path).collect::<Vec<_>>(), paths)
    };
    let (left_out, paths) = problems(Limits { layer_bytes: 100_000, ..Limits::default() });
    assert_eq!((left_out, paths), (vec!["sparse".to_owned()], ["a", "b", "c"].map(str::to_owned).to_vec()));
    let (left_out, paths) = problems(Limits { entries: 2, layer_bytes: 100_000, ..Limits::default() });
    assert_eq!((left_out.len(), paths.len()), (1, 2));
}

#[test]
fn files_of_the_kernel_are_left_out() {
    if !std::path::Path::new("/proc/self/mountinfo").exists() {
        eprintln!("skipped: there is no /proc");
        return;
    }
    // Not the whole machine: only as much as says whether /proc is entered.
    let limits = Limits { entries: 3000, layer_bytes: 1, depth: 0, ..Limits::default() };
    let source = open_local(LocalKind::Dir, "/".as_ref(), None, &limits).unwrap();
    let found = source.images(&Selection::Default).unwrap();
    assert!(found.problems.iter().all(|p| p.path != "proc" && !p.path.starts_with("proc/")), "{:?}", found.problems);
    assert!(found.problems.iter().any(|p| p.path == "usr"), "others are entered: {:?}", found.problems);
}
