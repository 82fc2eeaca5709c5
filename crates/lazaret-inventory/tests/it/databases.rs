//! Package databases whose facts lie in several files, or in names of directories.

use lazaret_model::{Inventory, PackageClass, ProblemKind};

use crate::layer::{Layer, flatten};

const STORE: &str = "nix/store/h0cnbmfcn93xm5dg2x27ixhag1cwndga-glibc-2.34-210";
const DESC: &str = include_str!("../../testdata/pacman/desc");
const FILES: &str = include_str!("../../testdata/pacman/files");
const FEDORA: &[u8] = include_bytes!("../../testdata/elf_package/fedora.elf");

fn purls(inventory: &Inventory) -> Vec<&str> {
    inventory.packages.iter().map(|package| package.purl.as_str()).collect()
}

#[test]
fn arch() {
    let place = "var/lib/pacman/local/lazaret-two-words-2:1.0-3";
    let layer = || Layer::new().file("etc/os-release", "ID=arch\nPRETTY_NAME=\"Arch Linux\"\n");
    let system = layer()
        .file(&format!("{place}/desc"), DESC)
        .file(&format!("{place}/files"), FILES)
        .program("usr/bin/lazaret-hello", FEDORA);
    let (inventory, _) = flatten(&[system]);
    // what a package of the system owns says nothing of itself
    assert_eq!(purls(&inventory), ["pkg:alpm/arch/lazaret-two-words@2:1.0-3?arch=any&distro=arch"]);
    let told: Vec<_> = inventory.problems.iter().map(|problem| problem.kind).collect();
    assert_eq!(told, [ProblemKind::OsUnknown], "there is no stream of advisories");
}

#[test]
fn gentoo() {
    let place = "var/db/pkg/app-shells/bash-5.1_p16-r6";
    let lower = Layer::new()
        .file("etc/os-release", "ID=gentoo\n")
        .file(&format!("{place}/CONTENTS"), "obj /bin/bash d41d8cd98f00b204e9800998ecf8427e 1\n")
        .file(&format!("{place}/repository"), "gentoo\n");
    let upper = Layer::new().file(&format!("{place}/LICENSE"), "GPL-3+\n");
    let (inventory, _) = flatten(&[lower, upper]);
    let bash = &inventory.packages[0];
    assert_eq!(bash.purl, "pkg:ebuild/app-shells/bash@5.1_p16-r6?distro=gentoo");
    assert_eq!((bash.license.as_deref(), bash.repository.as_deref()), (Some("GPL-3.0-or-later"), Some("gentoo")));
}

#[test]
fn paths_of_a_store() {
    let lower = Layer::new()
        .directory(STORE)
        .file(&format!("{STORE}/lib/libc.so.6"), "x")
        .file("nix/store/1zi0k7y01rhqr2gfqb42if0icswg65sj-locale-C.diff", "");
    let (inventory, _) = flatten(&[Layer::new().file(&format!("{STORE}/lib/libc.so.6"), "x")]);
    assert_eq!(purls(&inventory), ["pkg:nix/glibc@2.34-210"], "also where directories have no entries");
    // a later layer that touches the directory leaves the package where it was
    let upper = Layer::new().directory("nix/store").directory(STORE).directory(&format!("{STORE}/lib"));
    let (inventory, diff_ids) = flatten(&[lower, upper]);
    assert_eq!(purls(&inventory), ["pkg:nix/glibc@2.34-210"]);
    assert_eq!(inventory.packages[0].layer.as_ref(), Some(&diff_ids[0]));
    assert_eq!(inventory.packages[0].evidence[0].path, STORE);
    let removed = Layer::new().file("nix/store/.wh.h0cnbmfcn93xm5dg2x27ixhag1cwndga-glibc-2.34-210", "");
    let (inventory, _) = flatten(&[Layer::new().directory(STORE), removed]);
    assert!(inventory.packages.iter().all(|package| !package.is_live()));
}

#[test]
fn kernels_are_a_class_of_their_own() {
    let layer = Layer::new()
        .file("lib/modules/6.1.0-18-amd64/kernel/fs/ext4.ko", "x")
        .file("lib/modules/6.1.0-18-amd64/kernel/fs/xfs.ko.xz", "x")
        .file(
            "var/lib/dpkg/status",
            "Package: linux-libc-dev\nStatus: install ok installed\nVersion: 6.1.76-1\n\
            Architecture: amd64\nSource: linux\n\n",
        )
        .file("etc/os-release", "ID=debian\nVERSION_ID=12\n");
    let (inventory, _) = flatten(&[layer]);
    assert_eq!(
        purls(&inventory),
        [
            "pkg:deb/debian/linux-libc-dev@6.1.76-1?arch=amd64&distro=debian-12",
            "pkg:generic/linux-kernel@6.1.0-18-amd64"
        ]
    );
    assert!(inventory.packages.iter().all(|package| package.class == PackageClass::Kernel));
    assert_eq!(inventory.packages[1].evidence.len(), 1, "one for the version, not one for the module");
}

#[test]
fn programs_that_say_what_they_are() {
    let (inventory, _) = flatten(&[Layer::new().program("opt/bash", FEDORA)]);
    let bash = &inventory.packages[0];
    assert_eq!(
        bash.purl,
        "pkg:rpm/fedora/bash@5.2.15-1.fc38?arch=x86_64&distro=fedora-38&upstream=bash-5.2.15-1.fc38.src.rpm"
    );
    assert!(bash.uncertain);
    let fedora = Layer::new().file("etc/os-release", "ID=fedora\nVERSION_ID=38\n").program("opt/bash", FEDORA);
    let (inventory, _) = flatten(&[fedora]);
    assert!(!inventory.packages[0].uncertain, "built for the system that this is");
}

#[test]
fn a_list_without_its_package() {
    const A: &str = "Package: a\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n\n";
    const C: &str = "Package: c\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n\n";
    let layer = |status: &str| {
        Layer::new()
            .file("etc/os-release", "ID=debian\nVERSION_ID=12\n")
            .file("var/lib/dpkg/status", status)
            .file("var/lib/dpkg/info/a.list", "/usr/bin/a\n")
            .file("var/lib/dpkg/info/c.list", "/etc/c\n")
    };
    let whole = format!("{A}{C}");
    assert_eq!(flatten(&[layer(&whole)]).0.problems, []);
    let (inventory, _) = flatten(&[layer(&whole).file("var/lib/dpkg/info/b:amd64.list", "/usr/bin/b\n")]);
    let [problem] = inventory.problems.as_slice() else { panic!("{:?}", inventory.problems) };
    assert_eq!((problem.kind, problem.path.as_str()), (ProblemKind::ParseError, "var/lib/dpkg/info/b:amd64.list"));
    assert!(problem.message.starts_with("it lists the files of b, which"), "{}", problem.message);
    let distroless = Layer::new()
        .file("etc/os-release", "ID=debian\nVERSION_ID=12\n")
        .file("var/lib/dpkg/status.d/base", "Package: base-files\nVersion: 1\nArchitecture: all\n")
        .file("var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  usr/bin/a\n");
    assert_eq!(flatten(&[distroless]).0.problems, []);
}

/// Each kind of database with its sample, as a layer of its own: path, content, and one of its packages.
#[test]
fn every_kind_in_a_layer() {
    const SAMPLES: [(&str, &[u8], &str); 10] = [
        (
            "var/lib/pacman/local/lazaret-two-words-2:1.0-3/desc",
            DESC.as_bytes(),
            "pkg:alpm/lazaret-two-words@2:1.0-3?arch=any",
        ),
        ("usr/lib/opkg/status", include_bytes!("../../testdata/opkg/status"), "pkg:opkg/busybox@1.36.1-r2?arch=x86_64"),
        (
            "var/db/pkg/app-containers/skopeo-1.5.1/CONTENTS",
            include_bytes!("../../testdata/portage/CONTENTS"),
            "pkg:ebuild/app-containers/skopeo@1.5.1",
        ),
        (
            "var/lib/chisel/manifest.wall",
            include_bytes!("../../testdata/chisel/manifest.wall"),
            "pkg:deb/libssl3t64@3.0.13-0ubuntu3.5?arch=amd64",
        ),
        (
            "usr/share/bottlerocket/application-inventory.json",
            include_bytes!("../../testdata/bottlerocket/application-inventory.json"),
            "pkg:bottlerocket/shim@1:15.7-1.br1?arch=x86_64",
        ),
        (
            "opt/conda/conda-meta/zlib-1.2.11-h90dfc92_1014.json",
            include_bytes!("../../testdata/conda/zlib-1.2.11-h90dfc92_1014.json"),
            "pkg:conda/zlib@1.2.11?channel=conda-forge&subdir=osx-arm64",
        ),
        (
            "home/linuxbrew/.linuxbrew/Cellar/rclone/1.67.0/INSTALL_RECEIPT.json",
            include_bytes!("../../testdata/brew/INSTALL_RECEIPT.json"),
            "pkg:brew/rclone@1.67.0",
        ),
        (
            "snap/core/1/meta/snap.yaml",
            include_bytes!("../../testdata/snap/snap.yaml"),
            "pkg:snap/core@16-2.61.4-20240607?arch=amd64",
        ),
        (
            "opt/bitnami/redis/.spdx-redis.spdx",
            include_bytes!("../../testdata/bitnami/.spdx-redis.spdx"),
            "pkg:bitnami/redis@7.4.1-0?arch=arm64",
        ),
        (
            "opt/driver/dummy.ko",
            include_bytes!("../../testdata/kernel/dummy.ko"),
            "pkg:generic/linux-kernel@6.1.0-18-amd64",
        ),
    ];
    for root in ["", "mnt/root/"] {
        for (path, content, purl) in SAMPLES {
            let (inventory, _) = flatten(&[Layer::new().file(&format!("{root}{path}"), content)]);
            assert!(purls(&inventory).contains(&purl), "{root}{path}: {:?}", purls(&inventory));
        }
    }
}
