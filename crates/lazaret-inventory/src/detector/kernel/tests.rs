use super::*;
use crate::sample::{names, read};

/// The start of a bzImage with the version's text behind it.
fn bz_image(version: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 0x400];
    image[..2].copy_from_slice(b"MZ");
    image[0x202..0x206].copy_from_slice(b"HdrS");
    image[0x20e..0x210].copy_from_slice(&0x180_u16.to_le_bytes());
    image[0x380..0x380 + version.len()].copy_from_slice(version);
    image
}

#[test]
fn images() {
    let image = bz_image(b"6.1.0-18-amd64 (debian-kernel@lists.debian.org) #1 SMP\0");
    let facts = read(&Kernel, "boot/vmlinuz-6.1.0-18-amd64", &image);
    assert_eq!(names(&facts), ["linux-kernel 6.1.0-18-amd64"]);
    assert_eq!((facts.packages[0].class, facts.problems.len()), (PackageClass::Kernel, 0));
    let banner =
        [vec![7; 300_000], b"Linux version %s (%s)Linux version 5.10.0-9-arm64 (gcc)".to_vec(), vec![0; 300_000]]
            .concat();
    assert_eq!(names(&read(&Kernel, "boot/vmlinux", &banner)), ["linux-kernel 5.10.0-9-arm64"]);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, &banner).unwrap();
    assert_eq!(names(&read(&Kernel, "boot/vmlinuz", &packed.finish().unwrap())), ["linux-kernel 5.10.0-9-arm64"]);
    for garbage in [&b"x"[..], &bz_image(b"")[..], &bz_image(b"no version\0")[..]] {
        assert!(read(&Kernel, "boot/vmlinuz", garbage).is_empty());
    }
}

#[test]
fn directories_of_modules() {
    assert_eq!(
        modules("usr/lib/modules/6.1.0-18-amd64/kernel/fs/ext4/ext4.ko.xz"),
        Some("usr/lib/modules/6.1.0-18-amd64")
    );
    assert_eq!(modules("mnt/lib/modules/5.15.0/extra/x.ko"), Some("mnt/lib/modules/5.15.0"));
    for not in
        ["lib/modules/6.1.0/modules.dep", "app/node_modules/a/b.ko", "mylib/modules/6.1/x.ko", "lib/modules/x.ko"]
    {
        assert_eq!(modules(not), None, "{not}");
    }
    let path = "lib/modules/6.1.0-18-amd64";
    let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
    Kernel.detect(&Candidate::new(path, &[], 0), &Body::memory(&[]), &Limits::default(), &mut facts);
    assert_eq!(
        (names(&facts), facts.packages[0].roots[0].path.as_str()),
        (vec!["linux-kernel 6.1.0-18-amd64".to_owned()], path)
    );
}

/// A module of Debian's kernel, reduced to `.modinfo`.
#[test]
fn modules_elsewhere() {
    let module = include_bytes!("../../../testdata/kernel/dummy.ko");
    let facts = read(&Kernel, "opt/driver/dummy.ko", module);
    assert_eq!(names(&facts), [include_str!("../../../testdata/kernel/dummy.txt").trim()]);
    let packed = zstd::encode_all(&module[..], 3).unwrap();
    assert_eq!(read(&Kernel, "opt/driver/dummy.ko.zst", &packed).packages, facts.packages);
    for length in (5..module.len()).step_by(37) {
        read(&Kernel, "opt/driver/dummy.ko", &module[..length]);
    }
    read(&Kernel, "opt/driver/dummy.ko.zst", &packed[..packed.len() / 2]);
}

#[test]
fn packages_of_systems() {
    use PackageType::{Alpm, Apk, Deb, Ebuild, Rpm};
    for (kind, name, source) in [
        (Deb, "linux-libc-dev", "linux"),
        (Deb, "linux-image-6.1.0-18-amd64", "linux-signed-amd64"),
        (Deb, "linux-headers-6.1.0-18-common", "linux"),
        (Deb, "linux-modules-5.15.0-91-generic", "linux"),
        (Rpm, "kernel-headers", "kernel"),
        (Rpm, "kernel-modules-core", "kernel"),
        (Rpm, "kernel-uek", "kernel-uek"),
        (Rpm, "kernel-default", "kernel-default"),
        (Rpm, "linux-glibc-devel", "linux-glibc-devel"),
        (Apk, "linux-headers", "linux-headers"),
        (Apk, "linux-lts", "linux-lts"),
        (Apk, "linux-virt-dev", "linux-lts"),
        (Alpm, "linux-api-headers", "linux-api-headers"),
        (Alpm, "linux-lts-headers", "linux-lts"),
        (Ebuild, "sys-kernel/linux-headers", ""),
    ] {
        assert_eq!(class_of(kind, name, source), PackageClass::Kernel, "{name}");
    }
    for (kind, name, source) in [
        (Deb, "linux-perf", "linux"),
        (Deb, "bpftool", "linux"),
        (Deb, "linux-base", "linux-base"),
        (Deb, "linux-headers-evil", "evil"),
        (Deb, "linux-cpupower", "linux"),
        (Rpm, "kernel-tools-libs", "kernel"),
        (Rpm, "perf", "kernel"),
        (Rpm, "kernelshark", "trace-cmd"),
        (Apk, "linux-pam", "linux-pam"),
        (Apk, "linux-firmware", "linux-firmware"),
        (Alpm, "linux-firmware", "linux-firmware"),
        (Ebuild, "sys-kernel/linux-firmware", ""),
    ] {
        assert_eq!(class_of(kind, name, source), PackageClass::Installed, "{name}");
    }
}
