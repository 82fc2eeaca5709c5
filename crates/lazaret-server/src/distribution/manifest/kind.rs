//! What a pushed manifest is to the gate. Evidence takes its subject's state unseen, so nothing that a runtime could
//! unpack and run may pass for evidence. What a manifest calls its parts proves nothing: containerd goes by the media
//! types of the layers, while Docker pulls an OCI manifest of whatever config and layer types, and a schema 2 one with
//! several config types, as long as the config has a `rootfs`. So the bytes are looked at.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Read},
};

use lazaret_model::{Digest, Repository};
use lazaret_oci::{Descriptor, ImageManifest, Index, Manifest, media_type};
use lazaret_store::{ManifestKind, ManifestPut, Store, StoreError};
use serde::de::IgnoredAny;

/// Largest config that is looked into; a larger one counts as an image's, and is judged.
const MAX_CONFIG: u64 = 16 << 20;

/// First bytes of a blob that tell an archive: a tar's first header.
const HEAD: u64 = 512;

/// Children of one index that are looked into as attestations.
const MAX_ATTESTATIONS: usize = 64;

/// What BuildKit writes beside the attestation of an image: the image's digest.
const ATTESTED: &str = "vnd.docker.reference.digest";

/// Layers of signatures and attestations, which cosign and BuildKit give an image's config.
const STATEMENTS: [&str; 3] = [
    "application/vnd.in-toto+json",
    "application/vnd.dev.cosign.simplesigning.v1+json",
    "application/vnd.dsse.envelope.v1+json",
];

/// What parsing alone does not settle.
#[derive(Default)]
pub(super) struct Open {
    /// Layers that have other places to come from, and need not be here.
    pub foreign: Vec<Digest>,
    /// The config calls itself an image's.
    image_config: bool,
}

/// Fills in an image, or an artifact in the shape of one.
pub(super) fn fill_image(put: &mut ManifestPut, image: ImageManifest) -> Open {
    let docker = image.media_type == media_type::DOCKER_MANIFEST;
    let statements = image.layers.iter().all(|layer| STATEMENTS.contains(&layer.media_type.as_str()));
    let file_system = image.layers.iter().any(|layer| is_file_system(&layer.media_type));
    if docker || file_system || (image.is_image() && !statements) {
        put.kind = ManifestKind::Image;
    }
    let image_config = image.is_image();
    // What has other places to come from (Docker foreign layers) need not be here; when it is, it counts.
    let (foreign, own): (Vec<_>, Vec<_>) = image.layers.into_iter().partition(|layer| !layer.urls.is_empty());
    put.blobs = own.into_iter().map(|layer| layer.digest).collect();
    // The referrers API reports the config's type for artifacts without one of their own (distribution-spec).
    put.artifact_type = image.artifact_type.or(Some(image.config.media_type));
    put.config = Some(image.config.digest);
    put.annotations = image.annotations;
    Open { foreign: foreign.into_iter().map(|layer| layer.digest).collect(), image_config }
}

fn is_file_system(media_type: &str) -> bool {
    let kinds = ["application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."];
    let media_type = media_type.to_ascii_lowercase();
    kinds.iter().any(|kind| media_type.starts_with(kind))
}

/// buildkit's old cache export is an index whose children are blobs. Such an index is an artifact, never an image:
/// were it approved for its image children, its other blobs would be served unseen.
pub(super) fn fill_index(put: &mut ManifestPut, index: Index) {
    let is_manifest = |child: &Descriptor| {
        media_type::is_index(&child.media_type) || media_type::is_image_manifest(&child.media_type)
    };
    let (manifests, blobs): (Vec<_>, Vec<_>) = index.manifests.into_iter().partition(is_manifest);
    if blobs.is_empty() {
        put.kind = ManifestKind::Index;
    }
    put.attested = manifests.iter().filter_map(attested).take(MAX_ATTESTATIONS).collect();
    put.manifests = manifests.into_iter().map(|child| child.digest).collect();
    put.blobs = blobs.into_iter().map(|child| child.digest).collect();
    put.artifact_type = index.artifact_type;
    put.annotations = index.annotations;
}

fn attested(child: &Descriptor) -> Option<(Digest, Digest)> {
    let image = child.annotations.get(ATTESTED).filter(|_| child.is_attestation())?;
    Some((child.digest.clone(), Digest::parse(image).ok()?))
}

/// Looks into what may be an artifact. With an image's config and something to unpack it is an image. Without anything
/// to unpack it is evidence. What is left, and an index of blobs, is neither, and waits in quarantine (gate.md 10).
pub(super) fn settle(store: &Store, put: &mut ManifestPut, open: &Open) -> Result<(), StoreError> {
    let mut attested = std::mem::take(&mut put.attested);
    attested.retain(|(child, _)| is_stored_evidence(store, &put.repository, child).unwrap_or(false));
    put.attested = attested;
    let (ManifestKind::Artifact, Some(config)) = (put.kind, &put.config) else { return Ok(()) };
    let unpackable =
        put.blobs.is_empty() || !open.foreign.is_empty() || any_archive(store, &put.repository, &put.blobs)?;
    if !unpackable {
        put.evidence = true;
    } else if open.image_config || has_image_config(store, &put.repository, config)? {
        put.kind = ManifestKind::Image;
    } else {
        put.evidence = put.blobs.is_empty() && open.foreign.is_empty();
    }
    Ok(())
}

/// Whether an artifact that is here already has nothing to unpack.
fn is_stored_evidence(store: &Store, repository: &Repository, digest: &Digest) -> Result<bool, StoreError> {
    let Some(row) = store.manifest(repository, digest)?.filter(|row| row.kind == ManifestKind::Artifact) else {
        return Ok(false);
    };
    let Ok(Manifest::Image(image)) = Manifest::parse(&row.bytes, Some(&row.media_type)) else { return Ok(false) };
    let layers: Vec<Digest> = image.layers.iter().map(|layer| layer.digest.clone()).collect();
    Ok(image.layers.iter().all(|layer| layer.urls.is_empty()) && !any_archive(store, repository, &layers)?)
}

fn has_image_config(store: &Store, repository: &Repository, config: &Digest) -> Result<bool, StoreError> {
    // What is not in this repository is refused when it is stored.
    if !store.repository_has_blob(repository, config)? {
        return Ok(false);
    }
    let Some((file, size)) = store.open_blob(config)? else { return Ok(false) };
    Ok(size > MAX_CONFIG || is_image_config(&read(config, file, size)?))
}

fn any_archive(store: &Store, repository: &Repository, blobs: &[Digest]) -> Result<bool, StoreError> {
    for blob in blobs {
        if store.repository_has_blob(repository, blob)?
            && let Some((file, _)) = store.open_blob(blob)?
            && is_archive(&read(blob, file, HEAD)?)
        {
            return Ok(true);
        }
    }
    Ok(false)
}

fn read(blob: &Digest, file: File, most: u64) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    let done: io::Result<usize> = file.take(most).read_to_end(&mut bytes);
    let failed = |source| StoreError::Io { path: blob.to_string().into(), operation: "read blob", source };
    done.map(|_| bytes).map_err(failed)
}

/// An object with a `rootfs`, in whatever case (Go's readers do not mind), or one that cannot be read whole.
#[expect(clippy::zero_sized_map_values, reason = "serde has no set of the keys of an object")]
fn is_image_config(bytes: &[u8]) -> bool {
    if bytes.trim_ascii_start().first() != Some(&b'{') {
        return false;
    }
    let keys: Result<HashMap<String, IgnoredAny>, _> = serde_json::from_slice(bytes);
    keys.map_or(true, |keys| keys.keys().any(|key| key.replace('\u{17f}', "s").eq_ignore_ascii_case("rootfs")))
}

/// The compressions that runtimes take for layers, or a tar; nothing, or zeros, are an empty one.
fn is_archive(head: &[u8]) -> bool {
    const MAGIC: [&[u8]; 5] =
        [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], b"BZh", &[0xfd, b'7', b'z', b'X', b'Z'], &[0x04, 0x22, 0x4d, 0x18]];
    // A zstd stream may begin with frames to be skipped.
    let skippable = head.get(1..4) == Some(&[0x2a, 0x4d, 0x18]) && head[0] & 0xf0 == 0x50;
    skippable || head.iter().all(|byte| *byte == 0) || MAGIC.iter().any(|magic| head.starts_with(magic)) || is_tar(head)
}

/// Whether a tar's header is there, of whatever dialect: its checksum holds. Bytes may have been summed as signed.
fn is_tar(head: &[u8]) -> bool {
    let Some(header) = head.get(..512) else { return false };
    let text: String = header[148..156].iter().map(|b| char::from(*b)).collect();
    let Ok(said) = i64::from_str_radix(text.trim_matches([' ', '\0']), 8) else { return false };
    let spaced = header.iter().enumerate().map(|(at, byte)| if (148..156).contains(&at) { b' ' } else { *byte });
    let (unsigned, signed) = spaced
        .fold((0_i64, 0_i64), |(plain, other), b| (plain + i64::from(b), other + i64::from(i8::from_ne_bytes([b]))));
    said == unsigned || said == signed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rootfs_makes_an_image() {
        for image in [r#"{"rootfs":{}}"#, " {\"RootFS\":null}", "{\"root\\u0066\u{17f}\":1}", "{\"x\":", "{]"] {
            assert!(is_image_config(image.as_bytes()), "{image}");
        }
        let deep = format!("{{\"x\":{}{},\"rootfs\":{{}}}}", "[".repeat(500), "]".repeat(500));
        assert!(is_image_config(deep.as_bytes()));
        for other in ["{}", "", "[{\"rootfs\":1}]", r#"{"x":{"rootfs":1}}"#, "rootfs"] {
            assert!(!is_image_config(other.as_bytes()), "{other}");
        }
    }

    #[test]
    fn archives_show_themselves() {
        let mut header = [0_u8; 512];
        header[..5].copy_from_slice(b"etc/\xe4");
        let sum = header.iter().map(|b| u32::from(*b)).sum::<u32>() + 8 * u32::from(b' ');
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        assert!(is_archive(&header), "a tar without a magic number");
        header[0] = b'x';
        assert!(!is_archive(&header));
        for head in
            [&[0x1f, 0x8b, 8][..], b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18", b"BZh9", b"\xfd7zXZ\0", b"", &[0; 512]]
        {
            assert!(is_archive(head));
        }
        for head in [&b"{\"payload\":1}"[..], b"PK\x03\x04", b"x"] {
            assert!(!is_archive(head));
        }
    }
}
