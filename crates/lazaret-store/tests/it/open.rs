use std::{fs, os::unix::fs::PermissionsExt, sync::Arc};

use lazaret_model::{FixedClock, ImageState, Timestamp};
use lazaret_store::{Priority, Store, StoreError, Work};
use rusqlite::Connection;

use crate::harness::{Fixture, repo, tag};

#[test]
fn everything_is_there_after_a_restart() {
    let f = Fixture::new();
    let image = f.image("app", "v1", Some("1.0"));
    f.set("app", &image, ImageState::Approved);
    let who = f.store.create_principal("one", &[], None, "admin").unwrap();
    f.store.enqueue(&Work::RejudgeAll, Priority::Background).unwrap();
    f.store.set_policy(&repo("app"), Some("staging"), "admin").unwrap();
    let f = f.reopen();
    assert_eq!(f.state("app", &image), ImageState::Approved);
    assert_eq!(f.store.tag(&repo("app"), &tag("1.0")).unwrap().unwrap().served, Some(image));
    assert!(f.store.authenticate(&who.id, &who.secret).unwrap().is_some());
    assert_eq!(f.store.open_jobs().unwrap(), 2);
    let row = f.store.repositories().unwrap().remove(0);
    assert_eq!((row.name, row.policy.as_deref()), (repo("app"), Some("staging")));
}

#[test]
fn two_handles_see_each_others_writes() {
    let f = Fixture::new();
    let other = f.second();
    let image = f.image("app", "v1", Some("1.0"));
    assert_eq!(other.manifest(&repo("app"), &image).unwrap().unwrap().state, ImageState::Quarantined);
    other.set_state(&repo("app"), &image, ImageState::Approved, None, "admin", "by hand").unwrap();
    assert_eq!(f.state("app", &image), ImageState::Approved);
    assert!(f.store.blob_reach(&repo("app"), &crate::harness::digest(b"layer of v1")).unwrap().served);
}

#[test]
fn many_open_a_new_directory_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let path = dir.path().join("new/data");
            std::thread::spawn(move || {
                let clock = Arc::new(FixedClock(Timestamp::from_millis(n).unwrap()));
                let store = Store::open(&path, clock).unwrap();
                store.audit("system", "open", "", "{}").unwrap();
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    let mode = fs::metadata(dir.path().join("new/data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

fn reopen_error(f: Fixture) -> StoreError {
    let Fixture { store, clock, dir } = f;
    drop(store);
    match Store::open(dir.path(), clock) {
        Ok(_) => panic!("opened"),
        Err(error) => error,
    }
}

#[test]
fn a_newer_schema_is_refused_and_left_alone() {
    let f = Fixture::new();
    let raw = Connection::open(f.dir.path().join("lazaret.db")).unwrap();
    raw.execute("INSERT INTO schema_migrations VALUES (999, 'later', 'x', 0)", []).unwrap();
    let error = reopen_error(f);
    assert!(matches!(error, StoreError::NewerSchema { found: 999, .. }), "{error}");
    assert!(error.to_string().contains("use the newer program"));
}

#[test]
fn a_file_that_is_no_database_is_said_to_be_damaged() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("lazaret.db"), [b'x'; 5000]).unwrap();
    let clock = Arc::new(FixedClock(Timestamp::from_millis(0).unwrap()));
    let Err(error) = Store::open(dir.path(), clock) else { panic!("opened") };
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
}

#[test]
fn the_data_directory_cannot_be_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("file");
    fs::write(&path, b"").unwrap();
    let clock = Arc::new(FixedClock(Timestamp::from_millis(0).unwrap()));
    let Err(error) = Store::open(&path, clock) else { panic!("opened") };
    assert!(matches!(error, StoreError::Io { .. }) && error.to_string().contains("file"), "{error}");
}
