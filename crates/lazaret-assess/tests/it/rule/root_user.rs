use super::{Shown, messages};
use crate::sample::subject;

fn denied(user: &str) -> Vec<String> {
    let mut subject = subject([]);
    user.clone_into(&mut subject.facts.user);
    messages("root_user", &subject, &Shown::default())
}

#[test]
fn root_by_any_spelling() {
    for user in ["", " ", "root", "root:root", "root:1000", "0", "0:0", "00", "0:1000", ":1000"] {
        assert_eq!(denied(user).len(), 1, "{user:?}");
    }
    assert_eq!(denied("0:0"), ["the image runs as root (USER 0:0); name a user with a non-zero id"]);
}

#[test]
fn others_pass() {
    for user in ["1", "1000", "1000:0", "nobody", "app:root", "nonroot", "rooty", "10"] {
        assert!(denied(user).is_empty(), "{user:?}");
    }
}
