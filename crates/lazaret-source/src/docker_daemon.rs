//! Images of a Docker daemon (Docker Engine API, "Inspect an image" and "Export an image").

use std::path::PathBuf;

use lazaret_oci::{Source, SourceError};

use crate::daemon::{self, DaemonOptions, Dialect};

/// Without a version: every daemon takes that as its own newest, and no version is known to all of them.
const DIALECT: Dialect = Dialect {
    kind: "docker",
    program: "Docker",
    variable: "DOCKER_HOST",
    images: "/images",
    exports: &[""],
    start: "start dockerd, set DOCKER_HOST, or scan a saved image: `docker save -o x.tar NAME`, docker-archive:x.tar",
};

/// Exports `image` (name, digest or id) from the daemon. What is reported is the image's id, the digest of its
/// configuration: a daemon keeps no manifest. `progress` is told the bytes that came so far.
pub fn open(image: &str, options: &DaemonOptions, progress: &dyn Fn(u64)) -> Result<Box<dyn Source>, SourceError> {
    let mut sockets = vec![PathBuf::from("/var/run/docker.sock")];
    sockets.extend(options.runtime_dir.iter().map(|dir| dir.join("docker.sock")));
    daemon::open(&DIALECT, &sockets, image, options, progress)
}
