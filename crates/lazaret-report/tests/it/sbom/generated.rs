//! Inventories with whatever a model can hold, odd characters first of all.

use std::collections::BTreeMap;

use lazaret_model::{
    Digest, Evidence, HistoryEntry, Identified, ImageFacts, Inventory, Malware, ModifiedFile, OsRelease, Package,
    PackageClass, PackageType, Platform, Problem, ProblemKind, Secret, Severity, SourcePackage, UnknownFile,
};
use lazaret_report::{Sbom, SbomImage};
use proptest::{collection::vec, option, prelude::*, sample::select};

const ODD: [&str; 24] = [
    "a",
    "Z",
    "0",
    "-",
    ".",
    ":",
    "/",
    "@",
    "%",
    "+",
    " ",
    "\0",
    "\n",
    "\t",
    "\"",
    "'",
    "\\",
    "<",
    "&",
    "]]>",
    "\u{202e}",
    "ö",
    "\u{1f600}",
    "lazaret:",
];

fn text() -> impl Strategy<Value = String> {
    vec(select(&ODD[..]), 0..8).prop_map(|parts| parts.concat())
}

fn digest() -> impl Strategy<Value = Digest> {
    (any::<u8>(), any::<bool>())
        .prop_map(|(byte, long)| if long { Digest::from_sha512([byte; 64]) } else { Digest::from_sha256([byte; 32]) })
}

fn texts() -> impl Strategy<Value = Vec<String>> {
    vec(text(), 0..3)
}

fn digests() -> impl Strategy<Value = Vec<Digest>> {
    vec(digest(), 0..3)
}

const KINDS: [PackageType; 8] = [
    PackageType::Deb,
    PackageType::Apk,
    PackageType::Rpm,
    PackageType::Npm,
    PackageType::Maven,
    PackageType::Golang,
    PackageType::Generic,
    PackageType::Terraform,
];

fn purl() -> impl Strategy<Value = String> {
    prop_oneof![text(), text().prop_map(|name| format!("pkg:maven/{name}")), Just("pkg:deb/debian/a@1".to_owned())]
}

fn package() -> impl Strategy<Value = Package> {
    let class = select(&[PackageClass::Installed, PackageClass::Declared, PackageClass::Kernel][..]);
    let source = option::of((text(), text()).prop_map(|(name, version)| SourcePackage { name, version }));
    let evidence = vec((text(), option::of(digest())).prop_map(|(path, layer)| Evidence { path, layer }), 0..3);
    let named = (purl(), text(), text(), select(&KINDS[..]), class);
    let optional = || option::of(text());
    let texts = (optional(), optional(), optional(), optional(), optional(), optional(), optional(), optional());
    let places = (option::of(digest()), digests(), option::of(digest()), evidence, any::<bool>());
    (named, source, texts, places).prop_map(|(named, source, texts, places)| Package {
        purl: named.0,
        name: named.1,
        version: named.2,
        kind: named.3,
        class: named.4,
        source,
        arch: texts.0,
        module: texts.1,
        vendor: texts.2,
        license: texts.3,
        repository: texts.4,
        bundled_in: texts.5,
        cpe: texts.6,
        provided_by: texts.7,
        layer: places.0,
        changed_in: places.1,
        removed_in: places.2,
        evidence: places.3,
        uncertain: places.4,
    })
}

fn facts() -> impl Strategy<Value = ImageFacts> {
    let platform = (text(), text(), option::of(text()));
    let history = vec((text(), any::<bool>(), option::of(digest())), 0..3);
    let labels = vec((text(), text()), 0..3);
    let ids = (digest(), digest(), digests(), digests(), vec(any::<u64>(), 0..3), option::of(0_usize..9));
    let config = (text(), texts(), texts(), texts(), texts(), option::of(text()));
    (platform, history, labels, ids, config, text()).prop_map(|(platform, history, labels, ids, config, kind)| {
        ImageFacts {
            digest: ids.0,
            digest_kind: kind,
            config: ids.1,
            platform: Platform { os: platform.0, architecture: platform.1, variant: platform.2 },
            user: config.0,
            exposed_ports: config.1,
            env: config.2,
            entrypoint: config.3,
            cmd: config.4,
            labels: labels.into_iter().collect::<BTreeMap<_, _>>(),
            created: config.5,
            diff_ids: ids.2,
            layers: ids.3,
            layer_sizes: ids.4,
            history: history
                .into_iter()
                .map(|(created_by, empty_layer, layer)| HistoryEntry { created_by, empty_layer, layer })
                .collect(),
            base_layers: ids.5,
        }
    })
}

fn problem() -> impl Strategy<Value = Problem> {
    let kinds = select(&[ProblemKind::ParseError, ProblemKind::OsUnknown, ProblemKind::SbomOnly][..]);
    (kinds, text(), text()).prop_map(|(kind, path, message)| Problem { kind, path, message })
}

fn release() -> impl Strategy<Value = OsRelease> {
    let optional = (option::of(text()), option::of(text()));
    (text(), text(), text(), text(), optional).prop_map(|(id, version_id, pretty_name, path, optional)| OsRelease {
        id,
        version_id,
        codename: optional.0,
        pretty_name,
        stream: optional.1,
        path,
    })
}

fn identified() -> impl Strategy<Value = Identified> {
    let unknown = vec((text(), any::<u64>()).prop_map(|(path, bytes)| UnknownFile { path, bytes }), 0..3);
    (any::<u64>(), any::<u64>(), 0.0..1.0_f64, unknown).prop_map(|(bytes, of, share, unknown)| Identified {
        bytes,
        of,
        share,
        unknown,
    })
}

fn secret() -> impl Strategy<Value = Secret> {
    let layers = (option::of(digest()), option::of(digest()));
    (text(), text(), select(&Severity::ALL[..]), text(), any::<u64>(), text(), layers).prop_map(
        |(rule, title, severity, path, line, excerpt, (layer, removed_in))| Secret {
            rule,
            title,
            severity,
            path,
            line,
            excerpt,
            layer,
            removed_in,
        },
    )
}

fn malware() -> impl Strategy<Value = Malware> {
    (text(), text(), text(), option::of(digest()), option::of(digest()))
        .prop_map(|(name, path, evidence, layer, removed_in)| Malware { name, path, evidence, layer, removed_in })
}

fn modified() -> impl Strategy<Value = ModifiedFile> {
    (text(), text(), text(), text(), option::of(digest()))
        .prop_map(|(path, package, expected, actual, layer)| ModifiedFile { path, package, expected, actual, layer })
}

fn inventory() -> impl Strategy<Value = Inventory> {
    let found = (vec(secret(), 0..2), vec(malware(), 0..2), vec(modified(), 0..2));
    let os = (option::of(release()), any::<bool>());
    (vec(package(), 0..5), os, texts(), vec(problem(), 0..3), option::of(identified()), found, texts(), any::<u64>())
        .prop_map(|(packages, os, ssh_servers, problems, identified, found, detectors, entries)| Inventory {
            os: os.0,
            os_packages: os.1,
            packages,
            ssh_servers,
            problems,
            identified,
            secrets: found.0,
            malware: found.1,
            modified: found.2,
            detectors,
            entries,
        })
}

pub(super) fn sbom() -> impl Strategy<Value = Sbom> {
    let image = (facts(), inventory()).prop_map(|(facts, inventory)| SbomImage { facts, inventory });
    (text(), option::of(digest()), vec(image, 0..3)).prop_map(|(name, index, images)| Sbom { name, index, images })
}
