use lazaret_report::scan_sarif;
use serde_json::Value;

use crate::sample;

fn run(images: &[lazaret_report::ImageReport<'_>]) -> Value {
    let value: Value = serde_json::from_str(&scan_sarif("app:1", None, images)).unwrap();
    assert_eq!(value["version"], "2.1.0");
    assert_eq!(value["runs"].as_array().unwrap().len(), 1);
    value["runs"][0].clone()
}

#[test]
fn golden() {
    let mut run = run(&[sample::bad().report()]);
    run["tool"]["driver"]["version"] = "[version]".into();
    insta::assert_json_snapshot!(run);
}

/// What the specification asks of every log, on one with several images.
#[test]
fn results_point_to_their_rules() {
    let (bad, clean) = (sample::bad(), sample::clean());
    let run = run(&[bad.report(), clean.report(), bad.report()]);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let mut ids: Vec<_> = rules.iter().map(|rule| rule["id"].as_str().unwrap()).collect();
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 2 * (3 + 1));
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(result["ruleId"], ids[index]);
        assert!(["error", "warning", "note"].contains(&result["level"].as_str().unwrap()));
        assert!(!result["message"]["text"].as_str().unwrap().is_empty());
        let locations = result["locations"].as_array().unwrap();
        assert!(!locations.is_empty());
        for location in locations {
            let uri = location["physicalLocation"]["artifactLocation"]["uri"].as_str().unwrap();
            assert!(!uri.is_empty() && !uri.contains([' ', ':', '?']), "{uri}");
        }
    }
    let known = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), known, "a rule is listed once");
}
