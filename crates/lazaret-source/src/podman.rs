//! Images of Podman's service (libpod API, "Inspect an image" and "Export an image").
//!
//! The export is asked for in Docker's form: Podman's storage has plain layers, which that form takes as they are,
//! while for an OCI archive they are compressed anew and get a manifest that nobody has seen before. An image with zstd
//! layers cannot be had in that form (Podman 4.3 answers 400): it comes as an OCI archive.

use std::path::PathBuf;

use lazaret_oci::{Source, SourceError};

use crate::daemon::{self, DaemonOptions, Dialect};

const DIALECT: Dialect = Dialect {
    kind: "podman",
    program: "Podman",
    variable: "CONTAINER_HOST",
    images: "/v4.0.0/libpod/images",
    exports: &["?format=docker-archive", "?format=oci-archive"],
    start: "its socket has to be started: `systemctl --user start podman.socket` (as root `systemctl start \
            podman.socket`), or `podman system service --time=0 &`",
};

/// Exports `image` (name, digest or id) from the service. What is reported is the image's id, the digest of its
/// configuration. `progress` is told the bytes that came so far.
pub fn open(image: &str, options: &DaemonOptions, progress: &dyn Fn(u64)) -> Result<Box<dyn Source>, SourceError> {
    let mut sockets: Vec<_> = options.runtime_dir.iter().map(|dir| dir.join("podman/podman.sock")).collect();
    sockets.push(PathBuf::from("/run/podman/podman.sock"));
    daemon::open(&DIALECT, &sockets, image, options, progress)
}
