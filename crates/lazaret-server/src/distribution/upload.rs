//! Upload sessions (distribution-spec, "Pushing blobs"): begun by POST, filled by PATCH, ended by PUT or DELETE.
//! A body is written and hashed while it arrives; one that breaks off leaves what came, and the session goes on.

pub(super) mod cancel;
pub(super) mod finish;
mod mount;
pub(super) mod patch;
mod receive;
mod session;
pub(super) mod start;
pub(super) mod status;
