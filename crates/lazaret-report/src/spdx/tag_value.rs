//! SPDX tag-value of 2.2 and 2.3: `Tag: value` lines, a value of several lines within `<text>`.

use super::read::{ExternalRef, PackageIn, Parsed, Relationship};
use crate::sbom::{MAX_COMPONENTS, SbomError, document::Document};

pub(crate) fn read(text: &str) -> Result<Document, SbomError> {
    let mut parsed = Parsed::default();
    let mut rest = text;
    let mut in_package = false;
    while !rest.is_empty() {
        let line;
        (line, rest) = next_line(rest);
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with('#') {
            continue;
        }
        let Some((tag, value)) = trimmed.split_once(':') else {
            parsed.problems.push(format!("a line without a tag: {}", shown(trimmed)));
            continue;
        };
        let value = value.trim();
        let value = match value.strip_prefix("<text>") {
            None => value,
            Some(start) => {
                let from = text.len() - rest.len() - line_rest(line, start);
                let Some((inside, after)) = text[from..].split_once("</text>") else {
                    return Err(SbomError::malformed("SPDX tag-value", &"a <text> without its end"));
                };
                rest = next_line(after).1;
                inside
            }
        };
        in_package = tag_value(tag.trim(), value, in_package, &mut parsed);
    }
    Ok(parsed.document())
}

/// Bytes from the beginning of `start`, which is a part of `line`, to the next line.
fn line_rest(line: &str, start: &str) -> usize {
    let trailing = line.len() - line.trim_end().len();
    start.len() + trailing
}

/// A line with its end, and what follows.
fn next_line(text: &str) -> (&str, &str) {
    text.split_at(text.find('\n').map_or(text.len(), |at| at + 1))
}

/// Whether the tags that follow are a package's.
fn tag_value(tag: &str, value: &str, in_package: bool, parsed: &mut Parsed) -> bool {
    match tag {
        "SPDXVersion" => parsed.check_version(value),
        "DocumentName" => value.clone_into(&mut parsed.name),
        "Creator" => parsed.creators.push(value.to_owned()),
        "Relationship" => parsed.relationships.extend(relationship(value)),
        "PackageName" if parsed.packages.len() >= MAX_COMPONENTS => {
            let message = format!("packages after the first {MAX_COMPONENTS} are not read");
            if parsed.problems.last() != Some(&message) {
                parsed.problems.push(message);
            }
            return false;
        }
        "PackageName" => {
            parsed.packages.push(PackageIn { name: Some(value.to_owned()), ..PackageIn::default() });
            return true;
        }
        "FileName" | "SnippetSPDXID" | "LicenseID" => return false,
        _ if in_package => {
            if let Some(package) = parsed.packages.last_mut() {
                of_package(tag, value.to_owned(), package);
            }
        }
        _ => {}
    }
    in_package
}

fn of_package(tag: &str, value: String, package: &mut PackageIn) {
    match tag {
        "SPDXID" => package.id = value,
        "PackageVersion" => package.version_info = Some(value),
        "PrimaryPackagePurpose" => package.primary_package_purpose = Some(value),
        "PackageLicenseDeclared" => package.license_declared = Some(value),
        "PackageLicenseConcluded" => package.license_concluded = Some(value),
        "PackageSourceInfo" => package.source_info = Some(value),
        "PackageAttributionText" => package.attribution_texts.push(value),
        // `PACKAGE-MANAGER purl pkg:...`
        "ExternalRef" => {
            let mut words = value.split_whitespace().skip(1);
            if let (Some(kind), Some(locator)) = (words.next(), words.next()) {
                let (reference_type, reference_locator) = (kind.to_owned(), locator.to_owned());
                package.external_refs.push(ExternalRef { reference_type, reference_locator });
            }
        }
        _ => {}
    }
}

/// `SPDXRef-DOCUMENT DESCRIBES SPDXRef-image`.
fn relationship(value: &str) -> Option<Relationship> {
    let mut words = value.split_whitespace().map(str::to_owned);
    Some(Relationship { spdx_element_id: words.next()?, kind: words.next()?, related_spdx_element: words.next() })
}

/// The beginning of a line.
fn shown(line: &str) -> String {
    line.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_of_several_lines() {
        let text = "SPDXVersion: SPDX-2.3\nPackageName: a\nSPDXID: SPDXRef-a\nPackageComment: <text>two\nPackageName: b\n\
                    lines</text>\nPackageVersion: 1.0  \nExternalRef: PACKAGE-MANAGER purl pkg:npm/a@1.0\n";
        let document = read(text).unwrap();
        assert_eq!(document.problems, Vec::<String>::new());
        let packages: Vec<_> = document.root.parts.iter().map(|p| (&*p.name, &*p.version, &*p.purl)).collect();
        assert_eq!(packages, [("a", "1.0", "pkg:npm/a@1.0")]);
        assert!(read("SPDXVersion: SPDX-2.3\nPackageComment: <text>no end").is_err());
    }
}
