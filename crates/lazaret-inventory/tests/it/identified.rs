//! The identified share, over layers that hide, replace and link.

use crate::layer::{Layer, flatten};

const STATUS: &str = "Package: tool\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\nDescription: x\n\n";
const OS: &str = "ID=debian\nVERSION_ID=12\n";

/// A program of so many bytes.
fn elf(bytes: usize) -> Vec<u8> {
    let mut file = vec![0; bytes];
    file[..6].copy_from_slice(b"\x7fELF\x02\x01");
    file[16] = 3;
    file
}

fn debian() -> Layer {
    Layer::new().file("etc/os-release", OS).file("var/lib/dpkg/status", STATUS)
}

/// Bytes that are known, bytes in all, and paths of what is not known.
fn share(layers: &[Layer]) -> (u64, u64, Vec<String>) {
    let identified = flatten(layers).0.identified.unwrap();
    (identified.bytes, identified.of, identified.unknown.into_iter().map(|file| file.path).collect())
}

#[test]
fn nothing_can_execute() {
    let identified = flatten(&[Layer::new().file("a/README", "text")]).0.identified.unwrap();
    assert_eq!((identified.of, identified.share), (0, 1.0));
}

#[test]
fn a_copied_program_is_named() {
    let owned = || debian().file("var/lib/dpkg/info/tool.list", "/.\n/usr\n/usr/bin/tool\n/usr/lib/a.py\n");
    let base = || owned().program("usr/bin/tool", elf(1000)).file("usr/lib/a.py", "x = 1\n");
    assert_eq!(share(&[base()]), (1006, 1006, Vec::new()));
    let scripts = Layer::new()
        .file("var/lib/dpkg/info/tool.postinst", "#!/bin/sh\n")
        .file("var/lib/dpkg/info/other.postinst", "#!/bin/sh\n");
    assert_eq!(share(&[base(), scripts]), (1016, 1026, vec!["var/lib/dpkg/info/other.postinst".into()]));
    let copied = Layer::new().program("opt/b", elf(300)).program("opt/a", elf(700)).file("opt/c.sh", "#!/bin/sh\n");
    assert_eq!(share(&[base(), copied]), (1006, 2016, vec!["opt/a".into(), "opt/b".into(), "opt/c.sh".into()]));
    // what Python makes of a source is as well known as the source
    let cache = Layer::new()
        .file("usr/lib/__pycache__/a.cpython-311.pyc", "abc")
        .file("usr/lib/__pycache__/b.cpython-311.pyc", "abc");
    assert_eq!(share(&[base(), cache]), (1009, 1012, vec!["usr/lib/__pycache__/b.cpython-311.pyc".into()]));
}

#[test]
fn only_what_is_left_counts() {
    let base = || Layer::new().program("a/b/x", elf(100)).program("a/y", elf(200)).program("z", elf(400));
    assert_eq!(share(&[base()]).1, 700);
    assert_eq!(share(&[base(), Layer::new().file("a/b/.wh.x", "")]).1, 600);
    assert_eq!(share(&[base(), Layer::new().file(".wh.a", "")]).1, 400);
    assert_eq!(share(&[base(), Layer::new().file("a/.wh..wh..opq", "").program("a/n", elf(64))]).1, 464);
    assert_eq!(share(&[base(), Layer::new().file(".wh..wh..opq", "")]).1, 0);
    assert_eq!(share(&[base(), Layer::new().file("z", "text now")]).1, 300);
    assert_eq!(share(&[base(), Layer::new().program("z", elf(64))]).1, 364);
    assert_eq!(share(&[base(), Layer::new().file("a", "a file in place of the directory")]).1, 400);
    assert_eq!(share(&[Layer::new().program("z", elf(100)).program("z", elf(64))]).1, 64);
}

#[test]
fn names_of_one_file_count_once() {
    let list = "/usr/bin/tool\n";
    let linked = || debian().program("opt/x", elf(100)).hard_link("usr/bin/tool", "opt/x");
    assert_eq!(share(&[linked()]), (0, 100, vec!["opt/x".into()]));
    let owned = || linked().file("var/lib/dpkg/info/tool.list", list);
    assert_eq!(share(&[owned()]), (100, 100, Vec::new()));
    // the name by which it came goes, the file stays
    let gone = || Layer::new().file("opt/.wh.x", "");
    assert_eq!(share(&[linked(), gone()]), (0, 100, vec!["usr/bin/tool".into()]));
    let both = Layer::new().file("opt/.wh.x", "").file("usr/bin/.wh.tool", "");
    assert_eq!(share(&[linked(), both]).1, 0);
}

#[test]
fn through_links_of_directories() {
    let list = "/lib/x.so\n";
    let merged =
        debian().symlink("lib", "usr/lib").file("var/lib/dpkg/info/tool.list", list).program("usr/lib/x.so", elf(100));
    let later = Layer::new().program("lib/y.so", elf(64));
    assert_eq!(share(&[merged, later]), (100, 164, vec!["usr/lib/y.so".into()]));
}
