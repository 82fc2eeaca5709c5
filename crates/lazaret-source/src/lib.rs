//! Images that come over a socket: registries by reference, and the daemons of this machine. One file per source, each
//! with a type that implements [`lazaret_oci::Source`] or a function that opens one.
//!
//! What is absent: packages, policy, files on disk (those are `lazaret-oci`'s), the environment. Addresses are handed
//! in; so is the HTTP client of registries. A daemon's socket gets a client of its own.
#![forbid(unsafe_code)]

pub mod containerd;
pub mod daemon;
pub mod docker_daemon;
pub mod podman;
pub mod registry;
mod words;

pub use containerd::{ContainerdOptions, ContainerdSource};
pub use daemon::DaemonOptions;
pub use registry::{RegistryOptions, RegistrySource};
