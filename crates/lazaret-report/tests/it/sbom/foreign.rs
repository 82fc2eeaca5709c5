//! Bills of other tools: `testdata/foreign/README.md` says where they are from.

use std::fmt::Write;

use lazaret_report::{Origin, read_sbom};

/// What a bill of another tool comes to, for people.
fn told(text: &str) -> String {
    let read = read_sbom(text.as_bytes()).unwrap();
    assert_eq!(read.origin, Origin::Foreign);
    let [image] = &read.sbom.images[..] else { panic!("{} images", read.sbom.images.len()) };
    assert_eq!((image.facts.digest_kind.as_str(), &image.inventory.identified), ("sbom", &None));
    let mut out = format!("{}\n", read.sbom.name);
    if let Some(os) = &image.inventory.os {
        writeln!(out, "os {} {} ({})", os.id, os.version_id, os.pretty_name).unwrap();
    }
    for package in &image.inventory.packages {
        write!(out, "{} {} {}", package.kind.name(), package.name, package.version).unwrap();
        if let Some(source) = &package.source {
            write!(out, " of {} {}", source.name, source.version).unwrap();
        }
        if let Some(license) = &package.license {
            write!(out, " under {license}").unwrap();
        }
        for evidence in &package.evidence {
            write!(out, " at {:?} in {}", evidence.path, evidence.layer.as_ref().map_or("?", |l| l.short())).unwrap();
        }
        writeln!(out).unwrap();
    }
    for problem in &image.inventory.problems {
        writeln!(out, "{}: {}", problem.kind.name(), problem.message).unwrap();
    }
    out
}

macro_rules! sample {
    ($file:literal) => {
        told(include_str!(concat!("../../../testdata/foreign/", $file)))
    };
}

#[test]
fn trivy() {
    insta::assert_snapshot!(sample!("trivy.cdx.json"));
    insta::assert_snapshot!(sample!("trivy.spdx.json"));
}

#[test]
fn syft() {
    insta::assert_snapshot!(sample!("syft.cdx.xml"));
    insta::assert_snapshot!(sample!("syft.spdx"));
    insta::assert_snapshot!(sample!("syft.spdx3.json"));
    insta::assert_snapshot!(sample!("syft.json"));
}

#[test]
fn cdxgen() {
    insta::assert_snapshot!(sample!("cdxgen.cdx.json"));
}

/// The same content in XML and in JSON is the same inventory.
#[test]
fn xml_is_read_as_json_is() {
    let json = r#"{"bomFormat":"CycloneDX","specVersion":"1.4","components":[{"type":"library","group":"a","name":"b & c",
        "version":"1","purl":"pkg:npm/b@1","licenses":[{"license":{"id":"MIT"}},{"expression":"ISC"}],
        "evidence":{"occurrences":[{"location":"x/y"}]},"components":[{"type":"library","name":"d","purl":"pkg:npm/d@2"}]}]}"#;
    let xml = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.4"><components><component type="library"><group>a</group>
        <name>b &amp; c</name><version>1</version><licenses><license><id>MIT</id></license><expression>ISC</expression>
        </licenses><purl>pkg:npm/b@1</purl><pedigree><ancestors><component type="library"><name>z</name>
        <purl>pkg:npm/z@1</purl></component></ancestors></pedigree><evidence><occurrences><occurrence>
        <location>x/&#121;</location></occurrence></occurrences></evidence><components><component type="library">
        <name><![CDATA[d]]></name><purl>pkg:npm/d@2</purl></component></components></component></components></bom>"#;
    assert_eq!(told(json), told(xml));
    assert!(told(json).contains("npm b 1 under MIT AND ISC at \"x/y\""), "{}", told(json));
}
