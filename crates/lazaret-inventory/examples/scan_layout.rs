//! Scans a local image and prints what a profile needs: `scan_layout oci|oci-archive|docker-archive|dir PATH [--list] [secrets ...]`.
#![expect(clippy::print_stdout, reason = "an example")]

use std::{collections::HashMap, path::Path, process::ExitCode, sync::Mutex, time::Instant};

use lazaret_inventory::{DetectorSet, Extra, LayerCache, LayerScan, Silent, scan_images};
use lazaret_model::Digest;
use lazaret_oci::{Limits, LocalKind, Selection, open_local};

#[derive(Default)]
struct Memory(Mutex<HashMap<Digest, LayerScan>>);

impl LayerCache for Memory {
    fn get(&self, layer: &Digest) -> Option<LayerScan> {
        self.0.lock().ok()?.get(layer).cloned()
    }

    fn put(&self, layer: &Digest, scan: &LayerScan) {
        if let Ok(mut kept) = self.0.lock() {
            kept.insert(layer.clone(), scan.clone());
        }
    }
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [kind, path, ..] = arguments.as_slice() else {
        println!("usage: scan_layout oci|oci-archive|docker-archive|dir PATH [--list]");
        return ExitCode::from(2);
    };
    let kind = match kind.as_str() {
        "oci" => LocalKind::OciDir,
        "oci-archive" => LocalKind::OciArchive,
        "docker-archive" => LocalKind::DockerArchive,
        _ => LocalKind::Dir,
    };
    let limits = Limits::default();
    let cache = Memory::default();
    let extras: Vec<_> = Extra::ALL.into_iter().filter(|e| arguments.iter().any(|a| a == e.name())).collect();
    let set = DetectorSet::with(&extras);
    let start = Instant::now();
    let scanned = open_local(kind, Path::new(path), None, &limits)
        .and_then(|source| scan_images(&*source, &Selection::All, &cache, &limits, &set, &Silent));
    let elapsed = start.elapsed();
    let again = Instant::now();
    let _ = open_local(kind, Path::new(path), None, &limits)
        .and_then(|source| scan_images(&*source, &Selection::All, &cache, &limits, &set, &Silent));
    let again = again.elapsed();
    let (_, images) = match scanned {
        Ok(scanned) => scanned,
        Err(error) => {
            println!("{error}");
            return ExitCode::FAILURE;
        }
    };
    for image in &images {
        let inventory = &image.inventory;
        println!(
            "{} {}: {} packages, {} entries, verified {}, os {:?}",
            image.facts.digest,
            image.facts.platform,
            inventory.packages.len(),
            inventory.entries,
            image.layers_verified,
            inventory.os.as_ref().and_then(|os| os.stream.as_deref()),
        );
        if let Some(known) = &inventory.identified {
            println!("  identified {} of {}: {:.4}", known.bytes, known.of, known.share);
            for file in known.unknown.iter().take(12) {
                println!("    ? {} {}", file.bytes, file.path);
            }
        }
        for problem in &inventory.problems {
            println!("  ! {} {} {}", problem.kind.name(), problem.path, problem.message);
        }
        if arguments.iter().any(|argument| argument == "--list") {
            for package in &inventory.packages {
                let state = if package.is_live() { "" } else { " (removed)" };
                let by = package.provided_by.as_deref().unwrap_or_default();
                let layer = package.layer.as_ref().map_or("-", |layer| layer.short());
                let source =
                    package.source.as_ref().map(|s| format!(" <- {} {}", s.name, s.version)).unwrap_or_default();
                let path = package.evidence.first().map_or("", |evidence| evidence.path.as_str());
                println!("  {layer} {}{state}{source} {by} {path}", package.purl);
            }
        }
    }
    println!("{:.3} s; {:.3} s again from a cache", elapsed.as_secs_f64(), again.as_secs_f64());
    ExitCode::SUCCESS
}
