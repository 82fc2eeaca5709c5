//! Tags (gate.md 9): each remembers its pushes, the newest of them, and the newest that plain readers may have.

use lazaret_model::{Digest, Repository, Tag, Timestamp};
use rusqlite::{Connection, Row};

use crate::{
    Store, StoreError, audit_log,
    db::{self, Tx},
};

/// Where a tag points.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TagRow {
    pub name: Tag,
    /// Digest of the newest push.
    pub newest: Digest,
    /// Digest that plain readers get: of the pushes whose digest ever reached a served state, the newest. It never
    /// goes back to an older push. Whether it still is in a served state is the gate's question.
    pub served: Option<Digest>,
    /// When `newest` was pushed.
    pub pushed_at: Timestamp,
    pub pushed_by: String,
}

impl Store {
    pub fn tag(&self, repository: &Repository, tag: &Tag) -> Result<Option<TagRow>, StoreError> {
        let sql = "SELECT name, newest_digest, served_digest, pushed_at, pushed_by FROM tags
                   WHERE repository = ?1 AND name = ?2";
        self.read(|c| db::one(c, sql, (repository.as_str(), tag.as_str()), row))
    }

    /// Up to `n` tags in byte order, after `last` (which need not exist). `served_only`: those that a plain reader
    /// may know of: served now, or overdue.
    pub fn tags(
        &self,
        repository: &Repository,
        served_only: bool,
        last: Option<&str>,
        n: usize,
    ) -> Result<Vec<TagRow>, StoreError> {
        let every = "SELECT name, newest_digest, served_digest, pushed_at, pushed_by FROM tags
                     WHERE repository = ?1 AND name > ?2 ORDER BY name LIMIT ?3";
        let served = "SELECT t.name, t.newest_digest, t.served_digest, t.pushed_at, t.pushed_by
                      FROM tags t JOIN manifests m ON m.repository = t.repository AND m.digest = t.served_digest
                      WHERE t.repository = ?1 AND t.name > ?2
                          AND m.effective IN ('approved', 'due', 'pre-gate', 'overdue')
                      ORDER BY t.name LIMIT ?3";
        let sql = if served_only { served } else { every };
        self.read(|c| db::all(c, sql, (repository.as_str(), last.unwrap_or(""), db::limit(n)), row))
    }

    /// Tags that point to a digest, as newest or as served, in byte order.
    pub fn tags_of(&self, repository: &Repository, digest: &Digest) -> Result<Vec<Tag>, StoreError> {
        let sql = "SELECT DISTINCT t.name FROM tag_pushes p
                   JOIN tags t ON t.repository = p.repository AND t.name = p.tag
                   WHERE p.repository = ?1 AND p.digest = ?2 AND (t.newest_digest = ?2 OR t.served_digest = ?2)
                   ORDER BY t.name";
        self.read(|c| db::all(c, sql, (repository.as_str(), digest.to_string()), |row| db::tag(row, 0)))
    }

    /// Deletes a tag with its pushes; `false` when there was none. The manifests stay.
    pub fn delete_tag(&self, repository: &Repository, tag: &Tag, actor: &str) -> Result<bool, StoreError> {
        self.write(|tx| {
            if !remove(tx, repository, tag)? {
                return Ok(false);
            }
            audit_log::append(tx, actor, "delete_tag", &format!("{repository}:{tag}"), "{}")?;
            Ok(true)
        })
    }
}

/// Records that a digest was pushed under a tag. Pushing what is the newest already is no new push.
pub(crate) fn push(
    tx: &Tx<'_>,
    repository: &Repository,
    tag: &Tag,
    digest: &Digest,
    principal: &str,
) -> Result<(), StoreError> {
    let standing = standing(tx, repository, tag)?;
    let seq = match standing {
        Some(Standing { newest, .. }) if newest == *digest => return Ok(()),
        Some(Standing { newest_seq, .. }) => newest_seq + 1,
        None => 1,
    };
    let (digest, now) = (digest.to_string(), tx.now.as_millis());
    db::execute(
        tx,
        "INSERT INTO tags (repository, name, newest_seq, newest_digest, pushed_at, pushed_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (repository, name) DO UPDATE SET newest_seq = excluded.newest_seq,
             newest_digest = excluded.newest_digest, pushed_at = excluded.pushed_at, pushed_by = excluded.pushed_by",
        (repository.as_str(), tag.as_str(), seq, &digest, now, principal),
    )?;
    db::execute(
        tx,
        "INSERT INTO tag_pushes (repository, tag, seq, digest, pushed_at, pushed_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        (repository.as_str(), tag.as_str(), seq, &digest, now, principal),
    )?;
    Ok(())
}

/// A digest is in a served state: every tag with a push of it that is newer than what the tag serves now serves it.
pub(crate) fn serve(tx: &Tx<'_>, repository: &Repository, digest: &Digest) -> Result<(), StoreError> {
    let digest = digest.to_string();
    let sql = "SELECT t.name, MAX(p.seq) FROM tag_pushes p
               JOIN tags t ON t.repository = p.repository AND t.name = p.tag
               WHERE p.repository = ?1 AND p.digest = ?2
               GROUP BY t.name, t.served_seq HAVING MAX(p.seq) > t.served_seq";
    let moves =
        db::all(tx, sql, (repository.as_str(), &digest), |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    for (tag, seq) in moves {
        db::execute(
            tx,
            "UPDATE tags SET served_seq = ?3, served_digest = ?4 WHERE repository = ?1 AND name = ?2",
            (repository.as_str(), tag, seq, &digest),
        )?;
    }
    Ok(())
}

/// A manifest goes: so do its pushes, and each tag that is left without a newest push. Where readers are served an
/// older push that stays, the tag stays with that; `served` itself never falls back.
pub(crate) fn forget(tx: &Tx<'_>, repository: &Repository, digest: &Digest) -> Result<(), StoreError> {
    let text = digest.to_string();
    let pushed = "SELECT DISTINCT tag FROM tag_pushes WHERE repository = ?1 AND digest = ?2";
    let tags = db::all(tx, pushed, (repository.as_str(), &text), |row| db::tag(row, 0))?;
    let sql = "DELETE FROM tag_pushes WHERE repository = ?1 AND digest = ?2";
    db::execute(tx, sql, (repository.as_str(), &text))?;
    for tag in tags {
        let Some(standing) = standing(tx, repository, &tag)? else { continue };
        let key = (repository.as_str(), tag.as_str());
        match standing.served {
            Some(served) if served == *digest && standing.newest != *digest => {
                let sql = "UPDATE tags SET served_digest = NULL WHERE repository = ?1 AND name = ?2";
                db::execute(tx, sql, key)?;
            }
            Some(served) if served != *digest && standing.newest == *digest => {
                db::execute(
                    tx,
                    "UPDATE tags SET newest_digest = ?3, pushed_at = p.pushed_at, pushed_by = p.pushed_by
                     FROM tag_pushes p
                     WHERE tags.repository = ?1 AND tags.name = ?2
                         AND p.repository = ?1 AND p.tag = ?2 AND p.seq = tags.served_seq",
                    (key.0, key.1, served.to_string()),
                )?;
            }
            _ if standing.newest == *digest => {
                remove(tx, repository, &tag)?;
            }
            _ => {}
        }
    }
    Ok(())
}

fn remove(tx: &Tx<'_>, repository: &Repository, tag: &Tag) -> Result<bool, StoreError> {
    let key = (repository.as_str(), tag.as_str());
    db::execute(tx, "DELETE FROM tag_pushes WHERE repository = ?1 AND tag = ?2", key)?;
    Ok(db::execute(tx, "DELETE FROM tags WHERE repository = ?1 AND name = ?2", key)? > 0)
}

struct Standing {
    newest_seq: i64,
    newest: Digest,
    served: Option<Digest>,
}

fn standing(c: &Connection, repository: &Repository, tag: &Tag) -> Result<Option<Standing>, StoreError> {
    let sql = "SELECT newest_seq, newest_digest, served_digest FROM tags WHERE repository = ?1 AND name = ?2";
    db::one(c, sql, (repository.as_str(), tag.as_str()), |row| {
        Ok(Standing { newest_seq: row.get(0)?, newest: db::digest(row, 1)?, served: db::digest_option(row, 2)? })
    })
}

fn row(row: &Row<'_>) -> rusqlite::Result<TagRow> {
    Ok(TagRow {
        name: db::tag(row, 0)?,
        newest: db::digest(row, 1)?,
        served: db::digest_option(row, 2)?,
        pushed_at: db::time(row, 3)?,
        pushed_by: row.get(4)?,
    })
}
