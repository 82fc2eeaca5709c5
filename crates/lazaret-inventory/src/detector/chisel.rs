//! Chiselled Ubuntu images: `lib/chisel/manifest.wall`, lines of JSON compressed with zstd, in place of dpkg's database.

use std::{
    collections::HashMap,
    io::{self, BufRead, BufReader, Read},
};

use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{Candidate, Detector, Interest, dpkg::Faults, root_before};
use crate::{
    content::BodyReader,
    layer::{Database, FileFacts, FoundPackage},
    path_set::PathHash,
    room::Room,
};

pub(crate) struct Chisel;

/// Bytes of one line: a path with the slices that it is of.
const LINE_BYTES: u64 = 64 << 10;
const MAX_OWNED: usize = 2_000_000;
/// Power of two of the memory that a frame may ask for; the format's default for long distances.
const WINDOW: u32 = 27;

impl Detector for Chisel {
    fn id(&self) -> &'static str {
        "chisel"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://documentation.ubuntu.com/chisel/en/latest/reference/manifest/"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name == "manifest.wall" && root_of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        facts.database = Some(Database::Dpkg);
        let mut wall = Wall { root: root_of(file).unwrap_or_default(), ..Wall::default() };
        if let Err(fault) = wall.read(body, limits, facts) {
            facts.not_understood(fault);
        }
        wall.finish(facts);
    }
}

fn root_of<'a>(file: &Candidate<'a>) -> Option<&'a str> {
    let before = root_before(file.directory(), "lib/chisel")?;
    Some(before.strip_suffix("var/").or_else(|| before.strip_suffix("usr/")).unwrap_or(before))
}

/// A line; the first is the header.
#[derive(Deserialize)]
struct Line {
    jsonwall: Option<String>,
    count: Option<u64>,
    #[serde(default)]
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    arch: String,
    #[serde(default)]
    path: String,
    #[serde(default)]
    slices: Vec<String>,
}

#[derive(Default)]
struct Wall<'a> {
    root: &'a str,
    packages: Vec<(String, String, String)>,
    owns: HashMap<String, Vec<PathHash>>,
    owned: usize,
    faults: Faults,
}

impl Wall<'_> {
    fn read(&mut self, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) -> Result<(), String> {
        let unreadable = |error: io::Error| format!("cannot be decompressed: {error}");
        let mut decoder = zstd::stream::read::Decoder::new(BodyReader::new(body)).map_err(unreadable)?;
        decoder.window_log_max(WINDOW).map_err(unreadable)?;
        let limit = limits.archive_bytes.min(body.len().saturating_mul(limits.ratio).max(1 << 20));
        let mut reader = BufReader::new(decoder.take(limit));
        let (mut line, mut number, mut wanted) = (Vec::new(), 0, None);
        loop {
            line.clear();
            let read = (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut line).map_err(unreadable)?;
            facts.inflated += read as u64;
            if read == 0 {
                break;
            }
            if line.pop() != Some(b'\n') {
                return Err(format!("line {}: it has no end", number + 1));
            }
            number += 1;
            let Ok(entry) = serde_json::from_slice::<Line>(&line) else {
                self.faults.push(facts, format!("line {number}: not understood"));
                continue;
            };
            if number == 1 {
                entry.jsonwall.ok_or("the first line is not that of a manifest")?;
                wanted = entry.count;
            } else if !self.take(entry, facts) {
                return Ok(());
            }
        }
        match wanted {
            Some(wanted) if wanted != number => Err(format!("{number} lines of {wanted}")),
            None if number > 0 => Err("the first line does not say how many there are".to_owned()),
            None => Err("empty".to_owned()),
            _ => Ok(()),
        }
    }

    /// Whether there is room for more.
    fn take(&mut self, entry: Line, facts: &mut FileFacts) -> bool {
        match entry.kind.as_str() {
            "package" if entry.name.is_empty() => self.faults.push(facts, "a package without a name".to_owned()),
            "package" => self.packages.push((entry.name, entry.version, entry.arch)),
            // a directory is every package's
            "path" if !entry.path.ends_with('/') => {
                // `libc6_libs`: the slice of a package
                let packages =
                    entry.slices.iter().filter_map(|slice| slice.split_once('_')).map(|(package, _)| package);
                for package in packages.take(1) {
                    self.owned += 1;
                    let path = format!("{}{}", self.root, entry.path.trim_start_matches('/'));
                    self.owns.entry(package.to_owned()).or_default().push(PathHash::of(&path));
                }
            }
            _ => {}
        }
        let full = self.owned > MAX_OWNED || self.packages.len() > MAX_OWNED;
        if full {
            facts.problem(ProblemKind::LimitExceeded, format!("more than {MAX_OWNED} paths or packages"));
        }
        !full
    }

    fn finish(mut self, facts: &mut FileFacts) {
        if !self.packages.is_empty() {
            let message = "the manifest names no source packages, which Ubuntu's advisories are about";
            facts.problem(ProblemKind::Unsupported, message);
        }
        let mut room = Room::default();
        for (name, version, arch) in std::mem::take(&mut self.packages) {
            if version.is_empty() {
                self.faults.push(facts, format!("{name}: no version"));
            }
            let owns = self.owns.remove(&name).unwrap_or_default().into_iter().collect();
            let arch = Some(arch).filter(|arch| !arch.is_empty());
            room.add(facts, FoundPackage { arch, owns, ..FoundPackage::new(PackageType::Deb, name, version) });
            if room.is_full() {
                break;
            }
        }
        self.faults.sum_up(facts);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{damage, names, read};

    const WALL: &[u8] = include_bytes!("../../testdata/chisel/manifest.wall");
    const PLACE: &str = "var/lib/chisel/manifest.wall";

    fn packed(text: &str) -> Vec<u8> {
        zstd::encode_all(text.as_bytes(), 3).unwrap()
    }

    #[test]
    fn a_real_manifest() {
        let facts = read(&Chisel, PLACE, WALL);
        let told: Vec<_> = facts.problems.iter().map(|problem| problem.kind).collect();
        assert_eq!(told, [ProblemKind::Unsupported]);
        assert_eq!(
            names(&facts),
            [
                "base-files 13ubuntu10.2",
                "libc6 2.39-0ubuntu8.4",
                "libssl3t64 3.0.13-0ubuntu3.5",
                "openssl 3.0.13-0ubuntu3.5"
            ]
        );
        let libc = &facts.packages[1];
        assert!(libc.owns.contains(PathHash::of("usr/lib/x86_64-linux-gnu/libc.so.6")));
        assert_eq!(libc.arch.as_deref(), Some("amd64"));
    }

    #[test]
    fn damaged_files() {
        damage(&Chisel, PLACE, WALL);
        for (text, problems) in [
            ("", 1),
            ("{\"kind\":\"package\",\"name\":\"a\"}\n", 1),
            ("{\"jsonwall\":\"1.0\",\"count\":3}\n{\"kind\":\"package\",\"name\":\"a\",\"version\":\"1\"}\n", 2),
            ("{\"jsonwall\":\"1.0\",\"count\":2}\nx\n", 1),
            ("{\"jsonwall\":\"1.0\",\"count\":2}\n{\"kind\":\"package\",\"name\":\"a\"}\n", 2),
        ] {
            assert_eq!(read(&Chisel, PLACE, &packed(text)).problems.len(), problems, "{text}");
        }
        // a bomb ends at the limit
        let bomb = packed(&" ".repeat(200 << 20));
        let facts = read(&Chisel, PLACE, &bomb);
        assert!(!facts.problems.is_empty() && facts.inflated < 64 << 20, "{}", facts.inflated);
    }
}
