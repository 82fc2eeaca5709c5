//! The official schemas; where they come from stands in `testdata/schema/README.md`.

use std::sync::LazyLock;

use jsonschema::Validator;
use lazaret_report::{SbomFormat, scan_sarif, write_sbom};
use serde_json::Value;

use super::{
    now,
    official::{errors, validator},
    one, two,
};
use crate::sample;

static SARIF: LazyLock<Validator> = LazyLock::new(|| {
    let mut schema: Value =
        serde_json::from_str(include_str!("../../../testdata/schema/sarif-schema-2.1.0.json")).unwrap();
    // a stray bracket in the pattern of a field that is not written here, which is no regular expression for Rust
    for definition in ["run", "toolComponent"] {
        schema["definitions"][definition]["properties"]["language"].as_object_mut().unwrap().remove("pattern").unwrap();
    }
    jsonschema::validator_for(&schema).unwrap()
});

pub(super) fn check(format: SbomFormat, text: &str) {
    let errors = errors(validator(format), text);
    assert!(errors.is_empty(), "{format:?} {errors:#?}\n{text}");
}

#[test]
fn bills_are_valid() {
    for format in SbomFormat::ALL {
        for sbom in [one(), two()] {
            check(format, &write_sbom(format, &sbom, now()));
        }
    }
}

/// The schemas can say no.
#[test]
fn what_is_wrong_is_not_valid() {
    for (format, from, to) in [
        (SbomFormat::CycloneDx, "\"type\": \"library\"", "\"type\": \"bookshop\""),
        (SbomFormat::CycloneDx, "\"specVersion\": \"1.6\",", ""),
        (SbomFormat::Spdx, "\"filesAnalyzed\": false", "\"filesAnalyzed\": \"no\""),
        (SbomFormat::Spdx, "PACKAGE-MANAGER", "PACKAGES"),
        (SbomFormat::Spdx3, "\"relationshipType\": \"contains\"", "\"relationshipType\": \"holds\""),
        (SbomFormat::Spdx3, "\"created\": \"2026-11-24T08:00:00Z\"", "\"created\": \"today\""),
    ] {
        let text = write_sbom(format, &one(), now());
        let wrong = text.replace(from, to);
        assert_ne!(text, wrong, "{from}");
        assert!(!errors(validator(format), &wrong).is_empty(), "{format:?}: {to}");
    }
}

#[test]
fn sarif_is_valid() {
    let (bad, clean) = (sample::bad(), sample::clean());
    for text in [
        scan_sarif("docker-archive:a b.tar", None, &[bad.report()]),
        scan_sarif("oci:multi", Some(&sample::digest(9)), &[clean.report(), bad.report()]),
        scan_sarif("oci:none", None, &[]),
    ] {
        let errors = errors(&SARIF, &text);
        assert!(errors.is_empty(), "{errors:#?}\n{text}");
    }
    let wrong = scan_sarif("a", None, &[bad.report()]).replace("\"level\": \"error\"", "\"level\": \"worst\"");
    assert!(!errors(&SARIF, &wrong).is_empty());
}
