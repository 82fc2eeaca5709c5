//! rpm databases in layers, with their write-ahead logs.

use std::io::Read;

use crate::layer::{Layer, flatten, listed};

const OS: &str = "ID=rocky\nVERSION_ID=9.3\nPRETTY_NAME=\"Rocky Linux 9.3\"\n";
const DATABASE: &str = "var/lib/rpm/rpmdb.sqlite";
const LOG: &str = "var/lib/rpm/rpmdb.sqlite-wal";

fn sample(name: &str) -> Vec<u8> {
    let path = format!("{}/testdata/rpm/{name}.gz", env!("CARGO_MANIFEST_DIR"));
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

fn system() -> Layer {
    Layer::new().file("etc/os-release", OS)
}

fn database() -> Layer {
    Layer::new().file(DATABASE, sample("rpmdb.sqlite"))
}

fn log() -> Layer {
    Layer::new().file(LOG, sample("rpmdb.sqlite-wal"))
}

/// Problems by path, and whether `snap` is there, which is only in the log.
fn read(layers: &[Layer]) -> (Vec<String>, bool) {
    let (inventory, _) = flatten(layers);
    let problems = inventory.problems.into_iter().map(|problem| format!("{}: {}", problem.path, problem.message));
    (problems.collect(), inventory.packages.iter().any(|package| package.name == "snap" && package.is_live()))
}

#[test]
fn packages_with_everything_that_the_database_says() {
    let (inventory, _) = flatten(&[system(), database()]);
    assert_eq!(inventory.problems, []);
    assert_eq!(inventory.os.unwrap().stream.as_deref(), Some("Rocky Linux:9"));
    let purls: Vec<_> = inventory.packages.iter().map(|package| package.purl.as_str()).collect();
    assert_eq!(
        purls,
        [
            "pkg:rpm/rocky/epoch-libs@2.0~rc1-3.el9?arch=noarch&distro=rocky-9.3&epoch=2&upstream=epoch-2.0~rc1-3.el9.src.rpm",
            "pkg:rpm/rocky/epoch@2.0~rc1-3.el9?arch=noarch&distro=rocky-9.3&epoch=2&upstream=epoch-2.0~rc1-3.el9.src.rpm",
            "pkg:rpm/rocky/many@1-1?arch=noarch&distro=rocky-9.3&upstream=many-1-1.src.rpm",
            "pkg:rpm/rocky/mod@12.22.12-1.module%2Bel8.6.0%2B1047%2B4202cf9a?arch=x86_64&distro=rocky-9.3&epoch=1\
             &rpmmod=nodejs:12:8060020220523160029:ad008a3a\
             &upstream=mod-12.22.12-1.module%2Bel8.6.0%2B1047%2B4202cf9a.src.rpm",
            "pkg:rpm/rocky/plain@1.0-1.el9?arch=x86_64&distro=rocky-9.3&upstream=plain-1.0-1.el9.src.rpm",
            "pkg:rpm/rocky/zeroepoch@3.1%5Egit5-1?arch=noarch&distro=rocky-9.3&epoch=0&upstream=zeroepoch-3.1%5Egit5-1.src.rpm",
        ]
    );
    let module = &inventory.packages[3];
    assert_eq!(module.version, "1:12.22.12-1.module+el8.6.0+1047+4202cf9a");
    assert_eq!(module.module.as_deref(), Some("nodejs:12:8060020220523160029:ad008a3a"));
    assert_eq!(module.vendor.as_deref(), Some("Red Hat, Inc."));
    for name in ["Packages.db", "Packages-le"] {
        let path = format!("usr/lib/sysimage/rpm/{}", name.trim_end_matches("-le"));
        let (inventory, _) = flatten(&[system().file(&path, sample(name))]);
        assert_eq!(inventory.problems, [], "{name}");
        assert!(inventory.packages.iter().any(|package| package.name == "many"));
    }
}

#[test]
fn a_language_package_of_an_rpm() {
    let egg = "usr/lib/python3/site-packages/x-1.0.egg-info";
    let (inventory, _) =
        flatten(&[system(), database(), Layer::new().file(egg, "Metadata-Version: 2.1\nName: x\nVersion: 1.0\n")]);
    let found = inventory.packages.iter().find(|package| package.name == "x").unwrap();
    assert!(found.provided_by.as_deref().unwrap().starts_with("pkg:rpm/rocky/epoch@"));
}

#[test]
fn a_log_in_the_same_layer() {
    let both = || Layer::new().file(DATABASE, sample("rpmdb.sqlite")).file(LOG, sample("rpmdb.sqlite-wal"));
    let reversed = Layer::new().file(LOG, sample("rpmdb.sqlite-wal")).file(DATABASE, sample("rpmdb.sqlite"));
    let none: Vec<String> = Vec::new();
    assert_eq!(read(&[system(), both()]), (none.clone(), true));
    assert_eq!(read(&[system(), reversed]), (none.clone(), true));
    assert_eq!(read(&[system(), database().file(LOG, "")]), (none.clone(), false));
    // what the log removed is removed
    let layers = [system(), database(), both()];
    assert_eq!(read(&layers).0, none);
    let many = listed(&layers).into_iter().filter(|line| line.starts_with("many")).collect::<Vec<_>>();
    assert_eq!(many, ["many 1-1 @2-3"]);
    // the later content of a path counts
    let twice = both().file(DATABASE, sample("rpmdb.sqlite"));
    assert_eq!(read(&[system(), twice]), (none.clone(), true));
    let emptied = both().file(LOG, "");
    assert_eq!(read(&[system(), emptied]).0.len(), 1, "a log that was applied and is not there");
    let replaced = both().file(DATABASE, "");
    assert_eq!(read(&[system(), replaced]).0.len(), 3, "no database, a log of none, no package");
}

#[test]
fn a_log_in_another_layer_is_said() {
    let both = || Layer::new().file(DATABASE, sample("rpmdb.sqlite")).file(LOG, sample("rpmdb.sqlite-wal"));
    let (problems, found) = read(&[system(), database(), log()]);
    assert_eq!(problems, [format!("{LOG}: changes of a database that is not in the same layer")]);
    assert!(!found);
    let (problems, _) = read(&[system(), log(), database()]);
    assert_eq!(problems.len(), 1);
    let without = Layer::new().file("var/lib/rpm/.wh.rpmdb.sqlite-wal", "");
    let (problems, _) = read(&[system(), both(), without]);
    let removed = "the write-ahead log with which it was read was removed or replaced";
    assert_eq!(problems, [format!("{DATABASE}: {removed}")]);
    let (problems, _) = read(&[system(), both(), database()]);
    assert_eq!(problems.len(), 1, "the lower log over the upper database");
    // rpm leaves an empty log behind
    let clean = Layer::new().file(DATABASE, sample("rpmdb.sqlite")).file(LOG, "");
    assert_eq!(read(&[system(), both(), clean]).0.len(), 0);
}

#[test]
fn an_empty_or_foreign_database() {
    let (inventory, _) = flatten(&[system().file(DATABASE, "x")]);
    let kinds: Vec<_> = inventory.problems.iter().map(|problem| problem.kind.name()).collect();
    assert_eq!(kinds, ["parse_error", "os_unknown"]);
    assert!(inventory.os_packages);
    let debian = Layer::new().file("etc/os-release", "ID=debian\nVERSION_ID=12\n");
    assert_eq!(read(&[debian, database()]).0.len(), 1, "not of this system");
    assert_eq!(read(&[database()]).0.len(), 1, "no system");
    let unknown = Layer::new().file("etc/os-release", "ID=centos\nVERSION_ID=7\n");
    assert_eq!(read(&[unknown, database()]).0.len(), 1, "no stream");
}

#[test]
fn repositories() {
    let state = "[nevras]\n\"epoch-2:2.0~rc1-3.el9.noarch\" = {from_repo=\"baseos\"}\n\
                 \"zeroepoch-3.1^git5-1.noarch\" = {from_repo=\"extras\"}\n\"plain-9-9.x86_64\" = {from_repo=\"x\"}\n";
    let manifest = r#"{"content_sets":["b-rpms","a-rpms"]}"#;
    let notes = Layer::new()
        .file("usr/lib/sysimage/libdnf5/nevras.toml", state)
        .file("root/buildinfo/content_manifests/ubi9.json", manifest);
    let (inventory, _) = flatten(&[database(), notes]);
    let of = |name: &str| {
        let package = inventory.packages.iter().find(|package| package.name == name).unwrap();
        package.repository.clone().unwrap()
    };
    assert_eq!((of("epoch").as_str(), of("zeroepoch").as_str()), ("baseos", "extras"));
    assert_eq!(of("plain"), "a-rpms b-rpms", "of this version nothing more is known");
}
