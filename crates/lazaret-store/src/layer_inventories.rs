//! What was found in a layer, kept under its digest and the fingerprint of the detectors that looked. Opaque bytes.

use lazaret_model::Digest;

use crate::{Store, StoreError, db};

impl Store {
    pub fn layer_inventory(&self, layer: &Digest, fingerprint: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT bytes FROM layer_inventories WHERE layer = ?1 AND fingerprint = ?2";
        self.read(|c| db::one(c, sql, (layer.to_string(), fingerprint), |row| row.get(0)))
    }

    /// Stores or replaces it.
    pub fn put_layer_inventory(&self, layer: &Digest, fingerprint: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(|tx| {
            db::execute(
                tx,
                "INSERT INTO layer_inventories (layer, fingerprint, created_at, bytes) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (layer, fingerprint) DO UPDATE SET created_at = excluded.created_at,
                     bytes = excluded.bytes",
                (layer.to_string(), fingerprint, tx.now.as_millis(), bytes),
            )?;
            Ok(())
        })
    }
}
