use std::fs;

use crate::support::lazaret;

/// A root file system with one npm package.
fn root(version: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let package = dir.path().join("app/node_modules/lodash");
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("package.json"), format!("{{\"name\":\"lodash\",\"version\":\"{version}\"}}")).unwrap();
    dir
}

#[test]
fn what_an_upgrade_changed() {
    let data = tempfile::tempdir().unwrap();
    let (old, new) = (root("4.17.11"), root("4.17.21"));
    let source = |root: &tempfile::TempDir| format!("dir:{}", root.path().display());
    let env = [("LAZARET_ADVISORIES_ACCEPT_STARTER", "true")];
    let run = lazaret(data.path(), &["diff", &source(&old), &source(&new), "--format", "json"], &env);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let json = run.json();
    assert_eq!(json["schema"], "lazaret.diff/1");
    assert_eq!(json["packages"]["changed"][0]["to"][0], "4.17.21");
    let lost = json["findings"]["lost"].as_array().unwrap();
    assert!(lost.iter().any(|f| f["id"] == "CVE-2021-23337" && f["why"] == "version"), "{json}");
    let table = lazaret(data.path(), &["diff", &source(&old), &source(&new)], &env);
    assert!(table.stdout.contains("~ npm      lodash 4.17.11 -> 4.17.21"), "{}", table.stdout);
    assert_eq!(lazaret(data.path(), &["diff", &source(&old), "dir:/nowhere"], &env).code, 1);
}
