use std::fs;

use crate::support::lazaret;

const ACCEPT: (&str, &str) = ("LAZARET_ADVISORIES_ACCEPT_STARTER", "true");

/// A root file system with one npm package.
fn root(name: &str, version: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let package = dir.path().join("app/node_modules").join(name);
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("package.json"), format!("{{\"name\":\"{name}\",\"version\":\"{version}\"}}")).unwrap();
    dir
}

#[test]
fn the_exit_code_is_the_verdict() {
    let data = tempfile::tempdir().unwrap();
    let scan = |root: &tempfile::TempDir, more: &[&str], env: &[(&str, &str)]| {
        let source = format!("dir:{}", root.path().display());
        let args = [&["scan", &source, "--format", "json"][..], more].concat();
        lazaret(data.path(), &args, env)
    };
    let bad = root("lodash", "4.17.11");
    let run = scan(&bad, &[], &[ACCEPT]);
    assert_eq!(run.code, 10, "{}", run.stderr);
    let json = run.json();
    assert_eq!(json["schema"], "lazaret.scan/1");
    assert_eq!(json["verdict"]["outcome"], "deny");
    let finding = json["findings"].as_array().unwrap().iter().find(|f| f["id"] == "CVE-2021-23337").unwrap();
    assert_eq!((&finding["purl"], &finding["fixed"]), (&"pkg:npm/lodash@4.17.11".into(), &"4.17.21".into()));
    assert_eq!(scan(&bad, &["--exit-zero"], &[ACCEPT]).code, 0);

    // A fresh install without a database clears nothing.
    let clean = root("lazaret-test-clean", "1.0.0");
    let run = scan(&clean, &[], &[]);
    assert_ne!(run.code, 0);
    assert!(run.json()["problems"].as_array().unwrap().iter().any(|p| p["kind"] == "advisories_starter"));
}

#[test]
fn formats() {
    let data = tempfile::tempdir().unwrap();
    let bad = root("lodash", "4.17.11");
    let source = format!("dir:{}", bad.path().display());
    let table = lazaret(data.path(), &["scan", &source], &[ACCEPT]);
    assert!(table.stdout.contains("CVE-2021-23337") && table.stdout.contains("4.17.21"), "{}", table.stdout);
    let sarif = lazaret(data.path(), &["scan", &source, "--format", "sarif"], &[ACCEPT]).json();
    assert_eq!(sarif["version"], "2.1.0");
}
