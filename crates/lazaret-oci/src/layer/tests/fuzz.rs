//! Fuzz targets: layers and manifests, damaged. `cargo xtask fuzz` runs them longer.

use super::*;
use crate::Manifest;

/// One change: where, how, with what.
type Edit = (u32, u8, u8);

fn damaged(sample: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for (place, how, with) in edits.iter().take(8) {
        let at = usize::try_from(*place).unwrap() % bytes.len().max(1);
        match how % 5 {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << (with % 8),
            2 if at < bytes.len() => bytes[at] = *with,
            3 => bytes.insert(at.min(bytes.len()), *with),
            _ if bytes.len() < 1 << 20 => {
                // a block of a tar once more
                let block = at / 512 * 512;
                let part = bytes[block.min(bytes.len())..(block + 512).min(bytes.len())].to_vec();
                let end = bytes.len().saturating_sub(1024) / 512 * 512;
                bytes.splice(end..end, part);
            }
            _ => {}
        }
    }
    bytes
}

fn archive() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    let mut add = |path: &str, kind: tar::EntryType, content: &[u8], target: &str| {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_size(content.len() as u64);
        if target.is_empty() {
            tar.append_data(&mut header, path, content).unwrap();
        } else {
            tar.append_link(&mut header, path, target).unwrap();
        }
    };
    add("etc/os-release", tar::EntryType::Regular, b"ID=debian\n", "");
    add("usr/", tar::EntryType::Directory, b"", "");
    add(&"long/".repeat(60), tar::EntryType::Directory, b"", "");
    add("lib", tar::EntryType::Symlink, b"", "usr/lib");
    add("hard", tar::EntryType::Link, b"", "etc/os-release");
    add("etc/.wh.gone", tar::EntryType::Regular, b"", "");
    add("x", tar::EntryType::Regular, &[7; 3000], "");
    tar.into_inner().unwrap()
}

fn samples() -> Vec<Vec<u8>> {
    let plain = archive();
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let zstd = zstd::encode_all(plain.as_slice(), 1).unwrap();
    vec![plain, gzip.finish().unwrap(), zstd]
}

#[test]
fn layers() {
    let samples = samples();
    let limits = Limits { layer_bytes: 64 << 20, ratio_from: 1 << 20, ..Limits::default() };
    let spec = LayerSpec { digest: None, size: None, diff_id: None, media_type: String::new() };
    bolero::check!().with_type::<(u8, Vec<Edit>)>().for_each(|(sample, edits)| {
        let bytes = damaged(&samples[usize::from(*sample) % samples.len()], edits);
        for want in [Want::Whole, Want::Stream] {
            let mut recorder = Recorder::new(want);
            let summary = read_layer(&mut Cursor::new(&bytes), &spec, &limits, &mut recorder, &|_| {});
            assert!(summary.uncompressed <= limits.layer_bytes && summary.problems.len() < 2000);
            assert!(recorder.seen.iter().all(|entry| !entry.path.split('/').any(|part| part == "..")));
        }
    });
}

#[test]
fn manifests() {
    let digest = sha256(b"x");
    let descriptor =
        format!(r#"{{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{digest}","size":1}}"#);
    let image =
        format!(r#"{{"schemaVersion":2,"config":{descriptor},"layers":[{descriptor}],"annotations":{{"a":"b"}}}}"#);
    let index = format!(r#"{{"schemaVersion":2,"manifests":[{descriptor}],"subject":{descriptor}}}"#);
    let samples = [image.into_bytes(), index.into_bytes()];
    bolero::check!().with_type::<(u8, Vec<Edit>)>().for_each(|(sample, edits)| {
        let bytes = damaged(&samples[usize::from(*sample) % samples.len()], edits);
        if let Ok(manifest) = Manifest::parse(&bytes, None) {
            assert!(manifest.children().len() <= bytes.len());
        }
    });
}
