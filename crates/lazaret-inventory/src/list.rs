//! Every detector, one line each.

use crate::{
    detector::{
        Candidate, Detector, Interest, apk, binary, bitnami, bottlerocket, brew, cargo, chisel, composer, conan, conda,
        copyright, cpan, cran, dart, dpkg, elf_package, erlang, gem, go, graalvm, hackage, integrity, java, julia, jvm,
        kernel, lockfile, luarocks, malware, nix, npm, nuget, opam, opkg, os_release, pacman, pear, portage, python,
        rpm, rpm_repository, secrets, snap, ssh_server, swift, unsupported, wordpress,
    },
    layer::FORMAT,
};

pub(crate) static DETECTORS: [&dyn Detector; 47] = [
    &dpkg::Dpkg,
    &apk::Apk,
    &rpm::Rpm,
    &rpm_repository::RpmRepository,
    &pacman::Pacman,
    &opkg::Opkg,
    &portage::Portage,
    &chisel::Chisel,
    &bottlerocket::Bottlerocket,
    &conda::Conda,
    &nix::Nix,
    &brew::Brew,
    &snap::Snap,
    &bitnami::Bitnami,
    &kernel::Kernel,
    &npm::Npm,
    &python::Python,
    &go::Go,
    &java::Java,
    &gem::Gem,
    &cargo::Cargo,
    &composer::Composer,
    &binary::Binary,
    &nuget::Nuget,
    &lockfile::Lockfile,
    &elf_package::ElfPackage,
    &conan::Conan,
    &cpan::Cpan,
    &cran::Cran,
    &dart::Dart,
    &erlang::Erlang,
    &graalvm::Graalvm,
    &hackage::Hackage,
    &julia::Julia,
    &jvm::Jvm,
    &luarocks::Luarocks,
    &opam::Opam,
    &pear::Pear,
    &swift::Swift,
    &wordpress::Wordpress,
    &os_release::OsRelease,
    &ssh_server::SshServer,
    &unsupported::Unsupported,
    &secrets::Secrets,
    &integrity::Integrity,
    &malware::Malware,
    &copyright::Copyright,
];

/// Names with versions: `dpkg/1`.
pub fn detectors() -> Vec<String> {
    (0..DETECTORS.len()).map(key).collect()
}

/// Under which a layer's facts of one detector are kept: `dpkg/1`.
pub(crate) fn key(index: usize) -> String {
    DETECTORS.get(index).map(|detector| format!("{}/{}", detector.id(), detector.version())).unwrap_or_default()
}

/// Each detector's name and version with the place where the format that it reads is described.
pub fn formats() -> Vec<(String, &'static str)> {
    detectors().into_iter().zip(DETECTORS.iter().map(|detector| detector.doc())).collect()
}

/// The form in which a layer's facts are kept; what is in another form is not understood.
pub fn form() -> String {
    format!("layer/{FORMAT}")
}

/// The directory of a path whose name says what is in it, with the detector that knows it: a path of Nix's store, the
/// modules of a kernel.
pub(crate) fn named_directory(path: &str) -> Option<(&str, usize)> {
    let index = |id: &str| DETECTORS.iter().position(|detector| detector.id() == id);
    nix::store_path(path)
        .and_then(|directory| Some((directory, index("nix")?)))
        .or_else(|| kernel::modules(path).and_then(|directory| Some((directory, index("kernel")?))))
}

/// Whether a detector of what is installed would read a file for its path alone.
pub(crate) fn reads_by_name(path: &str) -> bool {
    let candidate = Candidate::new(path, &[], 0o644);
    let standard = DETECTORS.iter().filter(|detector| detector.extra().is_none() && !detector.only_declares());
    standard.map(|detector| detector.interest(&candidate)).any(|interest| interest == Interest::Content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_distinct_and_documented() {
        let mut ids: Vec<_> = DETECTORS.iter().map(|detector| detector.id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), DETECTORS.len());
        assert!(DETECTORS.iter().all(|detector| detector.version() > 0));
        assert!(formats().iter().all(|(_, place)| place.contains('/')));
        assert_eq!(form(), format!("layer/{FORMAT}"));
    }

    #[test]
    fn names_that_are_read() {
        assert!(reads_by_name("app/node_modules/x/package.json") && reads_by_name("lib/x.jar"));
        assert!(!reads_by_name("usr/bin/x") && !reads_by_name("app/yarn.lock"));
    }
}
