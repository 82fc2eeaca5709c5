//! What lockfiles name, beside what is installed.

use lazaret_model::{Package, PackageClass};

use crate::layer::{Layer, flatten};

const LOCK: &str = r#"{"lockfileVersion":3,"packages":{"":{"name":"app"},
    "node_modules/x":{"version":"1.0.0"},"node_modules/y":{"version":"1.0.0"}}}"#;
const X: &str = "app/node_modules/x/package.json";

fn find<'a>(packages: &'a [Package], name: &str) -> Vec<&'a Package> {
    packages.iter().filter(|package| package.name == name).collect()
}

#[test]
fn declared_and_installed_is_one_package() {
    let layers = [Layer::new().file("app/package-lock.json", LOCK), Layer::new().npm(X, "x", "1.0.0")];
    let (inventory, ids) = flatten(&layers);
    assert!(inventory.problems.iter().all(|problem| !problem.path.contains("lock")), "{:?}", inventory.problems);
    let [x] = find(&inventory.packages, "x")[..] else { panic!("{:?}", inventory.packages) };
    assert_eq!((x.class, x.layer.as_ref()), (PackageClass::Installed, Some(&ids[1])), "since it is installed");
    assert_eq!(x.evidence.len(), 2, "the lockfile is one more evidence");
    assert!(x.changed_in.is_empty());
    let [y] = find(&inventory.packages, "y")[..] else { panic!("{:?}", inventory.packages) };
    assert_eq!((y.class, y.layer.as_ref(), y.is_live()), (PackageClass::Declared, Some(&ids[0]), true));
}

#[test]
fn a_lockfile_keeps_nothing_alive() {
    let layers = [
        Layer::new().file("app/package-lock.json", LOCK).npm(X, "x", "1.0.0"),
        Layer::new().file("app/node_modules/.wh.x", ""),
    ];
    let (inventory, ids) = flatten(&layers);
    let found = find(&inventory.packages, "x");
    let removed = found.iter().find(|package| package.class == PackageClass::Installed).unwrap();
    assert_eq!(removed.removed_in.as_ref(), Some(&ids[1]));
    let declared = found.iter().find(|package| package.class == PackageClass::Declared).unwrap();
    assert!(declared.is_live() && found.len() == 2);
}

#[test]
fn names_agree_as_purls_do() {
    let layer = Layer::new()
        .file("app/requirements.txt", "Flask==1.0\nnothing\n")
        .file("usr/lib/python3/dist-packages/flask-1.0.dist-info/METADATA", "Name: flask\nVersion: 1.0\n\n");
    let (inventory, _) = flatten(&[layer]);
    let list: Vec<_> = inventory.packages.iter().map(|p| (p.purl.as_str(), p.class)).collect();
    assert_eq!(
        list,
        [("pkg:pypi/flask@1.0", PackageClass::Installed), ("pkg:pypi/nothing", PackageClass::Declared)],
        "and a name without a version is no problem"
    );
    assert!(inventory.problems.iter().all(|problem| problem.kind.name() != "version_unknown"));
}

#[test]
fn a_link_to_a_lockfile_is_no_problem() {
    let layer = Layer::new().file("data/1234", LOCK).symlink("app/package-lock.json", "/data/1234");
    let (inventory, _) = flatten(&[layer]);
    assert!(inventory.packages.is_empty());
    assert!(inventory.problems.iter().all(|problem| problem.kind.name() != "parse_error"), "{:?}", inventory.problems);
}
