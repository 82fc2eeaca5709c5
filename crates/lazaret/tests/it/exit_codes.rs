use crate::support::lazaret;

#[test]
fn wrong_usage_is_2_and_says_what_was_meant() {
    let data = tempfile::tempdir().unwrap();
    for args in [
        &["frobnicate"][..],
        &["scan"],
        &["scan", "alpine"],
        &["scan", "dir:.", "--policy", "lenient"],
        &["scan", "dir:.", "--clock", "yesterday"],
        &["serve", "--listen", "0.0.0.0:0"],
        &["admin", "principal", "create", "x", "--role", "king", "--on", "*"],
    ] {
        let run = lazaret(data.path(), args, &[]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        assert!(!run.stderr.is_empty());
    }
    let run = lazaret(data.path(), &["doctor"], &[("LAZARET_WORKERS", "many")]);
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr, "lazaret: LAZARET_WORKERS=\"many\": expected a whole number from 1 to 64\n");
}

#[test]
fn a_source_that_cannot_be_opened_is_1_with_nothing_on_stdout() {
    let data = tempfile::tempdir().unwrap();
    let run = lazaret(data.path(), &["scan", "docker-archive:/nowhere.tar", "--format", "json"], &[]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("/nowhere.tar"), "{}", run.stderr);
}

#[test]
fn help_and_version_are_0() {
    let data = tempfile::tempdir().unwrap();
    for args in [&["--help"][..], &["--version"], &["scan", "--help"], &["completions", "bash"]] {
        let run = lazaret(data.path(), args, &[]);
        assert_eq!(run.code, 0);
        assert!(run.stdout.contains("lazaret"));
    }
}
