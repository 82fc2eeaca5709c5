//! Validators of the official schemas; where they come from stands in `testdata/schema/README.md`. The command line's
//! tests use this file too.

use std::sync::LazyLock;

use jsonschema::{Registry, Validator};
use lazaret_report::SbomFormat;
use serde_json::Value;

macro_rules! schema {
    ($file:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../../../testdata/schema/", $file))).unwrap()
    };
}

static CYCLONEDX: LazyLock<Validator> = LazyLock::new(|| {
    let schema = schema!("bom-1.6.schema.json");
    // names are resolved here alone: nothing is fetched
    let others = [schema!("spdx.schema.json"), schema!("jsf-0.82.schema.json")];
    let mut registry = Registry::new();
    for other in others {
        let id = other["$id"].as_str().unwrap().to_owned();
        registry = registry.add(id, jsonschema::Resource::from_contents(other)).unwrap();
    }
    let registry = registry.prepare().unwrap();
    jsonschema::options().with_registry(&registry).build(&schema).unwrap()
});
static SPDX: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&schema!("spdx-schema-v2.3.json")).unwrap());
static SPDX3: LazyLock<Validator> =
    LazyLock::new(|| jsonschema::validator_for(&schema!("spdx-schema-v3.0.1.json")).unwrap());

/// What the schema says against a document.
pub(crate) fn errors(validator: &Validator, text: &str) -> Vec<String> {
    let value = serde_json::from_str(text).unwrap();
    validator.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).take(5).collect()
}

pub(crate) fn validator(format: SbomFormat) -> &'static Validator {
    match format {
        SbomFormat::CycloneDx => &CYCLONEDX,
        SbomFormat::Spdx => &SPDX,
        SbomFormat::Spdx3 => &SPDX3,
    }
}
