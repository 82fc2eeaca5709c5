//! Every way in which one layer changes what lies below it.

use crate::layer::{Layer, flatten, listed};

const X: &str = "app/node_modules/x/package.json";
const Y: &str = "app/node_modules/y/package.json";

/// Layer 1 has x 1 and y 1; layer 2 is what the row says.
fn over(second: Layer) -> Vec<String> {
    let first = Layer::new().directory("app").directory("app/node_modules").npm(X, "x", "1.0.0").npm(Y, "y", "1.0.0");
    listed(&[first, second])
}

#[test]
fn removals() {
    let both = ["x 1.0.0 @1", "y 1.0.0 @1"];
    let no_x = ["x 1.0.0 @1-2", "y 1.0.0 @1"];
    let none = ["x 1.0.0 @1-2", "y 1.0.0 @1-2"];
    for (name, layer, wanted) in [
        ("nothing", Layer::new().file("etc/motd", ""), both),
        ("a directory again", Layer::new().directory("app/node_modules/x"), both),
        ("whiteout of the file", Layer::new().file("app/node_modules/x/.wh.package.json", ""), no_x),
        ("whiteout of a directory", Layer::new().file("app/node_modules/.wh.x", ""), no_x),
        ("whiteout of all", Layer::new().file(".wh.app", ""), none),
        ("whiteout of another", Layer::new().file("app/node_modules/.wh.x2", ""), both),
        ("opaque directory", Layer::new().file("app/node_modules/x/.wh..wh..opq", ""), no_x),
        ("opaque root", Layer::new().file(".wh..wh..opq", ""), none),
        ("file in place of a directory", Layer::new().file("app/node_modules/x", ""), no_x),
        ("link in place of a directory", Layer::new().symlink("app/node_modules", "/tmp"), none),
        ("link in place of the file", Layer::new().symlink(X, "/dev/null"), no_x),
        ("directory in place of the file", Layer::new().directory(X), no_x),
        ("other content", Layer::new().file(X, "no longer json").file(Y, r#"{"name":"y","version":"1.0.0"}"#), no_x),
        ("aufs' own files", Layer::new().file("app/.wh..wh.plnk", ""), both),
    ] {
        let found = over(layer);
        // unreadable content leaves the old package removed, and a problem
        assert_eq!(found, wanted, "{name}");
    }
}

#[test]
fn upgrades_and_rewrites() {
    assert_eq!(over(Layer::new().npm(X, "x", "2.0.0")), ["x 1.0.0 @1-2", "x 2.0.0 @2", "y 1.0.0 @1"]);
    // chmod of a whole tree copies it; the packages are as old as before, the evidence is not
    let (inventory, layers) =
        flatten(&[Layer::new().npm(X, "x", "1.0.0"), Layer::new().npm(X, "x", "1.0.0").file("changed", "")]);
    assert_eq!(inventory.packages.len(), 1);
    assert_eq!(inventory.packages[0].layer.as_ref(), Some(&layers[0]));
    assert_eq!(inventory.packages[0].evidence[0].layer.as_ref(), Some(&layers[1]));
}

#[test]
fn an_opaque_directory_keeps_what_its_own_layer_has() {
    let second = Layer::new().npm(Y, "y", "2.0.0").file("app/node_modules/.wh..wh..opq", "");
    assert_eq!(over(second), ["x 1.0.0 @1-2", "y 1.0.0 @1-2", "y 2.0.0 @2"]);
    let second = Layer::new().npm(X, "x", "3.0.0").file("app/node_modules/.wh.x", "");
    assert_eq!(over(second), ["x 1.0.0 @1-2", "x 3.0.0 @2", "y 1.0.0 @1"]);
}

#[test]
fn back_again() {
    let layers = [
        Layer::new().npm(X, "x", "1.0.0"),
        Layer::new().file("app/node_modules/.wh.x", ""),
        Layer::new().npm(X, "x", "1.0.0").file("again", ""),
    ];
    assert_eq!(listed(&layers), ["x 1.0.0 @3"]);
    let layers = [
        Layer::new().npm(X, "x", "1.0.0"),
        Layer::new().file("app/node_modules/.wh.x", ""),
        Layer::new().npm(X, "x", "1.0.0").file("again", ""),
        Layer::new().file("app/.wh.node_modules", ""),
    ];
    assert_eq!(listed(&layers), ["x 1.0.0 @3-4"]);
}

#[test]
fn several_places() {
    let layers = [
        Layer::new().npm(X, "x", "1.0.0"),
        Layer::new().npm("other/node_modules/x/package.json", "x", "1.0.0"),
        Layer::new().file("app/.wh.node_modules", ""),
    ];
    // still live in the other place, and since then
    assert_eq!(listed(&layers), ["x 1.0.0 @2"]);
    let (inventory, _) = flatten(&layers[..2]);
    assert_eq!(inventory.packages[0].evidence.len(), 2);
}

#[test]
fn moved_in_one_layer() {
    let second = Layer::new().file(".wh.app", "").npm("srv/node_modules/x/package.json", "x", "1.0.0");
    assert_eq!(over(second), ["x 1.0.0 @1", "y 1.0.0 @1-2"]);
}

#[test]
fn package_databases_are_one_file() {
    let status = |packages: &[(&str, &str)]| {
        let stanza = |(name, version): &(&str, &str)| {
            format!("Package: {name}\nStatus: install ok installed\nVersion: {version}\nArchitecture: all\n\n")
        };
        packages.iter().map(stanza).collect::<String>()
    };
    let path = "var/lib/dpkg/status";
    let layers = [
        Layer::new().file(path, status(&[("a", "1"), ("b", "1"), ("c", "1")])),
        Layer::new().file(path, status(&[("a", "1"), ("b", "2"), ("d", "1")])),
    ];
    assert_eq!(listed(&layers), ["a 1 @1", "b 1 @1-2", "b 2 @2", "c 1 @1-2", "d 1 @2"]);
    let emptied = [Layer::new().file(path, status(&[("a", "1")])), Layer::new().file(path, "")];
    assert_eq!(listed(&emptied), ["a 1 @1-2"]);
    let (inventory, _) = flatten(&emptied);
    assert!(inventory.os_packages);
    let split = [
        Layer::new().file("var/lib/dpkg/status.d/a", "Package: a\nVersion: 1\n"),
        Layer::new()
            .file("var/lib/dpkg/status.d/b", "Package: b\nVersion: 1\n")
            .file("var/lib/dpkg/status.d/.wh.a", ""),
    ];
    assert_eq!(listed(&split), ["a 1 @1-2", "b 1 @2"]);
}

#[test]
fn within_one_layer_the_last_entry_counts() {
    let twice = Layer::new().npm(X, "x", "1.0.0").npm(X, "x", "2.0.0");
    assert_eq!(listed(&[twice]), ["x 2.0.0 @1"]);
    let buried = Layer::new().npm(X, "x", "1.0.0").file("app/node_modules", "");
    assert_eq!(listed(&[buried]), [""; 0]);
    let replaced = Layer::new().npm(X, "x", "1.0.0").directory(X);
    assert_eq!(listed(&[replaced]), [""; 0]);
    let rewritten = Layer::new().npm(X, "x", "1.0.0").file(X, "");
    let (inventory, _) = flatten(&[rewritten]);
    assert!(inventory.packages.is_empty());
    assert_eq!(inventory.problems.len(), 1);
}

#[test]
fn links_to_directories_are_followed() {
    let merged = Layer::new().symlink("lib", "usr/lib").npm("lib/node_modules/x/package.json", "x", "1.0.0");
    let (inventory, _) = flatten(&[merged]);
    assert_eq!(inventory.packages[0].evidence[0].path, "usr/lib/node_modules/x/package.json");
    // written through the link, then the link goes: the files stay where they really are
    let layers = [
        Layer::new().symlink("a", "b").npm("a/node_modules/x/package.json", "x", "1.0.0"),
        Layer::new().file(".wh.a", ""),
    ];
    assert_eq!(listed(&layers), ["x 1.0.0 @1"]);
    // removed through the link
    let layers = [
        Layer::new().symlink("a", "/b").npm("b/node_modules/x/package.json", "x", "1.0.0"),
        Layer::new().file("a/node_modules/.wh.x", ""),
    ];
    assert_eq!(listed(&layers), ["x 1.0.0 @1-2"]);
    // the same place under two names
    let layers = [
        Layer::new().symlink("a", "b").npm("b/node_modules/x/package.json", "x", "1.0.0"),
        Layer::new().npm("a/node_modules/x/package.json", "x", "2.0.0"),
    ];
    assert_eq!(listed(&layers), ["x 1.0.0 @1-2", "x 2.0.0 @2"]);
    // a real directory takes the place of the link
    let layers = [
        Layer::new().symlink("a", "b").npm("b/node_modules/x/package.json", "x", "1.0.0"),
        Layer::new().directory("a").npm("a/node_modules/x/package.json", "x", "2.0.0"),
    ];
    assert_eq!(listed(&layers), ["x 1.0.0 @1", "x 2.0.0 @2"]);
}

#[test]
fn hard_links() {
    let copied =
        Layer::new().npm("a/node_modules/x/package.json", "x", "1.0.0").hard_link(X, "a/node_modules/x/package.json");
    let (inventory, _) = flatten(&[copied]);
    assert_eq!(inventory.packages[0].evidence.len(), 2);
    // pnpm links to a store by content
    let store = format!("root/.local/share/pnpm/store/v3/files/ab/{}", "0f".repeat(63));
    let linked = Layer::new().npm(&store, "x", "1.0.0").hard_link(X, &store);
    let (inventory, _) = flatten(&[linked]);
    assert_eq!(inventory.packages.len(), 1);
    assert_eq!(inventory.packages[0].evidence[0].path, X);
    assert_eq!(inventory.problems, []);
    // what is not recognised is said
    let unknown = Layer::new().npm("blob", "x", "1.0.0").hard_link(X, "blob");
    let (inventory, _) = flatten(&[unknown]);
    assert_eq!((inventory.packages.len(), inventory.problems.len()), (0, 1));
    // a link to a lower layer
    let layers = [Layer::new().npm(Y, "x", "1.0.0"), Layer::new().hard_link(X, Y).file("app/node_modules/.wh.y", "")];
    let (inventory, _) = flatten(&layers);
    assert_eq!(inventory.problems.len(), 1, "the lower file is hidden when the link is made");
}
