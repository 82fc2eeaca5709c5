//! The whole matrix, generated: roles x states x routes. The table is compared with one written by hand from the
//! documents, and with the property that matters: no cell gives a reader bytes of an image that is not served.

use std::fmt::Write as _;

use lazaret_model::{Action, Binding, ImageState, Prefix, Principal, Repository, Role, Timestamp, allows};

use super::*;

fn rights(role: Role) -> Rights {
    let binding = Binding { role, on: Prefix::parse("*").unwrap(), expires: None };
    let principal = Principal { id: "x".into(), name: "x".into(), bindings: vec![binding] };
    let (repository, now) = (Repository::parse("team/app").unwrap(), Timestamp::from_millis(0).unwrap());
    let may = |action| allows(&principal, action, Some(&repository), now);
    Rights { pull: may(Action::Pull), read_unapproved: may(Action::ReadUnapproved) }
}

fn cell(ruling: Ruling) -> &'static str {
    match ruling {
        Ruling::Serve { caveat: None } => "200",
        Ruling::Serve { caveat: Some(Caveat::Due | Caveat::PreGate) } => "200w",
        Ruling::Serve { caveat: Some(Caveat::Unapproved) } => "200u",
        Ruling::Deny => "403",
        Ruling::Hidden => "404",
        Ruling::NoRight => "-",
    }
}

/// Every tag shape: newest in each state, before it nothing or a digest in each state.
fn tag_shapes() -> Vec<TagStates> {
    let mut all = Vec::new();
    for newest in ImageState::ALL {
        all.push(TagStates { newest, served: None, same: false });
        all.push(TagStates { newest, served: Some(newest), same: true });
        all.extend(ImageState::ALL.map(|s| TagStates { newest, served: Some(s), same: false }));
    }
    all
}

#[test]
fn the_matrix_is_the_one_of_the_documents() {
    let mut table = String::new();
    for role in Role::ALL {
        let _ = write!(table, "{role}:");
        for state in ImageState::ALL {
            let _ = write!(table, " {}", cell(manifest(rights(role), Some(state))));
        }
        let _ = write!(table, " {} |", cell(manifest(rights(role), None)));
        for reach in Reach::ALL {
            let _ = write!(table, " {}", cell(blob(rights(role), reach)));
        }
        table.push('\n');
    }
    // quarantined approved blocked due overdue revoked pre-gate absent | blob: absent, loose, unserved, served
    let expected = "\
reader: 403 200 403 200w 403 403 200w 404 | 404 404 403 200
contributor: 200u 200 200u 200w 200u 200u 200w 404 | 404 200u 200u 200
deleter: - - - - - - - - | - - - -
quarantine-reader: 200u 200 200u 200w 200u 200u 200w 404 | 404 200u 200u 200
releaser: - - - - - - - - | - - - -
exception-approver: - - - - - - - - | - - - -
catalog-lister: - - - - - - - - | - - - -
auditor: - - - - - - - - | - - - -
administrator: - - - - - - - - | - - - -
owner: 200u 200 200u 200w 200u 200u 200w 404 | 404 200u 200u 200
";
    assert_eq!(table, expected);
}

#[test]
fn no_cell_gives_a_reader_bytes_of_what_is_not_served() {
    let reader = Rights { pull: true, read_unapproved: false };
    let mut served = 0;
    for state in ImageState::ALL {
        let ruling = manifest(reader, Some(state));
        assert_eq!(ruling.serves(), state.is_served(), "{state}");
        served += usize::from(ruling.serves());
    }
    for shape in tag_shapes() {
        let (target, ruling) = tag(reader, Some(shape));
        let state = match target {
            Target::Newest => shape.newest,
            Target::Served => shape.served.unwrap(),
        };
        assert!(!ruling.serves() || state.is_served(), "{shape:?}");
        served += usize::from(ruling.serves());
    }
    for reach in Reach::ALL {
        assert_eq!(blob(reader, reach).serves(), reach == Reach::Served);
    }
    // The positive control: a gate that serves nothing would pass the above.
    assert!(served > 30, "{served}");
}

#[test]
fn a_reader_gets_the_served_predecessor_and_others_the_newest() {
    let reader = Rights { pull: true, read_unapproved: false };
    let writer = Rights { pull: true, read_unapproved: true };
    let shape = TagStates { newest: ImageState::Blocked, served: Some(ImageState::Approved), same: false };
    assert_eq!(tag(reader, Some(shape)), (Target::Served, Ruling::Serve { caveat: None }));
    assert_eq!(tag(writer, Some(shape)), (Target::Newest, Ruling::Serve { caveat: Some(Caveat::Unapproved) }));
    let gone_bad = TagStates { served: Some(ImageState::Revoked), ..shape };
    assert_eq!(tag(reader, Some(gone_bad)), (Target::Newest, Ruling::Deny));
    let newer_is_good = TagStates { newest: ImageState::Approved, ..gone_bad };
    assert_eq!(tag(reader, Some(newer_is_good)), (Target::Newest, Ruling::Serve { caveat: None }));
}

#[test]
fn without_pull_nothing_is_told() {
    for read_unapproved in [false, true] {
        let nobody = Rights { pull: false, read_unapproved };
        let mut all: Vec<Ruling> = ImageState::ALL.iter().map(|s| manifest(nobody, Some(*s))).collect();
        all.push(manifest(nobody, None));
        all.extend(Reach::ALL.map(|r| blob(nobody, r)));
        all.extend(tag_shapes().into_iter().map(|t| tag(nobody, Some(t)).1));
        all.push(tag(nobody, None).1);
        assert!(all.iter().all(|r| *r == Ruling::NoRight));
    }
}
