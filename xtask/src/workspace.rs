//! Where things are: the workspace, its target folder, and the shared folder beside it.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

/// The workspace's root.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// The folder `shared` beside the clone (images, advisories, test beds), or `None` where a stranger has none.
pub(crate) fn shared() -> Option<PathBuf> {
    root().ancestors().skip(1).map(|folder| folder.join("shared")).find(|path| path.join("design").is_dir())
}

/// A path below `shared`, when it is there.
pub(crate) fn shared_path(path: &str) -> Option<PathBuf> {
    shared().map(|folder| folder.join(path)).filter(|path| path.exists())
}

/// An environment variable of the developer's shell.
#[expect(clippy::disallowed_methods, reason = "a developer's tool reads its environment here and nowhere else")]
pub(crate) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Cargo's target folder: `CARGO_TARGET_DIR` where it is set.
pub(crate) fn target() -> PathBuf {
    variable("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |path| root().join(path))
}

/// Milliseconds since 1970.
#[expect(clippy::disallowed_methods, reason = "a test's journal is dated by the test's own clock")]
pub(crate) fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis())
}
