use lazaret_model::ImageState;
use rusqlite::Connection;

use crate::harness::{Fixture, repo, tag};

#[test]
fn what_is_done_is_written_down_and_cannot_be_changed_unseen() {
    let f = Fixture::new();
    let image = f.image("app", "v1", Some("1.0"));
    f.set("app", &image, ImageState::Approved);
    f.store.set_policy(&repo("app"), Some("staging"), "sp-admin").unwrap();
    f.store.delete_tag(&repo("app"), &tag("1.0"), "sp-ci").unwrap();
    f.store.delete_manifest(&repo("app"), &image, "sp-ci").unwrap();
    f.store.audit("sp-ci", "read_unapproved", "app:1.0", "{}").unwrap();
    let rows = f.store.audit_rows(0, 100).unwrap();
    let actions: Vec<_> = rows.iter().map(|r| r.action.as_str()).collect();
    assert_eq!(
        actions,
        ["push_manifest", "set_state", "set_policy", "delete_tag", "delete_manifest", "read_unapproved"]
    );
    assert_eq!((rows[0].actor.as_str(), rows[0].target.as_str()), ("sp-ci", "app:1.0"));
    assert_eq!(rows[1].target, format!("app@{image}"));
    assert_eq!(f.store.audit_rows(4, 1).unwrap()[0].seq, 5);
    assert_eq!(f.store.verify_audit_log().unwrap().broken, None);

    let raw = Connection::open(f.dir.path().join("lazaret.db")).unwrap();
    let broken = |sql: &str| {
        raw.execute_batch("BEGIN").unwrap();
        raw.execute_batch(sql).unwrap();
        raw.execute_batch("COMMIT").unwrap();
        f.store.verify_audit_log().unwrap().broken
    };
    assert_eq!(broken("UPDATE audit_log SET actor = 'x' WHERE seq = 5"), Some(5));
    assert_eq!(broken("UPDATE audit_log SET actor = 'sp-ci' WHERE seq = 5"), None);
    assert_eq!(broken("UPDATE audit_log SET action = 'push_manifes', target = 'tapp:1.0' WHERE seq = 1"), Some(1));
    assert_eq!(broken("UPDATE audit_log SET action = 'push_manifest', target = 'app:1.0' WHERE seq = 1"), None);
    assert_eq!(broken("DELETE FROM audit_log WHERE seq = 3"), Some(4));
}
