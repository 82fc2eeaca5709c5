//! What an attacker sends: each must end in a clear error, or in a problem and the rest of the scan, within 20 s and 500 MB.

use super::Stage;
use crate::client::digest;
use crate::images::{Fitness, Packing, Sample, gzip, oci_archive};
use crate::process::Tool;
use crate::test::report::Report;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::io::{Cursor, Read, Write};
use std::path::{Path, PathBuf};
use zip::write::SimpleFileOptions;

/// The bounds of one scan.
const SECONDS: u64 = 20;
const MEBIBYTES: i64 = 500;

/// What a scan of a hostile image must come to.
enum Expected {
    /// Opened: a problem is named, and the package that lies behind the trap is listed.
    ProblemAndRest,
    /// Opened: the package behind the trap is listed; whether the trap is a fault is the scanner's word.
    Rest,
    /// Opened with a problem, or refused with exit code 1 and a message.
    ProblemOrError,
}

type Trap = (&'static str, fn(&Path) -> Result<PathBuf>, Expected);

const TRAPS: &[Trap] = &[
    ("a truncated archive", truncated, Expected::ProblemOrError),
    ("a layer whose digest is wrong", wrong_digest, Expected::ProblemOrError),
    ("a layer that breaks off", broken_layer, Expected::ProblemOrError),
    ("names with ../ and /, loops of links", paths, Expected::Rest),
    ("a 10,000:1 layer", layer_bomb, Expected::ProblemOrError),
    ("a jar in a jar, 100,000:1", jar_bomb, Expected::ProblemAndRest),
    ("1,000,000 tiny entries", million, Expected::Rest),
    ("JSON nested 10,000 deep", deep_json, Expected::Rest),
];

pub(super) fn run(report: &mut Report, stage: &Stage<'_>) {
    let folder = stage.work.join("hostile");
    for (name, make, expected) in TRAPS {
        report.check("hostile", &format!("{name}: said, bounded"), || {
            std::fs::create_dir_all(&folder)?;
            let image = make(&folder)?;
            scan(stage.binary, &image, expected)?;
            Ok(std::fs::remove_dir_all(&folder)?)
        });
    }
    report.check("hostile", "a manifest nested 10,000 deep, and one that names missing blobs, are refused", || {
        let ci = stage.server.registry(&stage.ci);
        let kind = crate::images::MANIFEST;
        let answer = ci.put_manifest("real/hostile", "deep", kind, nested(10_000).as_bytes())?;
        ensure!(answer.status() == 400, "the nested manifest answers {}", answer.status());
        let sample = Sample::new(Fitness::Fit, Packing::Gzip, "amd64", "missing")?;
        let answer = ci.put_manifest("real/hostile", "missing", kind, &sample.manifest)?;
        let status = answer.status();
        let body: Value = answer.json()?;
        ensure!(status.is_client_error() && body["errors"][0]["code"] == "MANIFEST_BLOB_UNKNOWN", "{status}: {body}");
        Ok(())
    });
}

/// Scans one image in a process whose time and memory are measured.
fn scan(binary: &Path, image: &Path, expected: &Expected) -> Result<()> {
    let output = image.with_extension("json");
    let source = format!("oci-archive:{}", image.display());
    let ended = Tool::new(std::env::current_exe()?)
        .args(["measure", "--stdout"])
        .arg(&output)
        .arg("--")
        .arg(binary)
        .args(["scan", &source, "--no-cache", "--format", "json", "--data"])
        .arg(image.with_extension("data"))
        .seconds(SECONDS)
        .end()?;
    let measured: Value = serde_json::from_str(ended.stdout.trim()).with_context(|| ended.tail())?;
    let (code, peak) = (measured["code"].as_i64(), measured["peak_kib"].as_i64().unwrap_or(i64::MAX) / 1024);
    ensure!(peak < MEBIBYTES, "it took {peak} MiB");
    println!("      exit {}, {:.1} s, {peak} MiB", measured["code"], measured["seconds"].as_f64().unwrap_or(0.0));
    let printed = std::fs::read_to_string(&output)?;
    if code == Some(1) {
        ensure!(matches!(expected, Expected::ProblemOrError), "it could not be opened: {}", ended.tail());
        ensure!(printed.is_empty() && !ended.stderr.trim().is_empty(), "an error without a message, or with output");
        return Ok(());
    }
    ensure!(code == Some(10) || code == Some(11), "exit code {code:?}: {}", ended.tail());
    let scan: Value = serde_json::from_str(&printed).context("no JSON on stdout")?;
    let problems: Vec<&str> =
        scan["problems"].as_array().into_iter().flatten().filter_map(|p| p["kind"].as_str()).collect();
    // A scan without a database has these in any case; they say nothing of the trap.
    let own = problems.iter().filter(|kind| !kind.starts_with("advisories")).count();
    let behind = scan["packages"].as_array().into_iter().flatten().any(|package| package["name"] == "behind-the-trap");
    match expected {
        Expected::ProblemAndRest => ensure!(own > 0 && behind, "problems {problems:?}, the rest: {behind}"),
        Expected::Rest => ensure!(behind, "the package behind the trap is not listed; problems {problems:?}"),
        Expected::ProblemOrError => ensure!(own > 0, "no problem is named, but {problems:?}"),
    }
    Ok(())
}

/// Adds the npm package that a scan must still find.
fn behind<W: Write>(tar: &mut tar::Builder<W>) -> Result<()> {
    file(tar, "app/node_modules/behind-the-trap/package.json", br#"{"name":"behind-the-trap","version":"1.0.0"}"#)
}

fn file<W: Write>(tar: &mut tar::Builder<W>, path: &str, bytes: &[u8]) -> Result<()> {
    let mut header = tar::Header::new_gnu();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    Ok(tar.append_data(&mut header, path, bytes)?)
}

/// Writes an image of one layer, `layer` as it is and `tar_digest` as its diff id.
fn image(folder: &Path, packing: Packing, layer: Vec<u8>, tar_digest: &str) -> Result<PathBuf> {
    let sample = Sample::of_layer(Fitness::Fit, packing, layer, tar_digest)?;
    let path = folder.join("trap.oci.tar");
    oci_archive(&path, &[("amd64", &sample)])?;
    Ok(path)
}

fn image_of(folder: &Path, tar: &[u8]) -> Result<PathBuf> {
    image(folder, Packing::Gzip, gzip(tar)?, &digest(tar))
}

fn truncated(folder: &Path) -> Result<PathBuf> {
    let mut noise = vec![0; 1 << 20];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut noise);
    let mut tar = tar::Builder::new(Vec::new());
    file(&mut tar, "noise", &noise)?;
    let path = image_of(folder, &tar.into_inner()?)?;
    let bytes = std::fs::read(&path)?;
    std::fs::write(&path, &bytes[..bytes.len() / 2])?;
    Ok(path)
}

fn wrong_digest(folder: &Path) -> Result<PathBuf> {
    let mut tar = tar::Builder::new(Vec::new());
    behind(&mut tar)?;
    let tar = tar.into_inner()?;
    image(folder, Packing::Gzip, gzip(&tar)?, &digest(b"something else"))
}

fn broken_layer(folder: &Path) -> Result<PathBuf> {
    let mut tar = tar::Builder::new(Vec::new());
    behind(&mut tar)?;
    let mut noise = vec![0; 1 << 20];
    rand::RngCore::fill_bytes(&mut rand::rng(), &mut noise);
    file(&mut tar, "noise", &noise)?;
    let tar = tar.into_inner()?;
    let layer = gzip(&tar)?;
    image(folder, Packing::Gzip, layer[..layer.len() / 2].to_vec(), &digest(&tar))
}

fn paths(folder: &Path) -> Result<PathBuf> {
    let mut tar = tar::Builder::new(Vec::new());
    for name in ["../../etc/passwd", "/etc/shadow", "a/../../b", "./x/./y"] {
        // The builder refuses such names, so they are written into the header's own field.
        let mut header = tar::Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(4);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, b"root".as_slice())?;
    }
    for (kind, name, target) in [
        (tar::EntryType::Symlink, "loop/a", "b"),
        (tar::EntryType::Symlink, "loop/b", "a"),
        (tar::EntryType::Symlink, "loop/self", "self"),
        (tar::EntryType::Symlink, "loop/up", "../../../../etc"),
        (tar::EntryType::Link, "loop/hard", "loop/hard"),
        (tar::EntryType::Link, "loop/outside", "../../etc/passwd"),
    ] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_mode(0o777);
        header.set_path(name)?;
        header.as_mut_bytes()[157..157 + target.len()].copy_from_slice(target.as_bytes());
        header.set_cksum();
        tar.append(&header, std::io::empty())?;
    }
    behind(&mut tar)?;
    image_of(folder, &tar.into_inner()?)
}

/// 3 GB of zeros in a zstd layer of about 100 KB.
fn layer_bomb(folder: &Path) -> Result<PathBuf> {
    let size = 3 << 30;
    let mut tar = tar::Builder::new(zstd::Encoder::new(Vec::new(), 3)?);
    let mut header = tar::Header::new_gnu();
    header.set_size(size);
    header.set_mode(0o644);
    tar.append_data(&mut header, "zeros", std::io::repeat(0).take(size))?;
    behind(&mut tar)?;
    let layer = tar.into_inner()?.finish()?;
    // Its true diff id would take as long again; a wrong one is found at the end, if a scan gets there.
    image(folder, Packing::Zstd, layer, &digest(b"a bomb"))
}

/// A jar of a few KB that holds a jar of 1 MB that holds 1 GB.
fn jar_bomb(folder: &Path) -> Result<PathBuf> {
    let pack = |name: &str, bytes: &mut dyn Read| -> Result<Vec<u8>> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file(name, SimpleFileOptions::default())?;
        std::io::copy(bytes, &mut zip)?;
        Ok(zip.finish()?.into_inner())
    };
    let inner = pack("META-INF/MANIFEST.MF", &mut std::io::repeat(b' ').take(1 << 30))?;
    let outer = pack("lib/inner.jar", &mut inner.as_slice())?;
    let mut tar = tar::Builder::new(Vec::new());
    file(&mut tar, "app/bomb.jar", &outer)?;
    behind(&mut tar)?;
    image_of(folder, &tar.into_inner()?)
}

fn million(folder: &Path) -> Result<PathBuf> {
    let mut tar = tar::Builder::new(zstd::Encoder::new(Vec::new(), 1)?);
    for number in 0..1_000_000 {
        let mut header = tar::Header::new_gnu();
        header.set_path(format!("many/{}/{number}", number / 1000))?;
        header.set_size(0);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append(&header, std::io::empty())?;
    }
    behind(&mut tar)?;
    let layer = tar.into_inner()?.finish()?;
    let tar = zstd::decode_all(layer.as_slice())?;
    image(folder, Packing::Zstd, layer, &digest(&tar))
}

fn nested(depth: usize) -> String {
    format!("{}{}", "[".repeat(depth), "]".repeat(depth))
}

fn deep_json(folder: &Path) -> Result<PathBuf> {
    let mut tar = tar::Builder::new(Vec::new());
    let deep = format!(r#"{{"name":"deep","version":"1.0.0","x":{}}}"#, nested(10_000));
    file(&mut tar, "app/node_modules/deep/package.json", deep.as_bytes())?;
    behind(&mut tar)?;
    image_of(folder, &tar.into_inner()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_jar_is_a_bomb() {
        let folder = tempfile::tempdir().unwrap();
        let size = std::fs::metadata(jar_bomb(folder.path()).unwrap()).unwrap().len();
        assert!(size < (1 << 30) / 10_000, "{size} bytes");
    }
}
