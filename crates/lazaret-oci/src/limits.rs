//! What may be spent on bytes from outside.

use std::time::Duration;

/// One value that everything that expands is given. There is no unlimited one: a caller that needs more says how
/// much. What runs into a limit is reported as a problem, never silently cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Entries of one layer.
    pub entries: u64,
    /// Bytes of one path.
    pub path_bytes: usize,
    /// Components of one path.
    pub depth: usize,
    /// Output bytes for one input byte of a compressed stream, counted from [`Limits::ratio_from`] output bytes on.
    pub ratio: u64,
    /// Output bytes below which the ratio is not looked at: a preallocated file of zeros is no bomb yet.
    pub ratio_from: u64,
    /// Uncompressed bytes of one layer.
    pub layer_bytes: u64,
    /// Bytes of one file that is looked at whole.
    pub file_bytes: u64,
    /// Bytes of one PAX or GNU long-name block.
    pub name_bytes: u64,
    /// Bytes of one document that is parsed in memory: configuration, package database, manifest of an archive.
    pub document_bytes: u64,
    /// Nesting of a JSON document (what `serde_json` enforces).
    pub json_depth: usize,
    /// Archives in archives (a jar in a jar).
    pub nested_archives: usize,
    /// Bytes that may be inflated from archives in a layer, beside four times the bytes of those archives.
    pub archive_bytes: u64,
    /// Time that one file may take to be analysed.
    pub file_time: Duration,
    /// Bytes of one file of a layer that are kept in memory; above, or when all layers together keep 64 MiB, an unlinked
    /// temporary file takes it.
    pub body_bytes: u64,
    /// The same of one file of an archive within.
    pub buffer_bytes: u64,
    /// Problems of one kind that are told one by one; the rest is counted.
    pub problems_per_kind: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            entries: 5_000_000,
            path_bytes: 4096,
            depth: 256,
            ratio: 500,
            ratio_from: 1 << 30,
            layer_bytes: 64 << 30,
            file_bytes: 2 << 30,
            name_bytes: 1 << 20,
            document_bytes: 64 << 20,
            json_depth: 128,
            nested_archives: 4,
            archive_bytes: 1 << 30,
            file_time: Duration::from_secs(20),
            body_bytes: 32 << 20,
            buffer_bytes: 16 << 20,
            problems_per_kind: 100,
        }
    }
}
