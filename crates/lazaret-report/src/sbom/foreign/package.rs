//! One component of another tool as a package: its package URL, then what the tool adds in properties of its own.

use lazaret_model::{Digest, Evidence, Package, PackageClass, PackageType, SourcePackage};

use crate::sbom::{
    document::{Component, word},
    purl::Purl,
};

const TRIVY: &str = "aquasecurity:trivy:";

/// `None`: no package type goes by the URL's.
pub(super) fn package(component: &Component, purl: &Purl) -> Option<Package> {
    let kind: PackageType = word(&purl.kind)?;
    let version = version(component, purl);
    let layer = layer(component);
    let evidence = evidence(component, layer.as_ref());
    Some(Package {
        purl: component.purl.clone(),
        name: name(kind, purl),
        kind,
        class: PackageClass::Installed,
        arch: purl.qualifier("arch").map(str::to_owned),
        source: source(component, purl, kind, &version),
        module: purl.qualifier("rpmmod").or_else(|| trivy(component, "Modularitylabel")).map(str::to_owned),
        vendor: None,
        license: component.license.clone(),
        repository: None,
        bundled_in: None,
        cpe: component.cpe.clone(),
        layer: layer.or_else(|| evidence.iter().find_map(|evidence| evidence.layer.clone())),
        changed_in: Vec::new(),
        removed_in: None,
        provided_by: None,
        evidence,
        uncertain: false,
        version,
    })
}

fn trivy<'a>(component: &'a Component, name: &str) -> Option<&'a str> {
    component.properties.named(&format!("{TRIVY}{name}")).filter(|value| !value.is_empty())
}

/// Full name of the ecosystem. The namespace of a system's package names the system, not the package.
fn name(kind: PackageType, purl: &Purl) -> String {
    let Purl { namespace, name, .. } = purl;
    let bare = kind.is_os() || namespace.is_empty() || matches!(kind, PackageType::Pypi | PackageType::Cargo);
    match kind {
        _ if bare => name.clone(),
        PackageType::Maven => format!("{namespace}:{name}"),
        _ => format!("{namespace}/{name}"),
    }
}

/// The URL's version, with the epoch that some tools write beside it.
fn version(component: &Component, purl: &Purl) -> String {
    let version = if purl.version.is_empty() { &component.version } else { &purl.version };
    match purl.qualifier("epoch") {
        Some(epoch) if epoch != "0" && !version.is_empty() && !version.contains(':') => format!("{epoch}:{version}"),
        _ => version.clone(),
    }
}

fn source(component: &Component, purl: &Purl, kind: PackageType, version: &str) -> Option<SourcePackage> {
    let (name, source_version) = from_purl(purl, kind)
        .or_else(|| from_trivy(component))
        .or_else(|| from_syft(component, kind))
        .filter(|(name, _)| !name.is_empty())?;
    let version = if source_version.is_empty() { without_rebuild(kind, version) } else { &source_version };
    Some(SourcePackage { name, version: version.to_owned() })
}

/// `upstream=glibc@2.36`, `upstream=glibc`, `upstream=bash-5.1.8-6.el9.src.rpm`.
fn from_purl(purl: &Purl, kind: PackageType) -> Option<(String, String)> {
    let upstream = purl.qualifier("upstream")?;
    Some(if kind == PackageType::Rpm {
        source_rpm(upstream)
    } else {
        let (name, version) = upstream.split_once('@').unwrap_or((upstream, ""));
        (name.to_owned(), version.to_owned())
    })
}

fn from_trivy(component: &Component) -> Option<(String, String)> {
    let name = trivy(component, "SrcName")?;
    let mut version = trivy(component, "SrcVersion").unwrap_or_default().to_owned();
    if let Some(release) = trivy(component, "SrcRelease") {
        version = format!("{version}-{release}");
    }
    if let Some(epoch) = trivy(component, "SrcEpoch").filter(|epoch| *epoch != "0") {
        version = format!("{epoch}:{version}");
    }
    Some((name.to_owned(), version))
}

fn from_syft(component: &Component, kind: PackageType) -> Option<(String, String)> {
    let of =
        |name: &str| component.properties.named(&format!("syft:metadata:{name}")).filter(|value| !value.is_empty());
    if kind == PackageType::Rpm {
        return of("sourceRpm").map(source_rpm);
    }
    let name = of("source").or_else(|| of("originPackage"))?;
    Some((name.to_owned(), of("sourceVersion").unwrap_or_default().to_owned()))
}

/// `name-version-release.src.rpm`.
fn source_rpm(file: &str) -> (String, String) {
    let stem = [".src.rpm", ".nosrc.rpm"].into_iter().find_map(|end| file.strip_suffix(end)).unwrap_or(file);
    let mut parts = stem.rsplitn(3, '-');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(release), Some(version), Some(name)) => (name.to_owned(), format!("{version}-{release}")),
        _ => (stem.to_owned(), String::new()),
    }
}

/// Debian's source version, where only the binary's is known: without `+b1` of a rebuild.
fn without_rebuild(kind: PackageType, version: &str) -> &str {
    match version.rsplit_once("+b") {
        Some((source, count))
            if kind == PackageType::Deb && !count.is_empty() && count.bytes().all(|b| b.is_ascii_digit()) =>
        {
            source
        }
        _ => version,
    }
}

fn layer(component: &Component) -> Option<Digest> {
    let text = trivy(component, "LayerDiffID").or_else(|| component.properties.named("syft:location:0:layerID"));
    text.and_then(|text| Digest::parse(text).ok())
}

fn evidence(component: &Component, layer: Option<&Digest>) -> Vec<Evidence> {
    let places = component.places.iter().map(|place| {
        let own = place.layer.as_deref().and_then(|text| Digest::parse(text).ok());
        Evidence { path: relative(&place.path), layer: own.or_else(|| layer.cloned()) }
    });
    let path = trivy(component, "FilePath").or_else(|| component.properties.named("syft:location:0:path"));
    let path = path.filter(|_| component.places.is_empty());
    places.chain(path.map(|path| Evidence { path: relative(path), layer: layer.cloned() })).collect()
}

fn relative(path: &str) -> String {
    path.trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(purl: &str, properties: &[(&str, &str)]) -> Package {
        let mut component = Component { purl: purl.to_owned(), ..Component::default() };
        component.properties.0 = properties.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        package(&component, &Purl::parse(purl).unwrap()).unwrap()
    }

    #[test]
    fn names_are_those_of_the_ecosystem() {
        for (purl, name) in [
            ("pkg:maven/org.apache/commons@1", "org.apache:commons"),
            ("pkg:npm/%40a/b@1", "@a/b"),
            ("pkg:golang/github.com/a/b@v1", "github.com/a/b"),
            ("pkg:composer/symfony/console@1", "symfony/console"),
            ("pkg:apk/alpine/musl@1", "musl"),
        ] {
            assert_eq!(of(purl, &[]).name, name);
        }
    }

    #[test]
    fn epochs_and_sources() {
        let source = |package: &Package| package.source.clone().map(|s| (s.name, s.version)).unwrap_or_default();
        let pair = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let bsdutils = of(
            "pkg:deb/debian/bsdutils@2.36.1-8%2Bdeb11u1?arch=arm64&distro=debian-11.6&epoch=1",
            &[
                ("aquasecurity:trivy:SrcName", "util-linux"),
                ("aquasecurity:trivy:SrcVersion", "2.36.1"),
                ("aquasecurity:trivy:SrcRelease", "8+deb11u1"),
            ],
        );
        assert_eq!(bsdutils.version, "1:2.36.1-8+deb11u1");
        assert_eq!(source(&bsdutils), pair("util-linux", "2.36.1-8+deb11u1"));
        let bash = of("pkg:rpm/rhel/bash@5.1.8-6.el9?epoch=0&upstream=bash-doc-5.1.8-6.el9.src.rpm", &[]);
        assert_eq!((&*bash.version, source(&bash)), ("5.1.8-6.el9", pair("bash-doc", "5.1.8-6.el9")));
        let libc = of("pkg:deb/debian/libc-bin@2.36-9?upstream=glibc", &[]);
        assert_eq!(source(&libc), pair("glibc", "2.36-9"));
        let rebuilt = of("pkg:deb/debian/a@1.0-1%2Bb3", &[("syft:metadata:source", "b")]);
        assert_eq!(source(&rebuilt), pair("b", "1.0-1"));
        assert_eq!(of("pkg:apk/alpine/libssl3@3.1-r0?upstream=openssl", &[]).source.unwrap().name, "openssl");
    }
}
