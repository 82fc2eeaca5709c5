//! Big OCI layouts to scan: Debian-like, Node-like, Go-like, and one with a single big layer. They are made once from what
//! this machine has, and kept under `target/bench/`.

use anyhow::{Context, Result, ensure};
use flate2::Compression;
use flate2::write::GzEncoder;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const GZIP: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What fills an image.
#[derive(Clone, Copy)]
pub(super) enum Content {
    Debian,
    Node,
    Go,
    /// One layer of 1.6 GB, and two small ones.
    Big,
    /// One layer of 3,000,000 small files.
    Files,
}

impl Content {
    pub(super) const ALL: [Self; 4] = [Self::Debian, Self::Node, Self::Go, Self::Big];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Debian => "debian",
            Self::Node => "node",
            Self::Go => "go",
            Self::Big => "big-layer",
            Self::Files => "files",
        }
    }
}

/// The layout of `content` below `folder`, made when it is not there. Layers add up to about `megabytes` compressed
/// (`Big` has its own size).
pub(super) fn made(folder: &Path, content: Content, megabytes: u64) -> Result<PathBuf> {
    let layout = folder.join(format!("{}-{megabytes}", content.name()));
    if layout.join("index.json").is_file() {
        return Ok(layout);
    }
    eprintln!("bench: making {}", layout.display());
    std::fs::create_dir_all(layout.join("blobs/sha256"))?;
    let budget = megabytes * 1_000_000;
    let layers = match content {
        Content::Big => vec![
            Layer::fill(&layout, &roots(content), u64::MAX, 1_600_000_000, 0)?,
            Layer::node(&layout, 4_000_000, 1)?,
            Layer::node(&layout, 2_000_000, 2)?,
        ],
        Content::Files => vec![Layer::files(&layout, 3_000_000)?],
        Content::Node => (0..4).map(|part| Layer::node(&layout, budget / 4, part)).collect::<Result<_>>()?,
        _ => (0..4)
            .map(|part| Layer::fill(&layout, &roots(content), budget / 4, u64::MAX, part))
            .collect::<Result<_>>()?,
    };
    finish(&layout, &layers)?;
    Ok(layout)
}

/// Where real files of a kind lie on this machine.
fn roots(content: Content) -> Vec<PathBuf> {
    let home = crate::workspace::variable("HOME").unwrap_or_default();
    let all: &[&str] = match content {
        Content::Go => {
            &["/usr/local/go/bin", "/usr/local/go/pkg", "~/.cache/lazaret-peers/bin", "/usr/local/go", "~/go/bin"]
        }
        _ => &["/var/lib/dpkg/status", "/etc/os-release", "/usr/bin", "/usr/sbin", "/usr/share", "/usr/lib"],
    };
    all.iter().map(|root| PathBuf::from(root.replacen('~', &home, 1))).filter(|root| root.exists()).collect()
}

struct Layer {
    descriptor: Value,
    diff_id: String,
}

impl Layer {
    /// Real files, one of four shares of them, until a budget is used; then the same again under another folder.
    fn fill(layout: &Path, roots: &[PathBuf], compressed: u64, uncompressed: u64, part: u64) -> Result<Self> {
        let mut tar = Writer::create(layout)?;
        for round in 0..64 {
            let before = tar.taken();
            for root in roots {
                let mut number = 0_u64;
                tar.add(
                    root,
                    round,
                    &mut |path| {
                        number += 1;
                        !is_jar(path) && (uncompressed != u64::MAX || number % 4 == part)
                    },
                    compressed,
                    uncompressed,
                )?;
            }
            if tar.full(compressed, uncompressed) {
                break;
            }
            ensure!(tar.taken() > before, "nothing in {roots:?} to fill a layer with");
        }
        tar.finish()
    }

    /// As many files as asked for, a hundred in a directory.
    fn files(layout: &Path, count: u64) -> Result<Self> {
        let mut tar = Writer::create(layout)?;
        for number in 0..count {
            let path = format!("srv/data/{:03}/{:03}/record-{number}.json", number / 100_000, number / 100 % 1000);
            tar.file(&path, format!("{{\"number\":{number}}}").as_bytes())?;
        }
        tar.finish()
    }

    /// Packages as npm installs them, of made-up words.
    fn node(layout: &Path, compressed: u64, part: u64) -> Result<Self> {
        const WORDS: [&str; 24] = [
            "const",
            "return",
            "function",
            "exports",
            "module",
            "require",
            "value",
            "index",
            "length",
            "options",
            "=>",
            "{",
            "}",
            "(",
            ")",
            ";",
            "===",
            "null",
            "undefined",
            "prototype",
            "Object",
            "Array",
            "callback",
            "error",
        ];
        let mut random = StdRng::seed_from_u64(part);
        let mut tar = Writer::create(layout)?;
        for number in 0.. {
            if tar.full(compressed, u64::MAX) {
                break;
            }
            let name = format!("package-{part}-{number}");
            let folder = format!("app/node_modules/{name}");
            let json = json!({"name": name, "version": format!("{}.{}.{}", number % 9, number % 17, number % 5), "license": "MIT"});
            tar.file(&format!("{folder}/package.json"), &serde_json::to_vec(&json)?)?;
            for file in 0..random.random_range(3..20) {
                let mut text = String::new();
                for _ in 0..random.random_range(200..3000) {
                    text.push_str(WORDS.choose(&mut random).copied().unwrap_or(" "));
                    text.push_str(" v");
                    text.push_str(&random.random::<u16>().to_string());
                    text.push(' ');
                }
                tar.file(&format!("{folder}/lib/{file}.js"), text.as_bytes())?;
            }
        }
        tar.finish()
    }
}

/// Jars stay out: a base image has none, and Trivy refuses them while its Java database is not downloaded.
fn is_jar(path: &Path) -> bool {
    path.extension().is_some_and(|extension| ["jar", "war", "ear", "par"].iter().any(|jar| extension == *jar))
}

/// Counts and hashes what is written.
struct Counting<W> {
    inner: W,
    hash: Sha256,
    count: u64,
}

impl<W: Write> Write for Counting<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.inner.write(bytes)?;
        self.hash.update(&bytes[..count]);
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

impl<W> Counting<W> {
    fn new(inner: W) -> Self {
        Self { inner, hash: Sha256::new(), count: 0 }
    }
}

type Gzip = GzEncoder<Counting<BufWriter<File>>>;

/// A gzip layer as it is being written.
struct Writer {
    layout: PathBuf,
    tar: tar::Builder<Counting<Gzip>>,
}

impl Writer {
    fn create(layout: &Path) -> Result<Self> {
        let file = BufWriter::new(File::create(layout.join("layer.partial"))?);
        let gzip = GzEncoder::new(Counting::new(file), Compression::new(6));
        Ok(Self { layout: layout.to_path_buf(), tar: tar::Builder::new(Counting::new(gzip)) })
    }

    fn taken(&self) -> u64 {
        self.tar.get_ref().count
    }

    fn full(&self, compressed: u64, uncompressed: u64) -> bool {
        self.tar.get_ref().inner.get_ref().count >= compressed || self.taken() >= uncompressed
    }

    fn file(&mut self, path: &str, bytes: &[u8]) -> Result<()> {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_mtime(1_700_000_000);
        Ok(self.tar.append_data(&mut header, path, bytes)?)
    }

    /// Adds a tree in the order of its names, as far as the budgets go; only files that `takes` wants.
    fn add(
        &mut self,
        path: &Path,
        round: u32,
        takes: &mut dyn FnMut(&Path) -> bool,
        compressed: u64,
        uncompressed: u64,
    ) -> Result<()> {
        if self.full(compressed, uncompressed) {
            return Ok(());
        }
        let kind = std::fs::symlink_metadata(path)?;
        if kind.is_dir() {
            let mut entries: Vec<PathBuf> =
                std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
            entries.sort();
            for entry in entries {
                self.add(&entry, round, takes, compressed, uncompressed)?;
            }
        } else if kind.is_file() && takes(path) {
            let mut file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
            let name = path.strip_prefix("/").unwrap_or(path);
            let name = if round == 0 { name.to_path_buf() } else { Path::new(&format!("srv/copy-{round}")).join(name) };
            let mut header = tar::Header::new_gnu();
            header.set_metadata_in_mode(&kind, tar::HeaderMode::Deterministic);
            self.tar.append_data(&mut header, name, &mut file)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Layer> {
        let tar = self.tar.into_inner()?;
        let diff_id = format!("sha256:{}", hex::encode(tar.hash.finalize()));
        let mut file = tar.inner.finish()?;
        file.flush()?;
        let hex = hex::encode(file.hash.finalize());
        std::fs::rename(self.layout.join("layer.partial"), self.layout.join("blobs/sha256").join(&hex))?;
        let descriptor = json!({"mediaType": GZIP, "digest": format!("sha256:{hex}"), "size": file.count});
        Ok(Layer { descriptor, diff_id })
    }
}

/// Writes config, manifest, index and the layout's mark, the index last.
fn finish(layout: &Path, layers: &[Layer]) -> Result<()> {
    let write = |value: &Value, kind: &str| -> Result<Value> {
        let bytes = serde_json::to_vec(value)?;
        let descriptor = crate::images::descriptor(kind, &bytes);
        let hex = descriptor["digest"].as_str().unwrap_or_default().replace("sha256:", "");
        std::fs::write(layout.join("blobs/sha256").join(hex), bytes)?;
        Ok(descriptor)
    };
    let diff_ids: Vec<&str> = layers.iter().map(|layer| layer.diff_id.as_str()).collect();
    let config = write(
        &json!({"architecture": "amd64", "os": "linux", "config": {"User": "65532"}, "rootfs": {"type": "layers", "diff_ids": diff_ids}}),
        "application/vnd.oci.image.config.v1+json",
    )?;
    let layers: Vec<&Value> = layers.iter().map(|layer| &layer.descriptor).collect();
    let manifest =
        write(&json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers}), MANIFEST)?;
    std::fs::write(layout.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
    std::fs::write(
        layout.join("index.json"),
        serde_json::to_vec(&json!({"schemaVersion": 2, "manifests": [manifest]}))?,
    )?;
    Ok(())
}

/// Unpacks an OCI archive into a layout folder, for the floor and for peers.
pub(super) fn unpacked(archive: &Path, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = File::open(archive).with_context(|| format!("cannot open {}", archive.display()))?;
    Ok(tar::Archive::new(BufReader::new(file)).unpack(folder)?)
}
