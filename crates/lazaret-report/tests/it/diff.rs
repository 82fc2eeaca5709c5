use lazaret_model::{Digest, Package};
use lazaret_report::{SourceDiff, TableStyle, diff_json, diff_table};
use serde_json::{Value, json};

use crate::sample::{self, Sample};

fn find<'a>(sample: &'a mut Sample, name: &str) -> &'a mut Package {
    sample.inventory.packages.iter_mut().find(|package| package.name == name).unwrap()
}

/// `bad` with lodash in another version, without the Go program, with one more package, another user and variables.
fn next() -> Sample {
    let mut next = sample::bad();
    next.facts.digest = sample::digest(5);
    next.facts.diff_ids[1] = sample::digest(12);
    "1000".clone_into(&mut next.facts.user);
    next.facts.env = vec!["TOKEN=new-secret".to_owned(), "PATH=/bin".to_owned()];
    next.facts.exposed_ports = vec!["22/tcp".to_owned()];
    next.facts.labels.insert("version".to_owned(), "2".to_owned());
    let lodash = find(&mut next, "lodash");
    "4.17.21".clone_into(&mut lodash.version);
    "pkg:npm/lodash@4.17.21".clone_into(&mut lodash.purl);
    let mut added = lodash.clone();
    for (field, value) in
        [(&mut added.name, "axios"), (&mut added.version, "1.0.0"), (&mut added.purl, "pkg:npm/axios@1.0.0")]
    {
        value.clone_into(field);
    }
    next.inventory.packages.push(added);
    next.inventory.packages.retain(|package| package.name != "example.com/app");
    next.decision.findings.retain(|finding| finding.package == "libssl1.1");
    next
}

fn before() -> Sample {
    let mut before = sample::bad();
    before.facts.env = vec!["TOKEN=old-secret".to_owned(), "OLD=1".to_owned()];
    before.facts.labels.insert("version".to_owned(), "1".to_owned());
    before
}

#[test]
fn one_pair_is_flat() {
    let (a, b) = (before(), next());
    let text = diff_json("app:1", "app:2", &SourceDiff::between(&[a.report()], &[b.report()]));
    assert!(text.ends_with("}\n") && !text.contains("secret"), "values of variables stay where they are: {text}");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["schema"], &value["source_b"]), (&json!("lazaret.diff/1"), &json!("app:2")));
    assert_eq!(value["packages"]["added"][0]["purl"], "pkg:npm/axios@1.0.0");
    assert_eq!(value["packages"]["removed"][0]["name"], "example.com/app");
    let changed =
        json!([{"type": "npm", "class": "installed", "name": "lodash", "from": ["4.17.11"], "to": ["4.17.21"]}]);
    assert_eq!(value["packages"]["changed"], changed);
    let lost: Vec<_> =
        value["findings"]["lost"].as_array().unwrap().iter().map(|f| [&f["package"], &f["why"]]).collect();
    assert_eq!(lost, [[&json!("lodash"), &json!("version")], [&json!("example.com/app"), &json!("package")]]);
    assert_eq!((&value["findings"]["gained"], &value["findings"]["kept"]), (&json!([]), &json!(1)));
    let layers = &value["layers"];
    assert_eq!((&layers["base"], layers["common"].as_array().map(Vec::len)), (&json!(1), Some(1)));
    assert_eq!(layers["only_b"], json!([{"diff_id": sample::digest(12), "place": 1, "bytes": 200}]));
    let configuration = &value["configuration"];
    assert_eq!(configuration["user"], json!({"from": "", "to": "1000"}));
    assert_eq!(configuration["env"], json!({"added": ["PATH"], "removed": ["OLD"], "changed": ["TOKEN"]}));
    assert_eq!(configuration["label_values"]["version"], json!({"from": "1", "to": "2"}));
    assert_eq!(configuration["entrypoint"], Value::Null);
}

#[test]
fn for_people() {
    let (a, b) = (before(), next());
    let diff = SourceDiff::between(&[a.report()], &[b.report()]);
    let text = diff_table("app:1", "app:2", &diff, TableStyle::default());
    assert!(!text.contains('\x1b') && !text.contains("secret"), "{text:?}");
    insta::assert_snapshot!(text);
    assert!(diff_table("a", "b", &diff, TableStyle { width: None, color: true }).contains("\x1b[32m+\x1b[0m"));
}

#[test]
fn the_same_image_differs_in_nothing() {
    let a = sample::bad();
    let diff = SourceDiff::between(&[a.report()], &[a.report()]);
    assert!(diff.pairs[0].is_empty());
    let text = diff_table("a", "a", &diff, TableStyle::default());
    assert!(text.contains("no difference"), "{text}");
}

#[test]
fn indexes_are_paired_by_platform() {
    let (bad, clean, next) = (sample::bad(), sample::clean(), next());
    let diff = SourceDiff::between(&[clean.report(), bad.report()], &[next.report()]);
    assert_eq!((diff.pairs.len(), diff.only_b.len()), (1, 0));
    let value: Value = serde_json::from_str(&diff_json("a", "b", &diff)).unwrap();
    assert_eq!(value["only_a"], json!(["linux/arm64/v8"]));
    assert_eq!(value["platforms"][0]["packages"]["changed"][0]["name"], "lodash");
    assert!(diff_table("a", "b", &diff, TableStyle::default()).contains("- linux/arm64/v8  only in a"));
    // one image against one image are a pair on any platform, whose architectures say nothing
    let mut arm = sample::bad();
    arm.facts.platform = clean.facts.platform.clone();
    find(&mut arm, "libssl1.1").arch = Some("aarch64".to_owned());
    let diff = SourceDiff::between(&[bad.report()], &[arm.report()]);
    assert!(diff.pairs[0].packages.is_empty() && diff.pairs[0].configuration.platform.is_some());
}

#[test]
fn a_layer_counts_as_often_as_it_is_there() {
    let (mut a, b) = (sample::bad(), sample::bad());
    let twice: Digest = a.facts.diff_ids[0].clone();
    a.facts.diff_ids.push(twice);
    let diff = SourceDiff::between(&[a.report()], &[b.report()]);
    let layers = &diff.pairs[0].layers;
    assert_eq!((layers.base, layers.common.len(), layers.only_a.len(), layers.only_b.len()), (2, 2, 1, 0));
    assert_eq!(layers.only_a[0].place, 2);
}
