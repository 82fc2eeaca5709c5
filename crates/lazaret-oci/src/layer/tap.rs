//! Reading a blob while it is being uploaded. The trait is owned here, the worker implements it, the server
//! calls it; neither knows the other.

use std::path::Path;

use lazaret_model::Digest;

/// Decides whether an upload is worth following.
pub trait LayerTap: Send + Sync {
    /// Called once the first bytes are in the spool file. `None`: this blob is not followed.
    fn start(&self, spool: &Path) -> Option<Box<dyn TapHandle>>;
}

/// Follows one upload; reads the spool file behind the writer and never holds it up.
pub trait TapHandle: Send {
    /// `total` bytes are in the spool file now.
    fn received(&mut self, total: u64);
    /// The upload ended and its digest verified: what was found may be kept under it.
    fn complete(self: Box<Self>, digest: &Digest);
    /// The upload was cut, cancelled or did not verify: what was found is thrown away.
    fn abandon(self: Box<Self>);
}
