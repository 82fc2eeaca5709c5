//! Bills of materials that packages and programs carry about what is in them: CycloneDX and SPDX as JSON. Read for the
//! package URLs of the components; nothing else in them is trusted.

use std::borrow::Cow;

use lazaret_model::PackageType;
use serde::Deserialize;

use crate::{layer::FoundPackage, license};

/// Components of one document.
const MAX_COMPONENTS: usize = 20_000;
/// Components in components.
const MAX_DEPTH: usize = 8;

#[derive(Debug, thiserror::Error)]
pub(crate) enum SbomError {
    #[error("not a bill of materials: {0}")]
    Json(#[from] serde_json::Error),
    #[error("neither CycloneDX nor SPDX")]
    Unknown,
    #[error("more than {MAX_COMPONENTS} components")]
    TooMany,
}

/// What a document lists.
#[derive(Debug, Default)]
pub(crate) struct Components {
    pub(crate) packages: Vec<FoundPackage>,
    /// Components without a package URL of a type that is known.
    pub(crate) unnamed: usize,
}

/// Packages that the document says are inside; not what it is about.
pub(crate) fn read(bytes: &[u8]) -> Result<Components, SbomError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let document: Document<'_> = serde_json::from_slice(bytes)?;
    let mut found = Components::default();
    if document.bom_format.as_deref() == Some("CycloneDX") {
        found.of_cyclonedx(&document.components, 0)?;
    } else if document.spdx_version.is_some() {
        let about = document.subject();
        for package in document.packages.iter().filter(|package| !about.contains(&package.id.as_ref())) {
            found.of_spdx(package)?;
        }
    } else {
        return Err(SbomError::Unknown);
    }
    Ok(found)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    #[serde(borrow, default)]
    bom_format: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    components: Vec<Component<'a>>,
    #[serde(borrow, default)]
    spdx_version: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    packages: Vec<SpdxPackage<'a>>,
    #[serde(borrow, default)]
    #[serde(rename = "documentDescribes")]
    describes: Vec<Cow<'a, str>>,
    #[serde(borrow, default)]
    relationships: Vec<Relationship<'a>>,
}

#[derive(Deserialize)]
struct Component<'a> {
    #[serde(borrow, default)]
    purl: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    licenses: Vec<LicenseChoice<'a>>,
    #[serde(borrow, default)]
    components: Vec<Self>,
}

#[derive(Deserialize)]
struct LicenseChoice<'a> {
    #[serde(borrow, default)]
    expression: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    license: Option<LicenseName<'a>>,
}

#[derive(Deserialize)]
struct LicenseName<'a> {
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    name: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SpdxPackage<'a> {
    #[serde(borrow, default, rename = "SPDXID")]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    external_refs: Vec<ExternalRef<'a>>,
    #[serde(borrow, default)]
    license_declared: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExternalRef<'a> {
    #[serde(borrow, default)]
    reference_type: Cow<'a, str>,
    #[serde(borrow, default)]
    reference_locator: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Relationship<'a> {
    #[serde(borrow, default, rename = "spdxElementId")]
    from: Cow<'a, str>,
    #[serde(borrow, default, rename = "relationshipType")]
    kind: Cow<'a, str>,
    #[serde(borrow, default, rename = "relatedSpdxElement")]
    to: Cow<'a, str>,
}

impl Document<'_> {
    /// Ids of what an SPDX document describes.
    fn subject(&self) -> Vec<&str> {
        let described = self
            .relationships
            .iter()
            .filter(|relationship| relationship.kind == "DESCRIBES" && relationship.from == "SPDXRef-DOCUMENT");
        let described = described.map(|relationship| relationship.to.as_ref());
        self.describes.iter().map(Cow::as_ref).chain(described).collect()
    }
}

impl Components {
    fn of_cyclonedx(&mut self, components: &[Component<'_>], depth: usize) -> Result<(), SbomError> {
        if depth > MAX_DEPTH {
            return Err(SbomError::TooMany);
        }
        for component in components {
            let licenses = component.licenses.iter().filter_map(|choice| {
                let name =
                    choice.license.as_ref().and_then(|license| license.id.as_deref().or(license.name.as_deref()));
                choice.expression.as_deref().or(name)
            });
            self.add(component.purl.as_deref(), license::all_of(licenses))?;
            self.of_cyclonedx(&component.components, depth + 1)?;
        }
        Ok(())
    }

    fn of_spdx(&mut self, package: &SpdxPackage<'_>) -> Result<(), SbomError> {
        let purl = package.external_refs.iter().find(|reference| reference.reference_type == "purl");
        self.add(
            purl.map(|reference| reference.reference_locator.as_ref()),
            package.license_declared.as_deref().and_then(license::normalise),
        )
    }

    fn add(&mut self, purl: Option<&str>, license: Option<String>) -> Result<(), SbomError> {
        if self.packages.len() + self.unnamed >= MAX_COMPONENTS {
            return Err(SbomError::TooMany);
        }
        match purl.and_then(package) {
            Some(package) => self.packages.push(FoundPackage { license, ..package }),
            None => self.unnamed += 1,
        }
        Ok(())
    }
}

/// The package that a package URL names, where its type is one of those that are known.
pub(crate) fn package(purl: &str) -> Option<FoundPackage> {
    let rest = purl.strip_prefix("pkg:")?.trim_start_matches('/');
    let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
    let rest = rest.split_once('?').map_or(rest, |(rest, _)| rest);
    let (kind, rest) = rest.split_once('/')?;
    // the `@` of a scope that was not encoded stands at the beginning of a part
    let at = rest.rfind('@').filter(|at| *at > 0 && rest.as_bytes()[at - 1] != b'/');
    let (path, version) = at.map_or((rest, ""), |at| (&rest[..at], &rest[at + 1..]));
    let parts: Vec<String> = path.split('/').filter(|part| !part.is_empty()).map(decode).collect();
    let name = parts.last()?;
    let kind = kind_of(&kind.to_ascii_lowercase())?;
    let name = match kind {
        PackageType::Maven => parts.join(":"),
        PackageType::Npm | PackageType::Golang | PackageType::Composer | PackageType::Swift | PackageType::Pear => {
            parts.join("/")
        }
        _ => name.clone(),
    };
    Some(FoundPackage::new(kind, name, decode(version)))
}

/// Packages of an operating system are not listed: in a wheel from PyPI they say what its libraries were copied from, and
/// their versions have no meaning in the image's own system.
fn kind_of(name: &str) -> Option<PackageType> {
    use PackageType as Type;
    const KNOWN: &[PackageType] = &[
        Type::Npm,
        Type::Pypi,
        Type::Golang,
        Type::Maven,
        Type::Gem,
        Type::Cargo,
        Type::Composer,
        Type::Nuget,
        Type::Conda,
        Type::Generic,
        Type::Hex,
        Type::Cran,
        Type::Cpan,
        Type::Julia,
        Type::Swift,
        Type::Pub,
        Type::Conan,
        Type::Hackage,
        Type::Opam,
    ];
    KNOWN.iter().copied().find(|kind| kind.name() == name)
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let escape = if *byte == b'%' { bytes.get(at + 1..at + 3) } else { None };
        let decoded =
            escape.and_then(|hex| std::str::from_utf8(hex).ok()).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        out.push(decoded.unwrap_or(*byte));
        at += if decoded.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(found: &Components) -> String {
        let names = found.packages.iter().map(|p| format!("{} {} {}", p.kind.name(), p.name, p.version));
        format!("{} +{}", names.collect::<Vec<_>>().join(", "), found.unnamed)
    }

    #[test]
    fn package_urls() {
        let of = |purl: &str| package(purl).map(|p| format!("{} {} {}", p.kind.name(), p.name, p.version));
        assert_eq!(of("pkg:maven/org.x/y@1.0?type=jar").as_deref(), Some("maven org.x:y 1.0"));
        assert_eq!(of("pkg:npm/%40a/b@1").as_deref(), Some("npm @a/b 1"));
        assert_eq!(of("pkg:npm/@a/b").as_deref(), Some("npm @a/b "));
        assert_eq!(of("pkg:golang/x.org/a/b@v1#c").as_deref(), Some("golang x.org/a/b v1"));
        assert_eq!(of("pkg:generic/a%2Bb@1%2B2").as_deref(), Some("generic a+b 1+2"));
        for none in ["", "pkg:", "pkg:pypi", "pkg:pypi/", "pkg:rpm/almalinux/zlib@1.2", "pkg:unheard/x@1", "npm/a@1"] {
            assert_eq!(of(none), None, "{none}");
        }
    }

    #[test]
    fn documents() {
        let cyclonedx = r#"{"bomFormat":"CycloneDX","metadata":{"component":{"purl":"pkg:pypi/self@1"}},
            "components":[{"purl":"pkg:generic/zlib@1.3","licenses":[{"license":{"id":"Zlib"}}],
            "components":[{"purl":"pkg:cargo/a@2"}]},{"name":"unnamed"}]}"#;
        let found = read(cyclonedx.as_bytes()).unwrap();
        assert_eq!(named(&found), "generic zlib 1.3, cargo a 2 +1");
        assert_eq!(found.packages[0].license.as_deref(), Some("Zlib"));
        let spdx = r#"{"spdxVersion":"SPDX-2.3","packages":[
            {"SPDXID":"SPDXRef-0","name":"self","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:pypi/self@1"}]},
            {"SPDXID":"SPDXRef-1","externalRefs":[{"referenceType":"purl","referenceLocator":"pkg:generic/zlib@1.3"}]}],
            "relationships":[{"spdxElementId":"SPDXRef-DOCUMENT","relationshipType":"DESCRIBES","relatedSpdxElement":"SPDXRef-0"}]}"#;
        assert_eq!(named(&read(spdx.as_bytes()).unwrap()), "generic zlib 1.3 +0");
    }

    #[test]
    fn what_is_none() {
        for bad in ["", "[]", "{}", "{\"bomFormat\":\"x\"}", "{\"bomFormat\":\"CycloneDX\",\"components\":7}"] {
            assert!(read(bad.as_bytes()).is_err(), "{bad}");
        }
        let deep = format!("{{\"bomFormat\":\"CycloneDX\",\"components\":{}", "[{\"components\":".repeat(1000));
        assert!(read(deep.as_bytes()).is_err());
    }
}
