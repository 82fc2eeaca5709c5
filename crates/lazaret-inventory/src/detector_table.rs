//! The table of `docs/detectors.md`: what is looked for, by which detector, at which evidence, with an example. The
//! page is compared with it by a test; `LAZARET_DOCS=write cargo test -p lazaret-inventory detector_table` writes it
//! anew.

use std::fmt::Write;

use crate::detector::lockfile::{FORMS, Name};

/// One row: a kind of thing that may be in an image.
struct Row {
    /// Of `list.rs`.
    detector: &'static str,
    what: &'static str,
    evidence: &'static str,
    /// A path that the detector reads (by name), empty where it goes by content.
    example: &'static str,
    limits: &'static str,
}

const fn row(
    detector: &'static str,
    what: &'static str,
    evidence: &'static str,
    example: &'static str,
    limits: &'static str,
) -> Row {
    Row { detector, what, evidence, example, limits }
}

/// In the order of `list.rs`.
static ROWS: &[Row] = &[
    row(
        "dpkg",
        "Debian packages",
        "`lib/dpkg/status` under any root, `info/*.list`, `info/*.md5sums`",
        "var/lib/dpkg/status",
        "one line 64 KiB",
    ),
    row("dpkg", "Debian packages of distroless images", "`lib/dpkg/status.d/*`", "var/lib/dpkg/status.d/base", ""),
    row(
        "apk",
        "Alpine packages",
        "`lib/apk/db/installed`, `usr/lib/apk/db/installed` under any root",
        "lib/apk/db/installed",
        "",
    ),
    row(
        "rpm",
        "rpm packages, SQLite",
        "`rpmdb.sqlite` with its log, in three places",
        "var/lib/rpm/rpmdb.sqlite",
        "header 64 MiB",
    ),
    row("rpm", "rpm packages, NDB", "`Packages.db`", "usr/lib/sysimage/rpm/Packages.db", "header 64 MiB"),
    row("rpm", "rpm packages, BerkeleyDB", "`Packages`, both byte orders", "var/lib/rpm/Packages", "header 64 MiB"),
    row(
        "rpm",
        "rpm packages of distroless Azure Linux",
        "`container-manifest-2`",
        "var/lib/rpmmanifest/container-manifest-2",
        "",
    ),
    row("pacman", "Arch packages", "`lib/pacman/local/*/desc`, `files`", "var/lib/pacman/local/bash-5.2-1/desc", ""),
    row("opkg", "OpenWrt packages", "`lib/opkg/status`, `info/*`", "usr/lib/opkg/status", ""),
    row(
        "portage",
        "Gentoo packages",
        "`db/pkg/*/*/CONTENTS` and files beside it",
        "var/db/pkg/app-shells/bash-5.2/CONTENTS",
        "",
    ),
    row("chisel", "slices of chiselled Ubuntu", "`manifest.wall`", "var/lib/chisel/manifest.wall", ""),
    row(
        "bottlerocket",
        "Bottlerocket's components",
        "`application-inventory.json`",
        "usr/share/bottlerocket/application-inventory.json",
        "",
    ),
    row("conda", "Conda packages", "`conda-meta/*.json`", "opt/conda/conda-meta/numpy-1.26.4-py311_0.json", ""),
    row("nix", "Nix packages", "paths of the store", "", "names of store paths only"),
    row(
        "brew",
        "Homebrew packages",
        "`Cellar/*/*/INSTALL_RECEIPT.json`",
        "home/linuxbrew/.linuxbrew/Cellar/jq/1.7.1/INSTALL_RECEIPT.json",
        "",
    ),
    row("snap", "snaps", "`meta/snap.yaml`", "snap/core22/1/meta/snap.yaml", ""),
    row("bitnami", "Bitnami components", "`.spdx-*.spdx` in `opt/bitnami`", "opt/bitnami/redis/.spdx-redis.spdx", ""),
    row(
        "kernel",
        "Linux kernels and modules, a class of their own",
        "`vmlinuz*`, `*.ko`, `*.ko.xz`, `*.ko.zst`, `*.ko.gz`",
        "boot/vmlinuz-6.1.0",
        "never judged",
    ),
    row("elf_package", "programs that say what package they are of", "ELF section `.note.package`", "", ""),
    row(
        "npm",
        "Node.js packages",
        "`node_modules/*/package.json`, pnpm's store",
        "app/node_modules/x/package.json",
        "",
    ),
    row(
        "python",
        "Python distributions",
        "`*.dist-info/METADATA`, `*.egg-info`, `EGG-INFO/PKG-INFO`, eggs",
        "usr/lib/python3/dist-packages/x-1.0.dist-info/METADATA",
        "wheels are not installed",
    ),
    row(
        "go",
        "Go programs: modules, main module, standard library",
        "build information in ELF, PE, Mach-O",
        "",
        "none in compressed programs",
    ),
    row(
        "java",
        "Java archives, nested and merged ones",
        "`pom.properties`, manifest, names of classes in `jar`, `war`, `ear`, ...",
        "app/lib/x.jar",
        "4 archives deep, 1 GiB inflated",
    ),
    row(
        "gem",
        "Ruby gems",
        "`specifications/*.gemspec`, `default/*.gemspec`",
        "usr/lib/ruby/gems/3.1.0/specifications/rack-2.2.8.gemspec",
        "literals only",
    ),
    row("cargo", "Rust crates", "section `.dep-v0` (`cargo auditable`)", "", "8 MiB"),
    row("composer", "PHP packages", "`composer/installed.json`", "app/vendor/composer/installed.json", ""),
    row("nuget", ".NET packages and runtimes", "`*.deps.json`", "app/app.deps.json", ""),
    row(
        "binary",
        "programs and libraries that no package manager knows",
        "signatures in executables and libraries, by content",
        "",
        "",
    ),
    row("rpm_repository", "the repository of each rpm package", "dnf's history, Red Hat's content manifests", "", ""),
    row(
        "copyright",
        "licences of Debian packages, `--with licenses`",
        "`usr/share/doc/*/copyright`",
        "",
        "only when asked for",
    ),
    row(
        "malware",
        "known malicious files and miners, `--with malware`",
        "digests and signatures, also lists of one's own",
        "",
        "only when asked for",
    ),
    row(
        "erlang",
        "Erlang and Elixir applications, OTP, Elixir",
        "`ebin/*.app`, `OTP_VERSION`",
        "usr/lib/erlang/lib/ssl-11.0/ebin/ssl.app",
        "",
    ),
    row("pear", "PEAR and PECL packages", "`.registry/*.reg`", "usr/share/php/.registry/xml_util.reg", ""),
    row(
        "luarocks",
        "Lua rocks",
        "`luarocks/rocks*/*/*/*.rockspec`",
        "usr/local/lib/luarocks/rocks-5.1/lpeg/1.1.0-1/lpeg-1.1.0-1.rockspec",
        "",
    ),
    row("cran", "R packages", "`DESCRIPTION` with `Built`", "usr/lib/R/library/R6/DESCRIPTION", ""),
    row(
        "cpan",
        "Perl distributions, Perl",
        "`install.json`, `MYMETA.json`, `perllocal.pod`, `Config.pm`",
        "usr/lib/perl5/perllocal.pod",
        "no `.packlist`",
    ),
    row("julia", "Julia packages and libraries", "`Project.toml` in a depot", "", ""),
    row(
        "hackage",
        "Haskell libraries",
        "`package.conf.d/*.conf`",
        "usr/lib/ghc/package.conf.d/aeson-2.1.conf",
        "none in static programs",
    ),
    row("opam", "OCaml packages", "`.opam-switch/packages/*/opam`", "", ""),
    row("conan", "Conan packages", "`conaninfo.txt`", "root/.conan/data/zlib/1.2.13/_/_/package/1/conaninfo.txt", ""),
    row(
        "swift",
        "Swift packages",
        "`.build/workspace-state.json`",
        "app/.build/workspace-state.json",
        "none in programs",
    ),
    row("dart", "Dart packages", "pub's cache, `package_config.json`", "app/.dart_tool/package_config.json", ""),
    row(
        "wordpress",
        "WordPress, plugins, themes",
        "`wp-includes/version.php`, headers",
        "var/www/wp-includes/version.php",
        "",
    ),
    row("jvm", "Java runtimes", "`release`", "", ""),
    row("graalvm", "programs of GraalVM", "the bill of materials in them", "", "64-bit ELF"),
    row(
        "integrity",
        "modified files, `--with integrity`",
        "digests of what packages say they own",
        "",
        "only when asked for",
    ),
    row("os_release", "the operating system", "`etc/os-release` and others", "etc/os-release", ""),
    row("secrets", "secrets in files, `--with secrets`", "about 150 rules", "", "only when asked for"),
    row("ssh_server", "SSH servers, for a rule of the policy", "names of programs", "usr/sbin/sshd", ""),
    row("unsupported", "what is plainly installed and has no detector", "databases and markers", "", ""),
];

/// The rows of [`ROWS`], and one for each format of lockfiles, as Markdown.
pub fn detector_table() -> String {
    let mut table = String::from("| What | Detector | Evidence | Example | Limits |\n|---|---|---|---|---|\n");
    for Row { detector, what, evidence, example, limits } in ROWS {
        let example = if example.is_empty() { "any path".to_owned() } else { format!("`{example}`") };
        // Writing to a String cannot fail.
        let _ = writeln!(table, "| {what} | [{detector}](#{detector}) | {evidence} | {example} | {limits} |");
    }
    for form in FORMS {
        let evidence = match form.name {
            Name::Is(name) => format!("`{name}`"),
            Name::Like(start, end) => format!("`{start}*{end}`"),
            Name::Below(directory, name) => format!("`{directory}/{name}`"),
        };
        let (what, (file, package)) = (form.what, form.sample);
        let _ = writeln!(table, "| declared: {what} | [lockfile](#lockfile) | {evidence} | `{file}`: {package} | |");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        detector::{Candidate, Interest},
        list::DETECTORS,
    };

    const START: &str = "<!-- table of detectors, written by a test: see detector_table.rs -->\n";
    const END: &str = "<!-- end of the table -->\n";

    #[test]
    fn the_page_has_this_table() {
        let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/detectors.md");
        let text = std::fs::read_to_string(page).expect("docs/detectors.md");
        let (before, rest) = text.split_once(START).expect("the mark before the table");
        let (written, after) = rest.split_once(END).expect("the mark after the table");
        let table = detector_table();
        #[expect(clippy::disallowed_methods, reason = "how the table is written anew")]
        if std::env::var("LAZARET_DOCS").is_ok_and(|value| value == "write") {
            std::fs::write(page, format!("{before}{START}{table}{END}{after}")).expect("docs/detectors.md");
        } else {
            let hint = "LAZARET_DOCS=write cargo test -p lazaret-inventory detector_table";
            assert!(written == table, "docs/detectors.md differs from the table of detectors: run `{hint}`");
        }
    }

    #[test]
    fn every_detector_has_a_row_and_reads_its_example() {
        for detector in DETECTORS {
            let is_there = detector.id() == "lockfile" || ROWS.iter().any(|row| row.detector == detector.id());
            assert!(is_there, "{} has no row in detector_table.rs", detector.id());
        }
        for row in ROWS {
            let detector = DETECTORS.iter().find(|detector| detector.id() == row.detector);
            let detector = detector.unwrap_or_else(|| panic!("{} is no detector", row.detector));
            // a path alone, or with the first bytes of what such files are
            let heads: [&[u8]; 4] = [b"", b"\x7fELF\x02\x01\x01", b"PK\x03\x04", b"{\"name\":\"x\"}"];
            let reads = |head: &&[u8]| detector.interest(&Candidate::new(row.example, head, 0o755)) != Interest::No;
            assert!(row.example.is_empty() || heads.iter().any(reads), "{}: {}", row.detector, row.example);
        }
    }
}
