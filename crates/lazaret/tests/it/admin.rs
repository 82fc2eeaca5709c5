use crate::support::lazaret;

#[test]
fn a_principal_is_made_listed_rotated_and_disabled() {
    let data = tempfile::tempdir().unwrap();
    let create = ["admin", "principal", "create", "ci", "--role", "contributor", "--on", "team/*", "--format", "json"];
    let made = lazaret(data.path(), &create, &[]).json();
    let word = |value: &serde_json::Value| {
        value
            .as_str()
            .is_some_and(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)))
    };
    assert!(word(&made["id"]) && word(&made["secret"]), "{made}");
    let id = made["id"].as_str().unwrap();

    let rotated = lazaret(data.path(), &["admin", "principal", "rotate", id, "--format", "json"], &[]).json();
    assert_ne!(rotated["secret"], made["secret"]);
    assert_eq!(lazaret(data.path(), &["admin", "principal", "disable", id], &[]).code, 0);
    let listed = lazaret(data.path(), &["admin", "principal", "list", "--format", "json"], &[]);
    assert!(!listed.stdout.contains(made["secret"].as_str().unwrap()));
    assert_eq!(listed.json()[0]["id"], made["id"]);
    assert!(listed.json()[0]["disabled"].is_string());
}

#[test]
fn what_is_not_there_is_said() {
    let data = tempfile::tempdir().unwrap();
    let run = lazaret(data.path(), &["admin", "state", "team/app:1", "--format", "json"], &[]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    assert!(run.stderr.contains("team/app has no tag 1"), "{}", run.stderr);
}
