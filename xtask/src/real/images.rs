//! The images of the run: every archive of the shared folder when it is there, and small ones of our own always.

use crate::images::{Fitness, Packing, Sample, docker_archive, oci_archive};
use crate::workspace;
use anyhow::Result;
use std::path::{Path, PathBuf};

/// A file that a client reads.
pub(crate) struct Archive {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Docker,
    Oci,
}

impl Archive {
    /// The transport and path, as skopeo and podman take it.
    pub(crate) fn source(&self) -> String {
        let transport = match self.format {
            Format::Docker => "docker-archive",
            Format::Oci => "oci-archive",
        };
        format!("{transport}:{}", self.path.display())
    }
}

/// All archives, by name.
pub(crate) fn all(folder: &Path) -> Result<Vec<Archive>> {
    let mut archives = own(folder)?;
    if let Some(shared) = workspace::shared_path("images") {
        for entry in std::fs::read_dir(shared)? {
            let path = entry?.path();
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (name, format) = if let Some(name) = file.strip_suffix(".docker.tar") {
                (name, Format::Docker)
            } else if let Some(name) = file.strip_suffix(".oci.tar") {
                (name, Format::Oci)
            } else {
                continue;
            };
            archives.push(Archive { name: name.to_owned(), path, format });
        }
    }
    archives.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(archives)
}

/// Small images: fit and unfit, a docker archive, zstd layers, an index.
fn own(folder: &Path) -> Result<Vec<Archive>> {
    std::fs::create_dir_all(folder)?;
    let sample = |fitness, packing, architecture, seed| Sample::new(fitness, packing, architecture, seed);
    let fit = sample(Fitness::Fit, Packing::Gzip, "amd64", "fit")?;
    let unfit = sample(Fitness::Unfit, Packing::Gzip, "amd64", "unfit")?;
    let docker = sample(Fitness::Fit, Packing::Gzip, "amd64", "docker")?;
    let zstd = sample(Fitness::Fit, Packing::Zstd, "amd64", "zstd")?;
    let amd = sample(Fitness::Fit, Packing::Gzip, "amd64", "index")?;
    let arm = sample(Fitness::Fit, Packing::Gzip, "arm64", "index")?;

    let at = |name: &str| folder.join(name);
    oci_archive(&at("own-fit.oci.tar"), &[("amd64", &fit)])?;
    oci_archive(&at("own-unfit.oci.tar"), &[("amd64", &unfit)])?;
    oci_archive(&at("own-zstd.oci.tar"), &[("amd64", &zstd)])?;
    oci_archive(&at("own-index.oci.tar"), &[("amd64", &amd), ("arm64", &arm)])?;
    docker_archive(&at("own-docker.docker.tar"), "own-docker:1", &docker)?;
    let oci = ["own-fit", "own-unfit", "own-zstd", "own-index"].map(|name| (name, "oci", Format::Oci));
    let files = oci.into_iter().chain([("own-docker", "docker", Format::Docker)]);
    Ok(files
        .map(|(name, kind, format)| Archive { name: name.to_owned(), path: at(&format!("{name}.{kind}.tar")), format })
        .collect())
}
