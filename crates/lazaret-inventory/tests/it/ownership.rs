//! Language packages that a package of the system provides.

use crate::layer::{Layer, flatten};

const METADATA: &str = "Metadata-Version: 2.1\nName: x\nVersion: 1.0\n";
const STATUS: &str = "Package: python3-x\nStatus: install ok installed\nVersion: 1.0-1\nArchitecture: all\n\n\
                      Package: other\nStatus: install ok installed\nVersion: 1\nArchitecture: amd64\n\n";
const OS: &str = "ID=debian\nVERSION_ID=12\n";
const PATH: &str = "usr/lib/python3/dist-packages/x-1.0.egg-info";

fn provider(layers: &[Layer]) -> Option<String> {
    let (inventory, _) = flatten(layers);
    inventory.packages.into_iter().find(|package| package.name == "x").unwrap().provided_by
}

#[test]
fn lists_of_dpkg() {
    let system = || Layer::new().file("etc/os-release", OS).file("var/lib/dpkg/status", STATUS);
    let owner = Some("pkg:deb/debian/python3-x@1.0-1?arch=all&distro=debian-12".to_owned());
    let list = format!("/.\n/usr\n/{PATH}\n");
    let sums = format!("d41d8cd98f00b204e9800998ecf8427e  {PATH}\n");
    let names = "var/lib/dpkg/info/python3-x";
    assert_eq!(provider(&[system().file(PATH, METADATA)]), None);
    assert_eq!(provider(&[system().file(PATH, METADATA).file(&format!("{names}.list"), &list)]), owner);
    assert_eq!(provider(&[system().file(PATH, METADATA).file(&format!("{names}.md5sums"), &sums)]), owner);
    // list and file from different layers
    assert_eq!(provider(&[system().file(&format!("{names}.list"), &list), Layer::new().file(PATH, METADATA)]), owner);
    // the package is gone, its list was left behind
    let gone = Layer::new().file("var/lib/dpkg/status", STATUS.split_once("\n\n").unwrap().1);
    assert_eq!(provider(&[system().file(PATH, METADATA).file(&format!("{names}.list"), &list), gone]), None);
    // another package's list of another architecture
    let wrong = "var/lib/dpkg/info/other:i386.list";
    assert_eq!(provider(&[system().file(PATH, METADATA).file(wrong, &list)]), None);
}

#[test]
fn merged_usr() {
    let list = "/lib/python3/dist-packages/x-1.0.egg-info\n";
    let layer = || {
        Layer::new()
            .file("etc/os-release", OS)
            .file("var/lib/dpkg/status", STATUS)
            .file("var/lib/dpkg/info/python3-x.list", list)
            .file(PATH, METADATA)
    };
    assert!(provider(&[layer().symlink("lib", "usr/lib")]).is_some());
    assert!(provider(&[layer()]).is_none(), "not the same place without the link");
}

#[test]
fn distroless_and_apk() {
    let distroless = Layer::new()
        .file("etc/os-release", OS)
        .file("var/lib/dpkg/status.d/cHl0aG9u", "Package: python3-x\nVersion: 1.0-1\nArchitecture: all\n")
        .file("var/lib/dpkg/status.d/cHl0aG9u.md5sums", format!("d41d8cd98f00b204e9800998ecf8427e  {PATH}\n"))
        .file(PATH, METADATA);
    assert!(provider(&[distroless]).unwrap().contains("python3-x"));
    let apk = Layer::new()
        .file("etc/os-release", "ID=alpine\nVERSION_ID=3.20.3\n")
        .file(
            "lib/apk/db/installed",
            "P:py3-x\nV:1.0-r0\nA:x86_64\no:py3-x\nF:usr/lib/python3/dist-packages\nR:x-1.0.egg-info\n\n",
        )
        .file(PATH, METADATA);
    assert_eq!(provider(&[apk]).as_deref(), Some("pkg:apk/alpine/py3-x@1.0-r0?arch=x86_64&distro=alpine-3.20.3"));
}

#[test]
fn gems_of_the_system_are_covered() {
    let gem = "usr/share/rubygems-integration/all/specifications/x-1.gemspec";
    let layer = |owned: &str| {
        Layer::new()
            .file("etc/os-release", OS)
            .file("var/lib/dpkg/status", STATUS)
            .file("var/lib/dpkg/info/other.list", format!("/{owned}\n"))
            .file(gem, "s.name = \"x\"\ns.version = \"1\"\n")
    };
    let owner = Some("pkg:deb/debian/other@1?arch=amd64&distro=debian-12".to_owned());
    assert_eq!(provider(&[layer(gem)]), owner);
    assert_eq!(provider(&[layer("elsewhere")]), None);
}

#[test]
fn what_no_detector_reads_is_covered_too() {
    let pnp = "usr/share/x/.pnp.cjs";
    let layer = |owned: &str| {
        Layer::new()
            .file("etc/os-release", OS)
            .file("var/lib/dpkg/status", STATUS)
            .file("var/lib/dpkg/info/other.list", format!("/{owned}\n"))
            .file(pnp, "")
    };
    assert_eq!(flatten(&[layer(pnp)]).0.problems, []);
    assert_eq!(flatten(&[layer("elsewhere")]).0.problems.len(), 1);
}

/// A library of the system is the system's; a second copy that somebody put elsewhere is not, whatever is the same.
#[test]
fn libraries_known_by_content() {
    let library = include_bytes!("../../testdata/binary/bookworm-zlib1g-libz.so.1.2.13.bin").as_slice();
    let path = "usr/lib/x86_64-linux-gnu/libz.so.1.2.13";
    let layer = || {
        Layer::new()
            .file("etc/os-release", OS)
            .file("var/lib/dpkg/status", STATUS)
            .file("var/lib/dpkg/info/other.list", format!("/{path}\n"))
            .file(path, library)
    };
    let zlib = |layers: &[Layer]| {
        let (inventory, _) = flatten(layers);
        assert_eq!(inventory.problems, []);
        let found = inventory.packages.into_iter().find(|package| package.name == "zlib").unwrap();
        assert_eq!((found.purl.as_str(), found.cpe.as_deref()), ("pkg:generic/zlib@1.2.13", Some("zlib:zlib")));
        (found.provided_by.is_some(), found.is_judged())
    };
    assert_eq!(zlib(&[layer()]), (true, false));
    assert_eq!(zlib(&[layer(), Layer::new().file("opt/app/libz.so.1", library)]), (false, true));
}
