//! Package databases that were cut in a later layer.

use crate::layer::{Layer, flatten};

const ALPINE: &str = "ID=alpine\nVERSION_ID=3.20.3\n";
const MUSL: &str = "P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nF:lib\nR:libc.so\n\n";
const CURL: &str = "P:curl\nV:8.9.0-r0\nA:x86_64\no:curl\nF:usr/bin\nR:curl\n\n";
const DATA: &str = "P:tzdata\nV:2024-r0\nA:x86_64\no:tzdata\nF:usr/share/zoneinfo\nR:UTC\n\n";

fn alpine() -> Layer {
    Layer::new()
        .file("etc/os-release", ALPINE)
        .file("lib/libc.so", "")
        .file("usr/bin/curl", "")
        .directory("usr/share/zoneinfo")
        .file("usr/share/zoneinfo/UTC", "")
        .file("lib/apk/db/installed", [MUSL, CURL, DATA].concat())
}

fn told(layers: &[Layer]) -> Vec<String> {
    flatten(layers).0.problems.into_iter().map(|problem| format!("{}: {}", problem.path, problem.message)).collect()
}

#[test]
fn a_cut_database_is_told() {
    let cut =
        "lib/apk/db/installed: layer 2 took packages from the package database whose files remain: curl and 1 more";
    assert_eq!(told(&[alpine(), Layer::new().file("lib/apk/db/installed", MUSL)]), [cut]);
    let moved = Layer::new().file("lib/apk/db/.wh.installed", "").file("usr/lib/apk/db/installed", MUSL);
    assert_eq!(told(&[alpine(), moved]), [cut]);
}

#[test]
fn what_was_removed_with_its_files_is_not() {
    let removed = Layer::new().file("lib/apk/db/installed", [MUSL, DATA].concat()).file("usr/bin/.wh.curl", "");
    assert_eq!(told(&[alpine(), removed]), [""; 0]);
    let directory = Layer::new().file("lib/apk/db/installed", [MUSL, CURL].concat()).file("usr/share/.wh.zoneinfo", "");
    assert_eq!(told(&[alpine(), directory]), [""; 0]);
    let upgraded = MUSL.replace("1.2.5-r0", "1.2.5-r1");
    assert_eq!(told(&[alpine(), Layer::new().file("lib/apk/db/installed", [&upgraded, CURL, DATA].concat())]), [""; 0]);
    let renamed = CURL.replace("P:curl", "P:curl-next");
    assert_eq!(told(&[alpine(), Layer::new().file("lib/apk/db/installed", [MUSL, &renamed, DATA].concat())]), [""; 0]);
}

#[test]
fn dpkg_with_its_lists() {
    let stanza =
        |name: &str| format!("Package: {name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n\n");
    let debian = || {
        Layer::new()
            .file("etc/os-release", "ID=debian\nVERSION_ID=12\n")
            .file("usr/bin/a", "")
            .file("usr/bin/b", "")
            .file("var/lib/dpkg/info/a.list", "/.\n/usr\n/usr/bin\n/usr/bin/a\n")
            .file("var/lib/dpkg/info/b.list", "/.\n/usr\n/usr/bin\n/usr/bin/b\n")
            .file("var/lib/dpkg/status", stanza("a") + &stanza("b"))
    };
    let cut = Layer::new().file("var/lib/dpkg/status", stanza("a")).file("var/lib/dpkg/info/.wh.b.list", "");
    assert_eq!(told(&[debian(), cut]).len(), 1);
    let purged = Layer::new()
        .file("var/lib/dpkg/status", stanza("a"))
        .file("usr/bin/.wh.b", "")
        .file("var/lib/dpkg/info/.wh.b.list", "");
    assert_eq!(told(&[debian(), purged]), [""; 0]);
}
