//! What a client sent against what came back: byte for byte, under the digest that was reported.

use super::images::{Archive, Format};
use crate::client::digest;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Checks a folder that `skopeo copy --preserve-digests ... dir:` wrote: every part has the digest that names it, from
/// `top` down. Gives the parts by digest.
pub(super) fn pulled(folder: &Path, top: &str) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut parts = BTreeMap::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let bytes = std::fs::read(&path)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let hash = digest(&bytes);
        let hex = name.trim_end_matches(".manifest.json");
        if hex.len() == 64 && name != "manifest.json" {
            ensure!(hash == format!("sha256:{hex}"), "{name} came back as {hash}");
        }
        parts.insert(hash, bytes);
    }
    let mut open = vec![top.to_owned()];
    while let Some(wanted) = open.pop() {
        let bytes = parts.get(&wanted).with_context(|| format!("{wanted} did not come back"))?;
        if let Ok(manifest) = serde_json::from_slice::<Value>(bytes) {
            open.extend(references(&manifest));
        }
    }
    Ok(parts)
}

/// Checks that every part of an OCI archive that its index leads to came back as it was.
pub(super) fn with_oci_archive(archive: &Path, parts: &BTreeMap<String, Vec<u8>>) -> Result<usize> {
    let files = read_tar(archive)?;
    let index = files.get("index.json").context("an OCI archive without index.json")?;
    let mut open = references(&serde_json::from_slice(index)?);
    let mut compared = 0;
    while let Some(wanted) = open.pop() {
        let name = format!("blobs/{}", wanted.replace(':', "/"));
        let sent = files.get(&name).with_context(|| format!("the archive has no {name}"))?;
        let came = parts.get(&wanted).with_context(|| format!("{wanted} was sent and did not come back"))?;
        ensure!(sent == came, "{wanted} differs");
        compared += 1;
        if let Ok(manifest) = serde_json::from_slice::<Value>(sent) {
            open.extend(references(&manifest));
        }
    }
    Ok(compared)
}

/// Checks what a client made of a docker archive, whose layers it compresses anew: the config is the archive's own, and
/// each layer inflates to the diff id that it names.
pub(super) fn with_docker_archive(archive: &Path, top: &str, parts: &BTreeMap<String, Vec<u8>>) -> Result<usize> {
    let files = read_tar(archive)?;
    let list: Value =
        serde_json::from_slice(files.get("manifest.json").context("a docker archive without manifest.json")?)?;
    let name = list[0]["Config"].as_str().context("a docker archive without a config")?;
    let sent = files.get(name).with_context(|| format!("the archive has no {name}"))?;
    let manifest: Value = serde_json::from_slice(&parts[top])?;
    let config = manifest["config"]["digest"].as_str().context("a manifest without a config")?;
    ensure!(parts.get(config) == Some(sent), "the config is not the archive's");
    let config: Value = serde_json::from_slice(sent)?;
    let wanted: Vec<&str> =
        config["rootfs"]["diff_ids"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let layers = manifest["layers"].as_array().context("a manifest without layers")?;
    ensure!(layers.len() == wanted.len(), "{} layers for {} diff ids", layers.len(), wanted.len());
    for (layer, wanted) in layers.iter().zip(&wanted) {
        let layer = layer["digest"].as_str().unwrap_or_default();
        let bytes = parts.get(layer).with_context(|| format!("{layer} did not come back"))?;
        let mut tar = Vec::new();
        if bytes.starts_with(&[0x1f, 0x8b]) {
            flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut tar)?;
        } else {
            tar.clone_from(bytes);
        }
        ensure!(digest(&tar) == *wanted, "{layer} does not inflate to {wanted}");
    }
    Ok(layers.len() + 2)
}

/// Checks a pulled folder against the archive that was sent.
pub(super) fn with_archive(archive: &Archive, top: &str, parts: &BTreeMap<String, Vec<u8>>) -> Result<usize> {
    match archive.format {
        Format::Oci => with_oci_archive(&archive.path, parts),
        Format::Docker => with_docker_archive(&archive.path, top, parts),
    }
}

/// The digests that a manifest or an index names; none where it is neither.
pub(super) fn references(manifest: &Value) -> Vec<String> {
    let lists = ["manifests", "layers"].iter().filter_map(|name| manifest[*name].as_array()).flatten();
    let of = |entry: &Value| entry["digest"].as_str().map(str::to_owned);
    let config = manifest["mediaType"].is_string() || manifest["schemaVersion"].is_number();
    lists.filter_map(of).chain(config.then(|| of(&manifest["config"])).flatten()).collect()
}

/// The regular files of a tar, by name, without a leading `./`.
fn read_tar(path: &Path) -> Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(File::open(path)?).entries()? {
        let mut entry = entry?;
        if entry.header().entry_type().is_file() {
            let name = entry.path()?.to_string_lossy().trim_start_matches("./").to_owned();
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            files.insert(name, bytes);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::images::{Fitness, Packing, Sample, oci_archive};

    /// A pulled folder and the archive that was sent.
    fn pair(seed: &str) -> (tempfile::TempDir, Sample) {
        let folder = tempfile::tempdir().unwrap();
        let sample = Sample::new(Fitness::Fit, Packing::Gzip, "amd64", seed).unwrap();
        oci_archive(&folder.path().join("sent.tar"), &[("amd64", &sample)]).unwrap();
        let pulled = folder.path().join("pulled");
        std::fs::create_dir(&pulled).unwrap();
        std::fs::write(pulled.join("manifest.json"), &sample.manifest).unwrap();
        for bytes in [&sample.config, &sample.layer] {
            std::fs::write(pulled.join(digest(bytes).replace("sha256:", "")), bytes).unwrap();
        }
        (folder, sample)
    }

    #[test]
    fn the_same_bytes_pass() {
        let (folder, sample) = pair("a");
        let parts = pulled(&folder.path().join("pulled"), &digest(&sample.manifest)).unwrap();
        assert_eq!(with_oci_archive(&folder.path().join("sent.tar"), &parts).unwrap(), 3);
    }

    #[test]
    fn a_changed_byte_a_missing_part_and_another_image_fail() {
        let (folder, sample) = pair("a");
        let layer = folder.path().join("pulled").join(digest(&sample.layer).replace("sha256:", ""));
        let mut bytes = sample.layer.clone();
        bytes[20] ^= 1;
        std::fs::write(&layer, bytes).unwrap();
        assert!(pulled(&folder.path().join("pulled"), &digest(&sample.manifest)).is_err());
        std::fs::remove_file(&layer).unwrap();
        assert!(pulled(&folder.path().join("pulled"), &digest(&sample.manifest)).is_err());

        let (other, _) = pair("b");
        let (folder, sample) = pair("a");
        let parts = pulled(&folder.path().join("pulled"), &digest(&sample.manifest)).unwrap();
        assert!(with_oci_archive(&other.path().join("sent.tar"), &parts).is_err());
    }
}
