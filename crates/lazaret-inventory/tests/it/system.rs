//! Operating systems, SSH servers, and what must be said.

use lazaret_model::ProblemKind;

use crate::layer::{Layer, flatten};

const DEBIAN: &str = "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n";
const ALPINE: &str = "ID=alpine\nVERSION_ID=3.20.3\nPRETTY_NAME=\"Alpine Linux v3.20\"\n";
const STATUS: &str = "Package: a\nStatus: install ok installed\nVersion: 1:2+b1\nArchitecture: amd64\n\n";
const INSTALLED: &str = "P:musl\nV:1.2.5-r0\nA:x86_64\no:musl\n\n";

fn kinds(layers: &[Layer]) -> Vec<&'static str> {
    flatten(layers).0.problems.iter().map(|problem| problem.kind.name()).collect()
}

#[test]
fn debian_with_its_link() {
    let layer = Layer::new()
        .file("usr/lib/os-release", DEBIAN)
        .symlink("etc/os-release", "../usr/lib/os-release")
        .file("var/lib/dpkg/status", STATUS);
    let (inventory, _) = flatten(&[layer]);
    let os = inventory.os.unwrap();
    assert_eq!((os.stream.as_deref(), os.path.as_str()), (Some("Debian:12"), "usr/lib/os-release"));
    assert_eq!(inventory.packages[0].purl, "pkg:deb/debian/a@1:2%2Bb1?arch=amd64&distro=debian-12");
    assert_eq!(inventory.packages[0].source.as_ref().unwrap().version, "1:2");
    assert_eq!(inventory.problems, []);
}

#[test]
fn system_and_database_belong_together() {
    let none: [&str; 0] = [];
    let unknown = ["os_unknown"];
    assert_eq!(kinds(&[Layer::new().file("hello", "")]), none, "neither is fine");
    let alpine = || Layer::new().file("etc/os-release", ALPINE);
    assert_eq!(kinds(&[alpine().file("lib/apk/db/installed", INSTALLED)]), none);
    assert_eq!(kinds(&[alpine().file("usr/lib/apk/db/installed", INSTALLED)]), none);
    assert_eq!(kinds(&[Layer::new().file("lib/apk/db/installed", INSTALLED)]), unknown, "no os-release");
    assert_eq!(kinds(&[alpine()]), unknown, "no database");
    assert_eq!(kinds(&[alpine().file("lib/apk/db/installed", "")]), unknown, "an empty database");
    let deleted = [alpine().file("lib/apk/db/installed", INSTALLED), Layer::new().file("lib/apk/.wh.db", "")];
    assert_eq!(kinds(&deleted), unknown);
    let all_gone = Layer::new().file("lib/apk/.wh.db", "").file("etc/.wh.os-release", "");
    let [lower, _] = deleted;
    assert_eq!(kinds(&[lower, all_gone]), unknown, "system and database deleted in a later layer");
    let foreign = Layer::new().file("etc/os-release", "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=22.04\n");
    assert_eq!(kinds(&[foreign.file("var/lib/dpkg/status", STATUS)]), unknown, "no stream");
    assert_eq!(kinds(&[alpine().file("var/lib/dpkg/status", STATUS)]), unknown, "another system's database");
    let fallback = Layer::new().file("etc/alpine-release", "3.10.9\n").file("lib/apk/db/installed", INSTALLED);
    assert_eq!(kinds(&[fallback]), none);
}

#[test]
fn a_database_behind_a_link() {
    let moved = Layer::new()
        .file("etc/os-release", ALPINE)
        .file("opt/hidden", INSTALLED)
        .symlink("lib/apk/db/installed", "/opt/hidden");
    assert_eq!(kinds(&[moved]), ["parse_error", "os_unknown"]);
    let dangling = Layer::new().symlink("usr/share/java/x.jar", "x-1.jar");
    assert_eq!(kinds(&[dangling]), [""; 0]);
}

#[test]
fn edge_by_repositories() {
    let layer = Layer::new()
        .file("etc/os-release", ALPINE)
        .file("etc/apk/repositories", "https://dl-cdn.alpinelinux.org/alpine/edge/main\n")
        .file("lib/apk/db/installed", INSTALLED);
    assert_eq!(flatten(&[layer]).0.os.unwrap().stream.as_deref(), Some("Alpine:edge"));
}

#[test]
fn what_no_detector_reads_is_said() {
    let void = Layer::new().file("etc/os-release", "ID=void\n").file("var/db/xbps/pkgdb-0.38.plist", "x");
    let (inventory, _) = flatten(&[void]);
    assert!(inventory.os_packages);
    let problems: Vec<_> = inventory.problems.iter().map(|p| (p.kind, p.path.as_str())).collect();
    assert_eq!(problems, [(ProblemKind::Unsupported, "var/db/xbps/pkgdb-0.38.plist")]);
    let others = Layer::new().file("srv/a/.pnp.cjs", "").file("srv/b/.pnp.js", "");
    let (inventory, _) = flatten(&[others]);
    let messages: Vec<_> = inventory.problems.iter().map(|p| p.message.as_str()).collect();
    assert_eq!(messages, ["Yarn Plug'n'Play packages: no detector reads them yet (2 files)"]);
    let removed = [Layer::new().file("srv/.pnp.cjs", "{}"), Layer::new().file(".wh.srv", "")];
    assert_eq!(kinds(&removed), [""; 0]);
}

#[test]
fn ssh_servers() {
    let layer = || Layer::new().program("usr/sbin/sshd", b"\x7fELF").file("etc/pam.d/sshd", "");
    assert_eq!(flatten(&[layer()]).0.ssh_servers, ["usr/sbin/sshd"]);
    assert!(flatten(&[layer(), Layer::new().file("usr/sbin/.wh.sshd", "")]).0.ssh_servers.is_empty());
    let busy = Layer::new().symlink("usr/sbin/dropbear", "../bin/dropbearmulti");
    assert_eq!(flatten(&[busy]).0.ssh_servers, ["usr/sbin/dropbear"]);
}

#[test]
fn versions_that_are_not_known() {
    let layer = Layer::new().file("app/node_modules/x/package.json", r#"{"name":"x"}"#);
    let (inventory, _) = flatten(&[layer]);
    assert_eq!(inventory.problems[0].kind, ProblemKind::VersionUnknown);
    assert!(inventory.packages[0].uncertain && inventory.packages[0].version.is_empty());
}

#[test]
fn problems_of_a_file_go_with_it() {
    let broken = || Layer::new().file("app/node_modules/x/package.json", "{");
    assert_eq!(kinds(&[broken()]), ["parse_error"]);
    assert_eq!(kinds(&[broken(), Layer::new().file(".wh.app", "")]), [""; 0]);
}
