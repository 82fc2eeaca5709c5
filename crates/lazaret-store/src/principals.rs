//! Service principals: an id, a secret that is shown once, and bindings of roles to repository prefixes.
//! Nothing here is cached: what a change says holds for the next read, in every process.

mod secret;

use lazaret_model::{Binding, Prefix, Principal, Role, Timestamp};
use rusqlite::{Connection, Row};

pub use secret::NewPrincipal;

use crate::{
    Store, StoreError, audit_log,
    db::{self, Tx},
};

/// A principal as administrators see it: never its secret.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PrincipalRow {
    pub principal: Principal,
    pub created: Timestamp,
    pub created_by: String,
    pub expires: Option<Timestamp>,
    pub disabled: Option<Timestamp>,
    /// Tokens minted under an older one are refused.
    pub token_epoch: i64,
}

impl PrincipalRow {
    /// Whether it may sign in at that time.
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.disabled.is_none() && self.expires.is_none_or(|end| now < end)
    }
}

impl Store {
    /// The principal with its bindings; `None` when it does not exist, is disabled or has expired. Bindings keep
    /// their own expiries: `lazaret_model::allows` looks at those.
    pub fn principal(&self, id: &str) -> Result<Option<Principal>, StoreError> {
        Ok(self.principal_with_epoch(id)?.map(|(principal, _)| principal))
    }

    /// As [`Store::principal`], with the token epoch of the same moment: what checking a token needs.
    pub fn principal_with_epoch(&self, id: &str) -> Result<Option<(Principal, i64)>, StoreError> {
        let now = self.now();
        let row = self.principal_row(id)?.filter(|row| row.is_active(now));
        Ok(row.map(|row| (row.principal, row.token_epoch)))
    }

    /// The principal in whatever condition.
    pub fn principal_row(&self, id: &str) -> Result<Option<PrincipalRow>, StoreError> {
        self.read(|c| load(c, id))
    }

    /// All principals, by name.
    pub fn principals(&self) -> Result<Vec<PrincipalRow>, StoreError> {
        self.read(|c| {
            let ids = "SELECT id FROM principals ORDER BY name, id";
            let ids = db::all(c, ids, [], |row| row.get::<_, String>(0))?;
            ids.iter().filter_map(|id| load(c, id).transpose()).collect()
        })
    }

    /// Adds a binding, or changes the expiry of the one there is for this role and prefix.
    pub fn grant(&self, id: &str, binding: &Binding, actor: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            known(tx, id)?;
            bind(tx, id, binding)?;
            audit_log::append(tx, actor, "grant_role", id, &detail(binding.role, &binding.on))
        })
    }

    /// Takes a binding away; `false` when there was none. Tokens minted before are refused from now on.
    pub fn revoke(&self, id: &str, role: Role, on: &Prefix, actor: &str) -> Result<bool, StoreError> {
        self.write(|tx| {
            known(tx, id)?;
            let sql = "DELETE FROM bindings WHERE principal = ?1 AND role = ?2 AND prefix = ?3";
            if db::execute(tx, sql, (id, role.name(), on.as_str()))? == 0 {
                return Ok(false);
            }
            raise_epoch(tx, id)?;
            audit_log::append(tx, actor, "revoke_role", id, &detail(role, on))?;
            Ok(true)
        })
    }

    /// Shuts a principal out for good: neither its secret nor tokens minted before are accepted.
    pub fn disable_principal(&self, id: &str, actor: &str) -> Result<(), StoreError> {
        self.write(|tx| {
            known(tx, id)?;
            let sql = "UPDATE principals SET disabled_at = COALESCE(disabled_at, ?2) WHERE id = ?1";
            db::execute(tx, sql, (id, tx.now.as_millis()))?;
            raise_epoch(tx, id)?;
            audit_log::append(tx, actor, "disable_principal", id, "{}")
        })
    }

    /// Rises with every revocation, rotation and disabling. A token is good only under the epoch it was minted in.
    pub fn token_epoch(&self, id: &str) -> Result<i64, StoreError> {
        let sql = "SELECT token_epoch FROM principals WHERE id = ?1";
        let epoch = self.read(|c| db::one(c, sql, [id], |row| row.get(0)))?;
        epoch.ok_or_else(|| StoreError::NoPrincipal { id: id.to_owned() })
    }
}

fn bind(tx: &Tx<'_>, id: &str, binding: &Binding) -> Result<(), StoreError> {
    db::execute(
        tx,
        "INSERT INTO bindings (principal, role, prefix, expires_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (principal, role, prefix) DO UPDATE SET expires_at = excluded.expires_at",
        (id, binding.role.name(), binding.on.as_str(), binding.expires.map(Timestamp::as_millis)),
    )?;
    Ok(())
}

fn raise_epoch(tx: &Tx<'_>, id: &str) -> Result<(), StoreError> {
    db::execute(tx, "UPDATE principals SET token_epoch = token_epoch + 1 WHERE id = ?1", [id])?;
    Ok(())
}

fn known(c: &Connection, id: &str) -> Result<(), StoreError> {
    let found = db::one(c, "SELECT 1 FROM principals WHERE id = ?1", [id], |_| Ok(()))?;
    found.ok_or_else(|| StoreError::NoPrincipal { id: id.to_owned() })
}

fn detail(role: Role, on: &Prefix) -> String {
    serde_json::json!({ "role": role, "on": on }).to_string()
}

fn load(c: &Connection, id: &str) -> Result<Option<PrincipalRow>, StoreError> {
    let sql = "SELECT name, created_at, created_by, expires_at, disabled_at, token_epoch FROM principals
               WHERE id = ?1";
    let row = db::one(c, sql, [id], |row| {
        Ok(PrincipalRow {
            principal: Principal { id: id.to_owned(), name: row.get(0)?, bindings: Vec::new() },
            created: db::time(row, 1)?,
            created_by: row.get(2)?,
            expires: db::time_option(row, 3)?,
            disabled: db::time_option(row, 4)?,
            token_epoch: row.get(5)?,
        })
    })?;
    let Some(mut row) = row else { return Ok(None) };
    let sql = "SELECT role, prefix, expires_at FROM bindings WHERE principal = ?1 ORDER BY prefix, role";
    row.principal.bindings = db::all(c, sql, [id], binding)?;
    Ok(Some(row))
}

fn binding(row: &Row<'_>) -> rusqlite::Result<Binding> {
    Ok(Binding {
        role: db::parsed(row, 0, |t| t.parse().ok())?,
        on: db::parsed(row, 1, |t| Prefix::parse(t).ok())?,
        expires: db::time_option(row, 2)?,
    })
}
