use lazaret_assess::Weight;
use lazaret_model::{Digest, Secret, Severity};

use super::{Shown, faults, messages};
use crate::sample::subject;

fn secret(rule: &str, severity: Severity, path: &str, removed: bool) -> Secret {
    let layer = || Some(Digest::parse(&format!("sha256:{:064x}", 1)).unwrap());
    Secret {
        rule: rule.to_owned(),
        title: "GitHub token".to_owned(),
        severity,
        path: path.to_owned(),
        line: 3,
        excerpt: "ghp_a1B2… (40 characters)".to_owned(),
        layer: layer(),
        removed_in: removed.then(layer).flatten(),
    }
}

#[test]
fn deleted_or_not_worst_first() {
    let mut subject = subject([]);
    assert_eq!(messages("secret_in_file", &subject, &Shown::default()), Vec::<String>::new());
    subject.inventory.secrets = vec![
        secret("assigned_secret", Severity::Low, "app/x.py", false),
        secret("slack_webhook", Severity::Medium, "app/a", false),
        secret("github_token", Severity::Critical, "app/b", true),
    ];
    let faults = faults("secret_in_file", &subject, &Shown::default());
    let end = "replace the secret and build without it";
    assert_eq!(
        faults.iter().map(|fault| (fault.message.clone(), fault.weight)).collect::<Vec<_>>(),
        [
            (
                format!(
                    "app/b, line 3: GitHub token ghp_a1B2… (40 characters); a later layer deletes the file, but the \
                     layer still has it; {end}"
                ),
                Weight::Full
            ),
            (format!("app/a, line 3: GitHub token ghp_a1B2… (40 characters); {end}"), Weight::Full),
            (format!("app/x.py, line 3: GitHub token ghp_a1B2… (40 characters); {end}"), Weight::Warns),
        ]
    );
}

#[test]
fn many_are_counted() {
    let mut subject = subject([]);
    subject.inventory.secrets =
        (0..30).map(|n| secret("github_token", Severity::High, &format!("app/{n:02}"), false)).collect();
    let found = messages("secret_in_file", &subject, &Shown::default());
    assert_eq!((found.len(), found[20].as_str()), (21, "10 more secrets in files"));
}
