//! Fuzz target: SBOMs and reports of other tools, damaged. `cargo xtask fuzz` runs it longer.

use std::{fs, path::Path};

use lazaret_report::read_sbom;

#[test]
fn sboms() {
    let mut samples = Vec::new();
    for folder in ["foreign", "compare"] {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(folder);
        let mut files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        samples.extend(files.into_iter().filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()));
    }
    bolero::check!().with_type::<(u8, Vec<(u32, u8, u8)>)>().for_each(|(sample, edits)| {
        let mut bytes = samples[usize::from(*sample) % samples.len()].clone();
        for (place, how, with) in edits.iter().take(8) {
            let at = usize::try_from(*place).unwrap() % bytes.len().max(1);
            match how % 4 {
                0 => bytes.truncate(at),
                1 if at < bytes.len() => bytes[at] ^= 1 << (with % 8),
                2 if at < bytes.len() => bytes[at] = *with,
                _ => bytes.insert(at.min(bytes.len()), *with),
            }
        }
        if let Ok(read) = read_sbom(&bytes) {
            assert!(read.sbom.images.len() <= bytes.len());
        }
    });
}
