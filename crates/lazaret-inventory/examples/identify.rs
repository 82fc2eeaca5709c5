//! Prints what the detector `binary` says of each program below the given paths: `path<TAB>name<TAB>version<TAB>marks`.
#![expect(clippy::print_stdout, reason = "an example")]

use std::{
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use lazaret_inventory::identify_program;
use lazaret_oci::Body;

fn main() {
    let mut total = Duration::ZERO;
    let mut bytes = 0;
    for root in std::env::args().skip(1) {
        let mut pending = vec![PathBuf::from(root)];
        while let Some(path) = pending.pop() {
            let Ok(meta) = fs::symlink_metadata(&path) else { continue };
            if meta.is_dir() {
                let entries = fs::read_dir(&path).into_iter().flatten().flatten();
                pending.extend(entries.map(|entry| entry.path()));
            } else if meta.is_file() {
                look(&path, &mut total, &mut bytes);
            }
        }
    }
    println!("# {bytes} bytes of programs in {:.3} s", total.as_secs_f64());
}

fn look(path: &Path, total: &mut Duration, bytes: &mut u64) {
    let Ok(mut file) = File::open(path) else { return };
    let mut head = [0; 512];
    let read = file.read(&mut head).unwrap_or(0);
    let magic = &head[..read];
    if !(magic.starts_with(b"\x7fELF") || magic.starts_with(b"!<arch>") || magic.starts_with(b"MZ")) {
        return;
    }
    let Ok(content) = fs::read(path) else { return };
    let name = path.to_string_lossy();
    let start = Instant::now();
    let found = identify_program(&name, magic, &Body::memory(&content));
    *total += start.elapsed();
    *bytes += content.len() as u64;
    for package in found {
        let marks = format!(
            "{}{}",
            if package.part { "part" } else { "whole" },
            if package.uncertain { " uncertain" } else { "" }
        );
        println!("{name}\t{}\t{}\t{marks}", package.name, package.version);
    }
}
