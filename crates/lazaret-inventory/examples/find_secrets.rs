//! Searches the files of a folder for secrets: `find_secrets FOLDER`. Prints the redacted places, and how fast it was.
#![expect(clippy::print_stdout, reason = "an example")]

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use lazaret_inventory::secret::in_file;

fn main() {
    let root = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let (mut bytes, mut files, mut places, mut spent) = (0_u64, 0_u64, 0_u64, Duration::ZERO);
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
            if path.is_symlink() {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(content) = std::fs::read(&path) else { continue };
            let name = path.strip_prefix(&root).map(Path::to_string_lossy).unwrap_or_default();
            let begun = Instant::now();
            let spotted = in_file(&name, &content);
            spent += begun.elapsed();
            (bytes, files, places) = (bytes + content.len() as u64, files + 1, places + spotted.found.len() as u64);
            for found in spotted.found {
                println!("{name}:{} {} {} {}", found.line, found.kind.severity, found.kind.id, found.excerpt);
            }
        }
    }
    let speed = u128::from(bytes) / spent.as_micros().max(1);
    println!("{files} files, {bytes} bytes, {places} places, {speed} MB/s");
}
