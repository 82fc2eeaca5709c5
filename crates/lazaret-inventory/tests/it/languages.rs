//! Ruby, Rust, PHP and .NET, from the real samples of the detectors, whole and damaged.

use crate::layer::{Layer, flatten};

const SAMPLES: [(&str, &[u8]); 6] = [
    ("specifications/rack-2.2.22.gemspec", include_bytes!("../../testdata/gem/rack-2.2.22.gemspec")),
    (
        "specifications/default/jruby-openssl-0.15.0-java.gemspec",
        include_bytes!("../../testdata/gem/jruby-openssl-0.15.0-java.gemspec"),
    ),
    ("bin/tiny", include_bytes!("../../testdata/cargo/tiny.elf")),
    ("vendor/composer/installed.json", include_bytes!("../../testdata/composer/installed-2.json")),
    ("app/Python.Runtime.deps.json", include_bytes!("../../testdata/nuget/Python.Runtime.deps.json")),
    (
        "shared/Microsoft.NETCore.App/3.1.23/Microsoft.NETCore.App.deps.json",
        include_bytes!("../../testdata/nuget/Microsoft.NETCore.App.deps.json"),
    ),
];

#[test]
fn purls() {
    let layer = SAMPLES.iter().fold(Layer::new(), |layer, (path, bytes)| layer.file(&format!("opt/{path}"), bytes));
    let (inventory, _) = flatten(&[layer]);
    assert_eq!(inventory.problems, []);
    let purls: Vec<_> = inventory.packages.iter().map(|package| package.purl.as_str()).collect();
    assert_eq!(
        purls,
        [
            "pkg:cargo/hex@0.4.3",
            "pkg:cargo/itoa@1.0.19",
            "pkg:cargo/tiny@0.1.0",
            "pkg:composer/acme/branch@dev-main",
            "pkg:composer/acme/bundle@2.0.0-beta3",
            "pkg:composer/acme/test-tool@0.9.x-dev",
            "pkg:composer/symfony/console@v5.4.1",
            "pkg:composer/symfony/polyfill-mbstring@1.27.0",
            "pkg:gem/jruby-openssl@0.15.0?platform=java",
            "pkg:gem/rack@2.2.22",
            "pkg:nuget/Microsoft.CSharp@4.7.0",
            "pkg:nuget/Microsoft.NETCore.App.Runtime.linux-x64@3.1.23",
            "pkg:nuget/System.Buffers@4.6.1",
            "pkg:nuget/System.IO.Hashing@10.0.12",
            "pkg:nuget/System.Memory@4.6.3",
            "pkg:nuget/System.Numerics.Vectors@4.6.1",
            "pkg:nuget/System.Reflection.Emit.ILGeneration@4.7.0",
            "pkg:nuget/System.Reflection.Emit@4.7.0",
            "pkg:nuget/System.Runtime.CompilerServices.Unsafe@6.1.2",
            "pkg:nuget/runtime.linux-x64.Microsoft.NETCore.App@3.1.23-servicing.22122.4",
            "pkg:nuget/runtime.linux-x64.Microsoft.NETCore.DotNetHostPolicy@3.1.23",
        ]
    );
}

#[test]
fn one_gem_for_two_platforms_is_two_packages() {
    let gem = |platform: &str| format!("s.name = \"x\"\ns.version = \"1.0\"\ns.platform = \"{platform}\"\n");
    let layer = Layer::new()
        .file("a/specifications/x-1.0-java.gemspec", gem("java"))
        .file("a/specifications/x-1.0.gemspec", gem("ruby"));
    let (inventory, _) = flatten(&[layer, Layer::new().file("a/specifications/.wh.x-1.0-java.gemspec", "")]);
    let found: Vec<_> = inventory.packages.iter().map(|p| (p.purl.as_str(), p.is_live())).collect();
    assert_eq!(found, [("pkg:gem/x@1.0", true), ("pkg:gem/x@1.0?platform=java", false)]);
}

/// A damaged file beside whole ones: no panic, and the others are all there.
#[test]
fn damage_stays_in_its_file() {
    for (path, bytes) in SAMPLES {
        let mut layer = Layer::new().npm("good/node_modules/x/package.json", "x", "1.0.0");
        let step = (bytes.len() / 60).max(1);
        for at in (0..bytes.len()).step_by(step) {
            layer = layer.file(&format!("cut{at}/{path}"), &bytes[..at]);
            for mask in [0x01, 0x80] {
                let mut flipped = bytes.to_vec();
                flipped[at] ^= mask;
                layer = layer.file(&format!("flip{at}-{mask}/{path}"), &flipped);
            }
        }
        let (inventory, _) = flatten(&[layer]);
        assert!(inventory.packages.iter().any(|package| package.purl == "pkg:npm/x@1.0.0"), "{path}");
    }
}
