//! Media types of manifests, configurations and layers, OCI and Docker (OCI image-spec, media-types.md).

pub const OCI_MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub const OCI_INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const OCI_CONFIG: &str = "application/vnd.oci.image.config.v1+json";
pub const OCI_EMPTY: &str = "application/vnd.oci.empty.v1+json";
pub const OCI_LAYER: &str = "application/vnd.oci.image.layer.v1.tar";
pub const OCI_LAYER_GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
pub const OCI_LAYER_ZSTD: &str = "application/vnd.oci.image.layer.v1.tar+zstd";
pub const DOCKER_MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";
pub const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";
pub const DOCKER_CONFIG: &str = "application/vnd.docker.container.image.v1+json";
pub const DOCKER_LAYER: &str = "application/vnd.docker.image.rootfs.diff.tar";
pub const DOCKER_LAYER_GZIP: &str = "application/vnd.docker.image.rootfs.diff.tar.gzip";
pub const DOCKER_FOREIGN_LAYER: &str = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip";
/// The two forms before schema 2; recognised only to be refused by name.
pub const DOCKER_SCHEMA1: &str = "application/vnd.docker.distribution.manifest.v1+json";
pub const DOCKER_SCHEMA1_SIGNED: &str = "application/vnd.docker.distribution.manifest.v1+prettyjws";

/// What `Accept` lists when any manifest will do.
pub const ACCEPTED_MANIFESTS: [&str; 4] = [OCI_MANIFEST, OCI_INDEX, DOCKER_MANIFEST, DOCKER_LIST];

/// How a layer is packed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Compression {
    None,
    Gzip,
    Zstd,
}

/// Whether this is an OCI index or a Docker manifest list.
pub fn is_index(media_type: &str) -> bool {
    matches!(media_type, OCI_INDEX | DOCKER_LIST)
}

/// Whether this is an OCI or Docker schema 2 manifest of one image (or artifact).
pub fn is_image_manifest(media_type: &str) -> bool {
    matches!(media_type, OCI_MANIFEST | DOCKER_MANIFEST)
}

/// Whether a configuration of this type describes a container image.
pub fn is_image_config(media_type: &str) -> bool {
    matches!(media_type, OCI_CONFIG | DOCKER_CONFIG)
}

/// The compression that a layer media type promises; `None` when it is no file system layer.
/// What a layer really is, its first bytes say ([`crate::read_layer`]).
pub fn layer_compression(media_type: &str) -> Option<Compression> {
    match media_type {
        OCI_LAYER | DOCKER_LAYER => return Some(Compression::None),
        OCI_LAYER_GZIP | DOCKER_LAYER_GZIP | DOCKER_FOREIGN_LAYER => return Some(Compression::Gzip),
        OCI_LAYER_ZSTD => return Some(Compression::Zstd),
        _ => {}
    }
    let (base, compression) = match media_type.rsplit_once(['+', '.']) {
        Some((base, "gzip")) => (base, Compression::Gzip),
        Some((base, "zstd")) => (base, Compression::Zstd),
        _ => (media_type, Compression::None),
    };
    matches!(base, "application/vnd.oci.image.layer.nondistributable.v1.tar" | DOCKER_LAYER).then_some(compression)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers() {
        assert_eq!(layer_compression(OCI_LAYER), Some(Compression::None));
        assert_eq!(layer_compression(DOCKER_LAYER_GZIP), Some(Compression::Gzip));
        assert_eq!(layer_compression("application/vnd.docker.image.rootfs.diff.tar.zstd"), Some(Compression::Zstd));
        let foreign = "application/vnd.oci.image.layer.nondistributable.v1.tar";
        assert_eq!(layer_compression(foreign), Some(Compression::None));
        assert_eq!(layer_compression(&format!("{foreign}+zstd")), Some(Compression::Zstd));
        assert_eq!(layer_compression("application/vnd.in-toto+json"), None);
        assert_eq!(layer_compression("application/vnd.cncf.helm.chart.content.v1.tar+gzip"), None);
    }
}
