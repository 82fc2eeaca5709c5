use crate::support::lazaret;

#[test]
fn the_demonstration_shows_the_main_job() {
    let data = tempfile::tempdir().unwrap();
    let listen = [("LAZARET_LISTEN", "127.0.0.1:0")];
    let run =
        lazaret(data.path(), &["demo", "--exit", "--format", "json", "--data", data.path().to_str().unwrap()], &listen);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let rows = run.json();
    let row = |name: &str| {
        let rows = rows.as_array().unwrap();
        rows.iter().find(|r| r["reference"].as_str().unwrap().contains(name)).unwrap().clone()
    };
    let got = |name: &str| {
        let row = row(name);
        (
            row["state"].as_str().unwrap().to_owned(),
            row["reader_manifest_status"].clone(),
            row["reader_blob_status"].clone(),
        )
    };
    for name in ["demo/clean", "demo/multi"] {
        assert_eq!(got(name), ("approved".to_owned(), 200.into(), 200.into()));
    }
    for name in ["demo/minor", "demo/bad"] {
        assert_eq!(got(name), ("blocked".to_owned(), 403.into(), 403.into()));
    }
    assert_eq!(row("demo/minor")["findings"], 1);

    // `admin state` on the same data agrees, and `why` replays each decision.
    for name in ["clean", "minor", "bad", "multi"] {
        let row = row(&format!("demo/{name}"));
        let image = format!("demo/{name}@{}", row["digest"].as_str().unwrap());
        let state = lazaret(data.path(), &["admin", "state", &image, "--format", "json"], &[]).json();
        assert_eq!((&state["state"], &state["decision"]), (&row["state"], &row["decision"]), "{image}");
        let why = lazaret(data.path(), &["why", &image, "--format", "json"], &[]);
        assert_eq!(why.code, 0, "{}", why.stderr);
        for explained in why.json().as_array().unwrap() {
            assert_eq!((&explained["replay"], &explained["signature_valid"]), (&"same".into(), &true.into()));
        }
    }
    let reasons = lazaret(data.path(), &["admin", "state", "demo/bad:1.0", "--format", "json"], &[]).json();
    let rules: std::collections::BTreeSet<_> =
        reasons["reasons"].as_array().unwrap().iter().map(|r| r["rule"].as_str().unwrap()).collect();
    assert!(
        ["end_of_life_os", "known_vulnerability", "root_user", "secret_in_env", "ssh_server"]
            .iter()
            .all(|r| rules.contains(r)),
        "{rules:?}"
    );
}
