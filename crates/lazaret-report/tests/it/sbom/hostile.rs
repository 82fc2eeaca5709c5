//! Bills that were made to harm: an error or problems, in bounded time and memory, never a crash and never `Ours`.

use lazaret_report::{MAX_BYTES, Origin, SbomError, SbomFormat, read_sbom, write_sbom};

use super::{now, two};

fn malformed(text: &str) {
    let read = read_sbom(text.as_bytes());
    assert!(matches!(read, Err(SbomError::Malformed { .. } | SbomError::UnknownFormat)), "{read:?}");
}

#[test]
fn what_is_no_bill() {
    for text in
        ["", " ", "{}", "[]", "{\"a\":1}", "hello", "<html></html>", "<", "{\"bomFormat\":", "<bom>", "<bom></com>"]
    {
        malformed(text);
    }
    assert!(matches!(read_sbom(&[0xff, 0xfe, b'{']), Err(SbomError::NotText)));
    assert!(matches!(read_sbom(&vec![b' '; MAX_BYTES + 1]), Err(SbomError::TooLarge)));
}

#[test]
fn deep_documents() {
    malformed(&format!("{{\"bomFormat\":\"CycloneDX\",\"a\":{}", "[".repeat(1_000_000)));
    malformed(&"{\"@graph\":".repeat(100_000));
    malformed(&format!("<bom>{}", "<components><component>".repeat(100_000)));
    let nested = "{\"type\":\"library\",\"name\":\"a\",\"components\":[".repeat(40) + &"]}".repeat(40);
    let text = format!("{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.6\",\"components\":[{nested}]}}");
    let problems = read_sbom(text.as_bytes()).unwrap().sbom.images.remove(0).inventory.problems;
    assert!(problems.iter().any(|p| p.message.contains("deep")), "{problems:?}");
}

/// Containment in a chain or a circle neither overflows the stack nor loses a package.
#[test]
fn long_chains_of_containment() {
    let package = |n: usize| {
        format!(
            "{{\"SPDXID\":\"SPDXRef-{n}\",\"name\":\"p{n}\",\"externalRefs\":[{{\"referenceType\":\"purl\",\
             \"referenceLocator\":\"pkg:npm/p{n}@1\"}}]}}"
        )
    };
    let contains = |from: usize, to: usize| {
        format!(
            "{{\"spdxElementId\":\"SPDXRef-{from}\",\"relationshipType\":\"CONTAINS\",\
             \"relatedSpdxElement\":\"SPDXRef-{to}\"}}"
        )
    };
    let packages: Vec<_> = (0..50_000).map(package).collect();
    let mut relations: Vec<_> = (1..50_000).map(|n| contains(n - 1, n)).collect();
    relations.push(contains(49_999, 0));
    let text = format!(
        "{{\"spdxVersion\":\"SPDX-2.3\",\"packages\":[{}],\"relationships\":[{}]}}",
        packages.join(","),
        relations.join(",")
    );
    assert_eq!(read_sbom(text.as_bytes()).unwrap().sbom.images[0].inventory.packages.len(), 50_000);
}

#[test]
fn entities_of_xml() {
    let bomb = "<?xml version=\"1.0\"?><!DOCTYPE bom [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]>\
                <bom><components><component type=\"library\"><name>&b;</name></component></components></bom>";
    malformed(bomb);
    malformed("<bom><components><component type=\"library\"><name>&b;</name></component></components></bom>");
    malformed("<bom><components><component type=\"&xxe;\"></component></components></bom>");
}

#[test]
fn too_many_components() {
    let text = format!(
        "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":[{}{{}}]}}",
        "{},".repeat(300_000)
    );
    let problems = read_sbom(text.as_bytes()).unwrap().sbom.images.remove(0).inventory.problems;
    assert!(problems.iter().any(|p| p.message.contains("after the first 200000")), "{problems:?}");
}

#[test]
fn wrong_types_cost_only_the_component_that_has_them() {
    for (format, version) in [
        (SbomFormat::CycloneDx, "\"version\": \"4.17.11\""),
        (SbomFormat::Spdx, "\"versionInfo\": \"4.17.11\""),
        (SbomFormat::Spdx3, "\"software_packageVersion\": \"4.17.11\""),
    ] {
        let text = write_sbom(format, &super::one(), now());
        let wrong = text.replace(version, &version.replace("\"4.17.11\"", "[4]"));
        assert_ne!(text, wrong);
        let read = read_sbom(wrong.as_bytes()).unwrap();
        assert_eq!(read.origin, Origin::Foreign);
        let inventory = &read.sbom.images[0].inventory;
        assert!(inventory.packages.iter().any(|package| package.name == "libssl1.1"));
        assert!(
            inventory.problems.iter().any(|problem| problem.kind.name() == "parse_error"),
            "{:?}",
            inventory.problems
        );
    }
}

/// Cut or with one byte turned, a bill of ours is an error or no longer ours, and never a panic.
#[test]
fn damaged() {
    for format in SbomFormat::ALL {
        let text = write_sbom(format, &two(), now()).into_bytes();
        for step in 0..400 {
            let at = step * text.len() / 400;
            assert!(read_sbom(&text[..at]).is_err());
            let mut turned = text.clone();
            turned[at] ^= 1 << (step % 7);
            if let Ok(read) = read_sbom(&turned) {
                // what is not of the inventory (a reference, the time) may change
                let same = read.origin == Origin::Foreign || read.sbom.images == two().images;
                assert!(same, "{format:?} at {at}");
            }
        }
    }
}
