use lazaret_model::{
    Digest,
    ImageState::{self, Approved, Blocked, Due, Overdue, PreGate, Quarantined, Revoked},
};

use crate::harness::{Fixture, repo, tag};

/// Letters are images; an upper-case word is a state that the image before it gets. After each step: newest, served.
enum Step {
    Push(&'static str),
    State(&'static str, ImageState),
    Delete(&'static str),
    DeleteTag,
}
use Step::{Delete, DeleteTag, Push, State};

type Row = (Step, Option<(&'static str, Option<&'static str>)>);

fn name_of(digest: &Digest, f: &Fixture) -> String {
    let row = f.store.manifest(&repo("app"), digest).unwrap().unwrap();
    String::from_utf8(row.bytes).unwrap().trim_start_matches("manifest ").to_owned()
}

fn check(what: &str, table: Vec<Row>) {
    let f = Fixture::new();
    for (n, (step, wanted)) in table.into_iter().enumerate() {
        let digest = |name: &str| crate::harness::digest(format!("manifest {name}").as_bytes());
        match step {
            Push(name) => {
                f.image("app", name, Some("latest"));
            }
            State(name, state) => {
                f.set("app", &digest(name), state);
            }
            Delete(name) => assert!(f.store.delete_manifest(&repo("app"), &digest(name), "ci").unwrap()),
            DeleteTag => assert!(f.store.delete_tag(&repo("app"), &tag("latest"), "ci").unwrap()),
        }
        let row = f.store.tag(&repo("app"), &tag("latest")).unwrap();
        let found = row.map(|r| (name_of(&r.newest, &f), r.served.map(|d| name_of(&d, &f))));
        let wanted = wanted.map(|(newest, served)| (newest.to_owned(), served.map(ToOwned::to_owned)));
        assert_eq!(found, wanted, "{what}, step {n}");
    }
}

#[test]
fn a_tag_serves_its_newest_approved_push() {
    check(
        "the newest is approved at last",
        vec![
            (Push("a"), Some(("a", None))),
            (State("a", Approved), Some(("a", Some("a")))),
            (Push("b"), Some(("b", Some("a")))),
            (State("b", Blocked), Some(("b", Some("a")))),
            (State("b", Approved), Some(("b", Some("b")))),
        ],
    );
    check(
        "every served state serves",
        vec![
            (Push("a"), Some(("a", None))),
            (State("a", PreGate), Some(("a", Some("a")))),
            (Push("b"), Some(("b", Some("a")))),
            (State("b", Due), Some(("b", Some("b")))),
        ],
    );
}

#[test]
fn a_tag_never_moves_back() {
    check(
        "an older push is approved later",
        vec![
            (Push("a"), Some(("a", None))),
            (Push("b"), Some(("b", None))),
            (State("b", Approved), Some(("b", Some("b")))),
            (State("a", Approved), Some(("b", Some("b")))),
        ],
    );
    check(
        "what is served loses its state",
        vec![
            (Push("a"), Some(("a", None))),
            (State("a", Approved), Some(("a", Some("a")))),
            (Push("b"), Some(("b", Some("a")))),
            (State("b", Approved), Some(("b", Some("b")))),
            (State("b", Overdue), Some(("b", Some("b")))),
            (State("b", Revoked), Some(("b", Some("b")))),
            (State("a", Due), Some(("b", Some("b")))),
        ],
    );
    check(
        "an older push that is not the oldest",
        vec![
            (Push("a"), Some(("a", None))),
            (State("a", Approved), Some(("a", Some("a")))),
            (Push("b"), Some(("b", Some("a")))),
            (Push("c"), Some(("c", Some("a")))),
            (State("b", Approved), Some(("c", Some("b")))),
            (State("c", Approved), Some(("c", Some("c")))),
        ],
    );
}

#[test]
fn pushing_again_moves_a_tag() {
    check(
        "an approved digest serves at once",
        vec![
            (Push("a"), Some(("a", None))),
            (State("a", Approved), Some(("a", Some("a")))),
            (Push("b"), Some(("b", Some("a")))),
            (State("b", Approved), Some(("b", Some("b")))),
            (Push("a"), Some(("a", Some("a")))),
            (Push("a"), Some(("a", Some("a")))),
            (State("b", Due), Some(("a", Some("a")))),
        ],
    );
    check(
        "a rolled back push does not let the one between pass",
        vec![
            (Push("a"), Some(("a", None))),
            (Push("b"), Some(("b", None))),
            (Push("a"), Some(("a", None))),
            (State("a", Approved), Some(("a", Some("a")))),
            (State("b", Approved), Some(("a", Some("a")))),
        ],
    );
}

#[test]
fn deleting_takes_pushes_away() {
    check(
        "the newest goes, readers keep what they have",
        vec![
            (Push("a"), Some(("a", None))),
            (State("a", Approved), Some(("a", Some("a")))),
            (Push("b"), Some(("b", Some("a")))),
            (Delete("b"), Some(("a", Some("a")))),
            (Push("b"), Some(("b", Some("a")))),
            (State("b", Approved), Some(("b", Some("b")))),
        ],
    );
    check(
        "what is served goes: nothing older takes its place",
        vec![
            (Push("a"), Some(("a", None))),
            (State("a", Approved), Some(("a", Some("a")))),
            (Push("b"), Some(("b", Some("a")))),
            (State("b", Approved), Some(("b", Some("b")))),
            (Push("c"), Some(("c", Some("b")))),
            (Delete("b"), Some(("c", None))),
            (State("a", Due), Some(("c", None))),
            (State("c", Approved), Some(("c", Some("c")))),
            (Delete("c"), None),
            (Push("a"), Some(("a", Some("a")))),
        ],
    );
    check(
        "a tag begins anew",
        vec![
            (Push("a"), Some(("a", None))),
            (Push("b"), Some(("b", None))),
            (DeleteTag, None),
            (State("a", Approved), None),
            (Push("b"), Some(("b", None))),
            (State("b", Quarantined), Some(("b", None))),
        ],
    );
}

#[test]
fn lists_are_in_byte_order_and_hide_what_readers_may_not_know() {
    let f = Fixture::new();
    for (name, state) in [
        ("a", Approved),
        ("B", Blocked),
        ("c", Quarantined),
        ("d", Overdue),
        ("e", Revoked),
        ("f", Due),
        ("_", PreGate),
    ] {
        let image = f.image("app", name, Some(name));
        f.set("app", &image, Approved);
        f.set("app", &image, state);
    }
    f.image("app", "new", Some("z"));
    let names = |served, last, n| {
        let rows = f.store.tags(&repo("app"), served, last, n).unwrap();
        rows.iter().map(|r| r.name.to_string()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(false, None, 100), "B _ a c d e f z");
    assert_eq!(names(true, None, 100), "_ a d f");
    assert_eq!(names(false, Some("a"), 2), "c d");
    assert_eq!(names(true, Some("b"), 100), "d f");
    assert_eq!(names(false, None, 0), "");
    let image = f.image("app", "a", Some("again"));
    let tags = f.store.tags_of(&repo("app"), &image).unwrap();
    assert_eq!(tags, [tag("a"), tag("again")]);
    assert!(!f.store.delete_tag(&repo("app"), &tag("none"), "ci").unwrap());
}
