//! Fuzz targets: each detector is shown its own samples, damaged, cut, doubled and spliced, at the places where it looks.
//! `cargo xtask fuzz --seconds 60` runs each for so long; a plain `cargo test` for a moment. What it must not do: panic,
//! or keep more than one file may say. `cargo bolero` runs the same targets under a coverage-guided engine.

use std::path::Path;

use lazaret_oci::{Body, Limits};

use crate::{detector::Candidate, layer::FileFacts, list::DETECTORS, room};

/// One change of a sample: where, how, with what.
type Edit = (u32, u8, u8);
/// Bytes that an input may have.
const LONGEST: usize = 4 << 20;

/// The places where a detector looks.
fn places(id: &str) -> &'static [&'static str] {
    match id {
        "dpkg" => &["var/lib/dpkg/status", "var/lib/dpkg/status.d/x", "var/lib/dpkg/info/x.list"],
        "apk" => &["lib/apk/db/installed"],
        "rpm" => &[
            "var/lib/rpm/Packages",
            "var/lib/rpm/Packages.db",
            "var/lib/rpm/rpmdb.sqlite",
            "var/lib/rpm/rpmdb.sqlite-wal",
            "var/lib/rpmmanifest/container-manifest-2",
        ],
        "rpm_repository" => &[
            "var/lib/dnf/history.sqlite",
            "usr/lib/sysimage/libdnf5/nevras.toml",
            "root/buildinfo/content_manifests/x.json",
        ],
        "pacman" => &["var/lib/pacman/local/x-1-1/desc", "var/lib/pacman/local/x-1-1/files"],
        "opkg" => &["usr/lib/opkg/status", "usr/lib/opkg/info/x.control", "usr/lib/opkg/info/x.list"],
        "portage" => &["var/db/pkg/a/x-1/CONTENTS", "var/db/pkg/a/x-1/LICENSE"],
        "chisel" => &["var/lib/chisel/manifest.wall"],
        "bottlerocket" => &["usr/share/bottlerocket/application-inventory.json"],
        "conda" => &["opt/conda/conda-meta/x-1-0.json"],
        "nix" => &["nix/store/0123456789abcdfghijklmnpqrsvwxyz-x-1.0"],
        "brew" => &["home/linuxbrew/.linuxbrew/Cellar/x/1.0/INSTALL_RECEIPT.json"],
        "snap" => &["snap/x/1/meta/snap.yaml", "snap/x/1/snap/manifest.yaml", "usr/share/snappy/dpkg.yaml"],
        "bitnami" => &["opt/bitnami/x/.spdx-x.spdx"],
        "kernel" => &["boot/vmlinuz-1", "lib/modules/1/x.ko", "x.ko.gz", "x.ko.zst"],
        "npm" => &["node_modules/x/package.json", "app/package.json"],
        "python" => {
            &["p/x-1.dist-info/METADATA", "p/x-1.dist-info/RECORD", "p/x-1.dist-info/sboms/a.cdx.json", "p/x-1-py3.egg"]
        }
        "java" => &["a/x.jar"],
        "gem" => &["specifications/x-1.gemspec"],
        "composer" => &["vendor/composer/installed.json"],
        "nuget" => &["app/x.deps.json", "app/x"],
        "conan" => &["p/x/1.0/conaninfo.txt"],
        "cpan" => {
            &["perl5/.meta/x-1/install.json", "perl5/.meta/x-1/MYMETA.json", "perl/perllocal.pod", "perl/Config.pm"]
        }
        "cran" => &["R/library/MASS/DESCRIPTION"],
        "dart" => &["app/.dart_tool/package_config.json"],
        "erlang" => &["lib/recon-1/ebin/recon.app"],
        "hackage" => &["ghc/package.conf.d/x.conf"],
        "julia" => &["root/.julia/packages/x/abcde/Project.toml"],
        "jvm" => &["opt/java/release"],
        "luarocks" => {
            &["usr/lib/luarocks/rocks-5.4/x/1-1/x-1-1.rockspec", "usr/lib/luarocks/rocks-5.4/x/1-1/rock_manifest"]
        }
        "opam" => &["root/.opam/default/.opam-switch/packages/x.1/opam"],
        "pear" => &["usr/share/php/.registry/x.reg"],
        "swift" => &["app/.build/workspace-state.json"],
        "wordpress" => &["wp-includes/version.php", "wp-content/plugins/x/x.php", "wp-content/themes/x/style.css"],
        "os_release" => &["etc/os-release", "etc/apk/repositories", "etc/debian_version"],
        "copyright" => &["usr/share/doc/x/copyright"],
        "lockfile" => &[
            "package-lock.json",
            "yarn.lock",
            "pnpm-lock.yaml",
            "poetry.lock",
            "Gemfile.lock",
            "pom.xml",
            "go.mod",
            "Cargo.lock",
            "packages.config",
            "mix.lock",
            "conan.lock",
        ],
        // by what a file holds, wherever it lies
        _ => &["opt/x", "usr/sbin/sshd"],
    }
}

/// Everything that lies in the detector's folder, unpacked where it is kept packed.
fn samples(id: &str) -> Vec<Vec<u8>> {
    let mut samples = vec![b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x02\0".repeat(8), b"{\"a\":[1,\"x\"]}".to_vec()];
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata").join(id)];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            if bytes.starts_with(&[0x1f, 0x8b]) {
                let mut unpacked = Vec::new();
                let input = std::io::Read::take(flate2::read::GzDecoder::new(bytes.as_slice()), LONGEST as u64);
                std::io::Read::read_to_end(&mut { input }, &mut unpacked).unwrap();
                samples.push(unpacked);
            }
            samples.push(bytes);
        }
    }
    samples
}

/// The sample after the edits.
fn damaged(sample: &[u8], edits: &[Edit]) -> Vec<u8> {
    let mut bytes = sample.to_vec();
    for (place, how, with) in edits {
        let length = bytes.len().max(1);
        let at = usize::try_from(*place).unwrap() % length;
        match how % 7 {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << (with % 8),
            2 if at < bytes.len() => bytes[at] = *with,
            3 => bytes.insert(at.min(bytes.len()), *with),
            // numbers at their limits
            4 => {
                let end = (at + 4).min(bytes.len());
                bytes[at.min(end)..end].fill(if with % 2 == 0 { 0xff } else { 0 });
            }
            // a part once more
            5 if bytes.len() < LONGEST => {
                let part = bytes[at.min(bytes.len())..(at + usize::from(*with) * 4).min(bytes.len())].to_vec();
                bytes.extend(part);
            }
            // a part elsewhere
            _ if bytes.len() > 8 => {
                let middle = 1 + at % (bytes.len() - 1);
                bytes[..middle].rotate_left(usize::from(*with) % middle);
            }
            _ => {}
        }
    }
    bytes
}

fn fuzz(index: usize) {
    let (samples, places) = (samples(DETECTORS[index].id()), places(DETECTORS[index].id()));
    let limits = Limits { archive_bytes: 64 << 20, document_bytes: 8 << 20, ..Limits::default() };
    bolero::check!().with_type::<(u8, u8, Vec<Edit>)>().for_each(|(sample, place, edits)| {
        let detector = DETECTORS[index];
        let bytes = damaged(&samples[usize::from(*sample) % samples.len()], &edits[..edits.len().min(8)]);
        let path = places[usize::from(*place) % places.len()];
        let file = Candidate::new(path, &bytes[..bytes.len().min(512)], 0o755);
        let _ = detector.interest(&file);
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        detector.detect(&file, &Body::memory(&bytes), &limits, &mut facts);
        let text: usize = facts.packages.iter().map(room::text).sum();
        assert!(facts.packages.len() <= 100_000 && text <= 40 << 20, "more than a file may say");
    });
}

/// One target for each detector, by its place in the list, so that each has its own time.
macro_rules! targets {
    ($($name:ident $index:literal)*) => { $(
        #[test]
        fn $name() {
            if $index < DETECTORS.len() {
                fuzz($index);
            }
        }
    )* };
}

targets! {
    detector_00 0 detector_01 1 detector_02 2 detector_03 3 detector_04 4 detector_05 5 detector_06 6 detector_07 7
    detector_08 8 detector_09 9 detector_10 10 detector_11 11 detector_12 12 detector_13 13 detector_14 14
    detector_15 15 detector_16 16 detector_17 17 detector_18 18 detector_19 19 detector_20 20 detector_21 21
    detector_22 22 detector_23 23 detector_24 24 detector_25 25 detector_26 26 detector_27 27 detector_28 28
    detector_29 29 detector_30 30 detector_31 31 detector_32 32 detector_33 33 detector_34 34 detector_35 35
    detector_36 36 detector_37 37 detector_38 38 detector_39 39 detector_40 40 detector_41 41 detector_42 42
    detector_43 43 detector_44 44 detector_45 45 detector_46 46 detector_47 47 detector_48 48 detector_49 49
    detector_50 50 detector_51 51 detector_52 52 detector_53 53 detector_54 54 detector_55 55
}

#[test]
fn every_detector_has_a_target() {
    assert!(DETECTORS.len() <= 56, "add targets");
    // a place that its detector does not know would test nothing
    for detector in DETECTORS {
        let named = places(detector.id());
        if !named.contains(&"opt/x") {
            let known = |path: &&&str| {
                let heads = samples(detector.id());
                heads.iter().any(|bytes| {
                    let file = Candidate::new(path, &bytes[..bytes.len().min(512)], 0o755);
                    detector.interest(&file) != crate::detector::Interest::No
                })
            };
            assert!(detector.id() == "nix" || named.iter().any(|path| known(&path)), "{}", detector.id());
        }
    }
}
