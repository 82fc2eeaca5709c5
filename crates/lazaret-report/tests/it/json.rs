use lazaret_report::scan_json;
use serde_json::Value;

use crate::sample;

#[test]
fn one_image_is_flat() {
    let text = scan_json(None, &[sample::bad().report()]);
    assert!(text.ends_with("}\n"));
    let value: Value = serde_json::from_str(&text).unwrap();
    insta::assert_json_snapshot!(value);
}

#[test]
fn an_index_has_platforms_and_the_worst_outcome() {
    let (bad, clean) = (sample::bad(), sample::clean());
    let text = scan_json(Some(&sample::digest(9)), &[clean.report(), bad.report()]);
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["schema"], "lazaret.scan/1");
    assert_eq!(value["index"], sample::digest(9).to_string());
    assert_eq!(value["verdict"]["outcome"], "deny");
    assert_eq!(value["verdict"]["reasons"][0]["platform"], "linux/amd64");
    let flat = |report| serde_json::from_str::<Value>(&scan_json(None, &[report])).unwrap();
    assert_eq!(value["platforms"], Value::Array(vec![flat(clean.report()), flat(bad.report())]));
}

#[test]
fn no_image_is_not_allowed() {
    let value: Value = serde_json::from_str(&scan_json(None, &[])).unwrap();
    assert_eq!((&value["verdict"]["outcome"], &value["platforms"]), (&"incomplete".into(), &Value::Array(Vec::new())));
}
