//! Images that come over a socket: registries by reference. Daemons (docker, podman, containerd) come as files of
//! their own beside `registry.rs`, each with a type that implements [`lazaret_oci::Source`].
//!
//! What is absent: packages, policy, files on disk (those are `lazaret-oci`'s). The HTTP client is handed in.
#![forbid(unsafe_code)]

pub mod registry;

pub use registry::{RegistryOptions, RegistrySource};
