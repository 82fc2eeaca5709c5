//! Bills of materials: what goes in comes out, whatever the format, and the official schemas agree.

mod foreign;
mod generated;
mod hostile;
mod official;
mod schema;

use lazaret_model::Timestamp;
use lazaret_report::{Origin, Sbom, SbomFormat, SbomImage, read_sbom, write_sbom};
use proptest::prelude::*;

use crate::sample::{self, Sample};

fn now() -> Timestamp {
    Timestamp::parse("2026-11-24T08:00:00.5Z").unwrap()
}

fn of(sample: Sample) -> SbomImage {
    SbomImage { facts: sample.facts, inventory: sample.inventory }
}

fn one() -> Sbom {
    Sbom { name: "registry.example/app:1.0".to_owned(), index: None, images: vec![of(sample::bad())] }
}

fn two() -> Sbom {
    let images = vec![of(sample::bad()), of(sample::clean())];
    Sbom { name: "oci:multi".to_owned(), index: Some(sample::digest(9)), images }
}

/// The bill that comes back.
fn again(format: SbomFormat, sbom: &Sbom) -> Sbom {
    let text = write_sbom(format, sbom, now());
    let read = read_sbom(text.as_bytes()).unwrap();
    assert_eq!(read.origin, Origin::Ours, "{format:?} {:#?}", read.sbom.images[0].inventory.problems);
    read.sbom
}

#[test]
fn what_goes_in_comes_out() {
    let none = Sbom { images: Vec::new(), ..two() };
    for format in SbomFormat::ALL {
        for sbom in [one(), two(), none.clone(), Sbom { index: None, ..two() }, Sbom { images: one().images, ..two() }]
        {
            assert_eq!(again(format, &sbom), sbom, "{format:?}");
        }
    }
}

#[test]
fn the_same_bill_at_the_same_time_is_the_same_bytes() {
    for format in SbomFormat::ALL {
        assert_eq!(write_sbom(format, &two(), now()), write_sbom(format, &two(), now()));
        let later = Timestamp::parse("2026-11-25T08:00:00Z").unwrap();
        assert_ne!(write_sbom(format, &two(), now()), write_sbom(format, &two(), later));
    }
}

#[test]
fn goldens() {
    let of = |format| write_sbom(format, &one(), now()).replace(env!("CARGO_PKG_VERSION"), "VERSION");
    insta::assert_snapshot!("cyclonedx", of(SbomFormat::CycloneDx));
    insta::assert_snapshot!("spdx", of(SbomFormat::Spdx));
    insta::assert_snapshot!("spdx3", of(SbomFormat::Spdx3));
}

/// A tool that drops or changes anything makes a bill that is no longer ours.
#[test]
fn what_was_changed_is_not_ours() {
    for format in SbomFormat::ALL {
        let text = write_sbom(format, &one(), now());
        for (from, to) in [("1.1.1k-r0\"", "9.9.9\""), ("lazaret:uncertain", "x:y"), ("not a zip", "a fine zip")] {
            let changed = text.replace(from, to);
            if changed == text {
                continue;
            }
            let read = read_sbom(changed.as_bytes()).unwrap();
            assert_eq!(read.origin, Origin::Foreign, "{format:?} {from}");
            let problems = &read.sbom.images[0].inventory.problems;
            assert!(problems.iter().any(|p| p.kind.name() == "sbom_only"), "{problems:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_inventory_comes_out(sbom in generated::sbom()) {
        for format in SbomFormat::ALL {
            let text = write_sbom(format, &sbom, now());
            schema::check(format, &text);
            prop_assert_eq!(&again(format, &sbom), &sbom);
        }
    }
}
