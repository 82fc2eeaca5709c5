use super::*;
use crate::feed::tests::file;

/// A zip of the recorded documents of one ecosystem.
fn archive(documents: &[&str]) -> Vec<u8> {
    use std::io::Write;
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (number, document) in documents.iter().enumerate() {
        let options = zip::write::SimpleFileOptions::default();
        writer.start_file(format!("{number}.json"), options).unwrap();
        writer.write_all(document.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn parse(feed: &Osv, documents: &[&str]) -> Result<Parsed, ParseError> {
    let (_dir, file) = file("all.zip", &archive(documents));
    feed.parse(&[file])
}

fn show(record: &AdvisoryRecord) -> String {
    let range = |range: &lazaret_model::AffectedRange| {
        let start = range.introduced.clone().unwrap_or_default();
        match (&range.fixed, &range.last_affected) {
            (Some(end), _) => format!("{start}..{end}"),
            (_, Some(last)) => format!("{start}..={last}"),
            _ => format!("{start}.."),
        }
    };
    let ranges: Vec<String> = record.ranges.iter().map(range).collect();
    let note = if record.informational { " informational" } else { "" };
    format!(
        "{} [{}] {} {} {} {} {:?} {}{note}",
        record.id,
        record.aliases.join(" "),
        record.package,
        record.status.name(),
        ranges.join(" "),
        record.severity,
        record.versions,
        record.cvss.as_deref().unwrap_or("-"),
    )
}

fn rows(feed: &Osv, documents: &[&str]) -> String {
    parse(feed, documents).unwrap().records.iter().map(show).collect::<Vec<_>>().join("\n")
}

#[test]
fn recorded_documents() {
    let npm = [include_str!("../../../testdata/osv/npm-GHSA-mh6f-8j2x-4483.json")];
    insta::assert_snapshot!(rows(&NPM, &npm), @r"
    GHSA-mh6f-8j2x-4483 [] event-stream affected 3.3.6..4.0.0 critical [] CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
    GHSA-mh6f-8j2x-4483 [] flatmap-stream affected 0.. critical [] CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
    ");
    let pypi = [
        include_str!("../../../testdata/osv/PyPI-two-in-one-event.json"),
        include_str!("../../../testdata/osv/PyPI-last-known.json"),
    ];
    insta::assert_snapshot!(rows(&PYPI, &pypi), @r"
    PYSEC-2008-3 [CVE-2008-0252] cherrypy affected 0..2.1.1 3.0..3.0.2 unknown [] -
    GHSA-2jv5-9r88-3w3p [CVE-2024-24762] python-multipart affected 0..0.0.7 high [] CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H
    ");
    let go =
        [include_str!("../../../testdata/osv/Go-stdlib.json"), include_str!("../../../testdata/osv/Go-withdrawn.json")];
    insta::assert_snapshot!(rows(&GO, &go), @r"
    GO-2021-0067 [CVE-2021-27919] stdlib affected 1.16.0-0..1.16.1 unknown [] -
    GO-2022-0617 [CVE-2020-8562 GHSA-qh36-44jv-c8xj] k8s.io/kubernetes not_affected  unknown [] -
    ");
    let rust = [include_str!("../../../testdata/osv/crates.io-informational.json")];
    insta::assert_snapshot!(rows(&CRATES_IO, &rust), @"RUSTSEC-2016-0004 [] libusb affected 0.0.0-0..0.3.1-0 unknown [] - informational");
    let maven = [include_str!("../../../testdata/osv/Maven-log4j.json")];
    insta::assert_snapshot!(rows(&MAVEN, &maven), @"GHSA-jfh8-c2jp-5v3q [CVE-2021-44228] org.apache.logging.log4j:log4j-core affected 0..2.3.1 2.13.0..2.15.0 2.4..2.12.2 critical [] CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H");
    let php = [
        include_str!("../../../testdata/osv/Packagist-drupal.json"),
        include_str!("../../../testdata/osv/Packagist-psr7.json"),
    ];
    insta::assert_snapshot!(rows(&PACKAGIST, &php), @r"
    DRUPAL-CONTRIB-2019-022 [] drupal/video affected 0..1.4.0 unknown [] -
    GHSA-q7rv-6hp3-vh96 [CVE-2022-24775] guzzlehttp/psr7 affected 0..1.8.4 2.0.0..2.1.1 high [] CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:N
    ");
    let net = [include_str!("../../../testdata/osv/NuGet-azure-identity.json")];
    insta::assert_snapshot!(rows(&NUGET, &net), @"GHSA-5mfx-4wcx-rv27 [CVE-2023-36414] azure.identity affected 0..1.10.2 high [] CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H");
    let gems = [include_str!("../../../testdata/osv/RubyGems-rack.json")];
    insta::assert_snapshot!(rows(&RUBYGEMS, &gems), @"GHSA-3h57-hmj3-gj3p [CVE-2023-27530] rack affected 0..2.0.9.3 2.1..2.1.4.3 2.2..2.2.6.3 2.3..3.0.4.2 unknown [] -");
}

#[test]
fn a_damaged_archive_fails_as_a_whole() {
    let good = archive(&[r#"{"id":"A-1","affected":null}"#, r#"{"id":"A-2"}"#]);
    let parse = |bytes: &[u8]| {
        let (_dir, file) = file("all.zip", bytes);
        PYPI.parse(&[file])
    };
    assert_eq!(parse(&good).unwrap().count, 2);
    for cut in [0, 10, good.len() / 2, good.len() - 1] {
        assert!(parse(&good[..cut]).is_err(), "cut at {cut}");
    }
    let mut flipped = good;
    flipped[45] ^= 0x55;
    assert!(parse(&flipped).is_err());
}

#[test]
fn a_member_that_is_no_document_fails_the_archive() {
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    for bad in
        ["", "{}", "[]", r#"{"id":""}"#, r#"{"id":"A","affected":7}"#, &format!(r#"{{"id":"A","affected":{deep}}}"#)]
    {
        let error = parse(&PYPI, &[r#"{"id":"A-1"}"#, bad]).unwrap_err().to_string();
        assert!(error.contains("member 1.json"), "{error}");
    }
}
