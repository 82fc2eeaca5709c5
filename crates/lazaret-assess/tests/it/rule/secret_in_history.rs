use lazaret_model::HistoryEntry;

use super::{Shown, messages};
use crate::sample::subject;

const END: &str = "(value not shown); hand it over as a build secret or at run time, and replace it";

fn found(steps: &[&str], env: &[&str]) -> Vec<String> {
    let mut subject = subject([]);
    let entry = |line: &&str| HistoryEntry { created_by: (*line).to_owned(), ..HistoryEntry::default() };
    subject.facts.history = steps.iter().map(entry).collect();
    subject.facts.env = env.iter().map(|line| (*line).to_owned()).collect();
    messages("secret_in_history", &subject, &Shown::default())
}

#[test]
fn steps_are_named_and_values_are_not() {
    let steps = [
        "/bin/sh -c #(nop) ADD file:1 in / ",
        "ARG NPM_TOKEN=kiwi42",
        "RUN |1 TOKEN=kiwi42 /bin/sh -c make # buildkit",
        "RUN /bin/sh -c curl -H \"Authorization: Bearer kiwi42kiwi43kiwi44kiwi45\" https://acme.io # buildkit",
        "CMD [\"app\"]",
    ];
    let found = found(&steps, &[]);
    assert_eq!(
        found,
        [
            format!("step 2 of the history (ARG) holds a token in NPM_TOKEN {END}"),
            format!("step 3 of the history (RUN) holds a token in TOKEN {END}"),
            format!("step 4 of the history (RUN) holds a token in an Authorization header {END}"),
        ]
    );
    assert!(found.iter().all(|message| !message.contains("kiwi")));
}

#[test]
fn what_is_still_set_is_told_once() {
    let steps = ["ENV DB_PASSWORD=kiwi42", "ENV DB_PASSWORD="];
    assert_eq!(found(&steps[..1], &["DB_PASSWORD=kiwi42"]), Vec::<String>::new());
    assert_eq!(found(&steps, &["DB_PASSWORD="]).len(), 1, "emptied later");
}

#[test]
fn labels_and_commands() {
    let mut subject = subject([]);
    subject.facts.labels = [("deploy.token".to_owned(), "kiwi42".to_owned())].into();
    subject.facts.labels.insert("maintainer".to_owned(), "me@acme.io".to_owned());
    subject.facts.cmd = ["app", "--password=kiwi42"].map(str::to_owned).to_vec();
    let found = messages("secret_in_history", &subject, &Shown::default());
    assert_eq!(
        found,
        [format!("label deploy.token holds a token {END}"), format!("CMD holds a password in password {END}")]
    );
}

#[test]
fn many_are_counted() {
    let steps: Vec<String> = (0..50).map(|n| format!("ARG TOKEN_{n}=kiwi42")).collect();
    let steps: Vec<&str> = steps.iter().map(String::as_str).collect();
    let found = found(&steps, &[]);
    assert_eq!((found.len(), found[20].as_str()), (21, "30 more places of history, labels and command hold secrets"));
}
