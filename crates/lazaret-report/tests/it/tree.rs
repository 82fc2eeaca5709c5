use lazaret_model::{HistoryEntry, Identified, Package, PackageClass, UnknownFile};
use lazaret_report::{TableStyle, scan_json, scan_table, scan_tree};
use serde_json::{Value, json};

use crate::sample::{self, Sample};

/// The sample with a step for each layer, and lodash in another version before.
fn stepped() -> Sample {
    let mut sample = sample::bad();
    let step = |created_by: &str, layer: u8| HistoryEntry {
        created_by: created_by.to_owned(),
        empty_layer: false,
        layer: Some(sample::digest(layer)),
    };
    sample.facts.history =
        vec![step("/bin/sh -c #(nop) ADD file:1 in / ", 10), step("RUN /bin/sh -c npm ci # buildkit", 11)];
    let lodash = sample.inventory.packages.iter().find(|package| package.name == "lodash").unwrap().clone();
    let old = Package {
        version: "4.17.5".to_owned(),
        purl: "pkg:npm/lodash@4.17.5".to_owned(),
        layer: Some(sample::digest(10)),
        removed_in: Some(sample::digest(11)),
        ..lodash.clone()
    };
    let declared = Package {
        name: "only-named".to_owned(),
        purl: "pkg:npm/only-named@1.0.0".to_owned(),
        class: PackageClass::Declared,
        ..lodash
    };
    sample.inventory.packages.extend([old, declared]);
    sample
}

#[test]
fn layer_by_layer() {
    let sample = stepped();
    let text = scan_tree("app:1", &[sample.report()], TableStyle::default());
    let has = |part: &str| assert!(text.contains(part), "{part:?} is not in\n{text}");
    has("ADD file:1 in /");
    has("  RUN npm ci\n");
    has("~ npm      lodash 4.17.5 -> 4.17.11  high, 1 finding");
    has("- npm      left-pad 1.0.0");
    has("+ npm      left-pad 1.0.0  (removed later)");
    has("worst critical of 1 finding");
    assert!(!text.contains("only-named") && !text.contains('\x1b'), "{text}");
}

#[test]
fn declared_packages_are_apart() {
    let sample = stepped();
    let json: Value = serde_json::from_str(&scan_json(None, &[sample.report()])).unwrap();
    let names = |list: &str| {
        let packages = json[list].as_array().unwrap().iter();
        packages.map(|package| package["name"].as_str().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(names("declared"), ["only-named"]);
    assert!(!names("packages").contains(&"only-named"));
    assert_eq!(json["declared"][0]["class"], "declared");
    let lodash = json["packages"].as_array().unwrap().iter().find(|package| package["version"] == "4.17.5").unwrap();
    let step = |layer: u8, history: &str| json!({"layer": sample::digest(layer), "history": history});
    assert_eq!((&lodash["introduced"], &lodash["removed"]), (&step(10, "ADD file:1 in /"), &step(11, "RUN npm ci")));
    assert_eq!(json["image"]["layers"][1]["history"], "RUN npm ci");
    let table = scan_table("app:1", None, &[sample.report()], TableStyle::default());
    assert!(table.contains("1 more package only named by lockfiles"), "{table}");
}

#[test]
fn the_identified_share_is_never_rounded_up() {
    let mut sample = sample::bad();
    let unknown = vec![UnknownFile { path: "opt/tool".to_owned(), bytes: 1500 }];
    sample.inventory.identified = Some(Identified { bytes: 9_999_999, of: 10_000_000, share: 0.999_999_9, unknown });
    let table = scan_table("app:1", None, &[sample.report()], TableStyle::default());
    assert!(
        table.contains("99.9 % of 10.0 MB that can execute is of known components; not: opt/tool (1.5 kB)"),
        "{table}"
    );
}

#[test]
fn platforms_that_differ() {
    let (amd, mut arm) = (sample::bad(), sample::bad());
    arm.facts.platform = sample::clean().facts.platform;
    let lodash = arm.inventory.packages.iter_mut().find(|package| package.name == "lodash").unwrap();
    "4.17.21".clone_into(&mut lodash.version);
    let reports = [amd.report(), arm.report()];
    let json: Value = serde_json::from_str(&scan_json(Some(&sample::digest(9)), &reports)).unwrap();
    let versions = json!({"linux/amd64": ["4.17.11"], "linux/arm64/v8": ["4.17.21"]});
    assert_eq!(json["differences"], json!([{"type": "npm", "name": "lodash", "versions": versions}]));
    let table = scan_table("app:1", Some(&sample::digest(9)), &reports, TableStyle::default());
    assert!(table.contains("  npm      lodash  linux/amd64 4.17.11; linux/arm64/v8 4.17.21"), "{table}");
}
