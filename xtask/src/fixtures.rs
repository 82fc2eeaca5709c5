//! `cargo xtask fixtures`: makes the samples of the detector `binary` again. Each is a real program or library from a
//! public registry, reduced to what the table of signatures looks at, so that a few KB stand for many MB. The list of
//! samples is `testdata/binary/index.toml`, with the address and SHA-256 of each package.

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::Tool;
use crate::workspace;

mod elf;
mod reduce;

use reduce::Wanted;

const CRATE: &str = "crates/lazaret-inventory";
/// Bytes that all samples may have together.
const MOST: u64 = 1_500_000;

/// Options of the fixtures.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only samples whose file's name has this in it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Where packages are kept, so that they are fetched once.
    #[arg(long, value_name = "FOLDER")]
    cache: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Index {
    sample: Vec<Sample>,
}

/// What matters here; the tests read more.
#[derive(Deserialize)]
struct Sample {
    file: String,
    url: String,
    sha256: String,
    path: String,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let folder = workspace::root().join(CRATE).join("testdata/binary");
    let cache = args.cache.clone().unwrap_or_else(|| workspace::target().join("fixtures"));
    fs::create_dir_all(&cache)?;
    let index: Index = toml::from_str(&fs::read_to_string(folder.join("index.toml"))?).context("index.toml")?;
    let wanted = Wanted::read(&workspace::root().join(CRATE).join("src/detector/binary/signatures"))?;
    for sample in index.sample.iter().filter(|sample| sample.file.contains(&args.only)) {
        let package = fetch(&cache, sample).with_context(|| sample.url.clone())?;
        let program = extract(&package, &sample.path).with_context(|| format!("{} in {}", sample.path, sample.url))?;
        let reduced = reduce::reduce(&program, &wanted).with_context(|| sample.path.clone())?;
        println!("{}: {} of {} bytes", sample.file, reduced.len(), program.len());
        fs::write(folder.join(&sample.file), reduced)?;
    }
    let mut total = 0;
    for entry in fs::read_dir(&folder)? {
        total += entry?.metadata()?.len();
    }
    ensure!(total <= MOST, "the samples have {total} bytes, more than {MOST}: drop some");
    Ok(())
}

/// The package, from the cache or its registry, with the right digest.
fn fetch(cache: &Path, sample: &Sample) -> Result<PathBuf> {
    let name = sample.url.rsplit('/').next().unwrap_or_default();
    let path = cache.join(name);
    if !path.exists() {
        let part = cache.join(format!("{name}.part"));
        Tool::new("curl").arg("-fsSL").arg("-o").arg(&part).arg(&sample.url).run()?;
        fs::rename(part, &path)?;
    }
    let found = hex::encode(Sha256::digest(fs::read(&path)?));
    ensure!(found == sample.sha256, "{} has SHA-256 {found}, not {}", path.display(), sample.sha256);
    Ok(path)
}

/// One file of a package: Debian's, a wheel, or npm's.
fn extract(package: &Path, wanted: &str) -> Result<Vec<u8>> {
    let name = package.to_string_lossy();
    if name.ends_with(".whl") {
        let mut archive = zip::ZipArchive::new(File::open(package)?)?;
        let mut bytes = Vec::new();
        archive.by_name(wanted)?.read_to_end(&mut bytes)?;
        return Ok(bytes);
    }
    if name.ends_with(".tgz") {
        return from_tar(flate2::read::GzDecoder::new(File::open(package)?), wanted);
    }
    let mut unpack = Command::new("dpkg-deb")
        .arg("--fsys-tarfile")
        .arg(package)
        .stdout(Stdio::piped())
        .spawn()
        .context("dpkg-deb")?;
    let found = unpack.stdout.take().context("dpkg-deb has no output").and_then(|tar| from_tar(tar, wanted));
    // it may still want to write what nobody reads
    unpack.kill().ok();
    unpack.wait()?;
    found
}

fn from_tar(tar: impl Read, wanted: &str) -> Result<Vec<u8>> {
    for entry in tar::Archive::new(tar).entries()? {
        let mut entry = entry?;
        if entry.path()?.to_string_lossy().trim_start_matches("./") == wanted {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    bail!("not in the package")
}
