//! The shared real images against what a naive reader finds in them.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Cursor, Read},
    path::PathBuf,
    sync::Mutex,
};

use lazaret_inventory::{DetectorSet, LayerCache, LayerScan, NoCache, ScannedImage, Silent, scan_images};
use lazaret_model::{Digest, Package, PackageType};
use lazaret_oci::{Limits, LocalKind, Selection, Source, open_local};

fn image(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/images").join(name);
    if !path.exists() {
        println!("skipped: {} is not there", path.display());
        return None;
    }
    Some(path)
}

fn open(name: &str) -> Option<Box<dyn Source>> {
    let path = image(name)?;
    let kind = if name.contains(".oci.") { LocalKind::OciArchive } else { LocalKind::DockerArchive };
    Some(open_local(kind, &path, None, &Limits::default()).unwrap())
}

fn scan(source: &dyn Source, cache: &dyn LayerCache) -> Vec<ScannedImage> {
    scan_images(source, &Selection::All, cache, &Limits::default(), &DetectorSet::standard(), &Silent).unwrap().1
}

/// Files of the flattened image, the naive way: unpack, and know only plain whiteouts.
fn unpack(source: &dyn Source) -> BTreeMap<String, Vec<u8>> {
    let images = source.images(&Selection::All).unwrap().images;
    let image = &images[0];
    let mut files = BTreeMap::new();
    for index in 0..image.layers.len() {
        let mut bytes = Vec::new();
        source.open_layer(image, index).unwrap().read_to_end(&mut bytes).unwrap();
        let mut tar = Vec::new();
        match bytes.as_slice() {
            [0x1f, 0x8b, ..] => {
                flate2::read::MultiGzDecoder::new(bytes.as_slice()).read_to_end(&mut tar).unwrap();
            }
            [0x28, 0xb5, 0x2f, 0xfd, ..] => tar = zstd::decode_all(bytes.as_slice()).unwrap(),
            _ => tar = bytes,
        }
        for entry in tar::Archive::new(tar.as_slice()).entries().unwrap() {
            let mut entry = entry.unwrap();
            let path = entry.path().unwrap().to_string_lossy().trim_start_matches("./").to_owned();
            if let Some((directory, hidden)) = path.split_once(".wh.") {
                let gone = format!("{directory}{hidden}");
                files.retain(|path: &String, _| *path != gone && !path.starts_with(&format!("{gone}/")));
            } else if entry.header().entry_type().is_file() {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                files.insert(path, content);
            }
        }
    }
    files
}

fn stanzas<'a>(text: &'a str, separator: &'a str) -> Vec<BTreeMap<&'a str, &'a str>> {
    let fields = |stanza: &'a str| stanza.lines().filter_map(|line| line.split_once(separator)).collect();
    text.split("\n\n").map(fields).filter(|fields: &BTreeMap<_, _>| !fields.is_empty()).collect()
}

fn live(image: &ScannedImage, kind: PackageType) -> Vec<&Package> {
    let installed = |package: &&Package| package.is_live() && package.class.is_installed();
    image.inventory.packages.iter().filter(installed).filter(|package| package.kind == kind).collect()
}

fn named(packages: &[&Package]) -> BTreeSet<(String, String)> {
    packages.iter().map(|package| (package.name.clone(), package.version.clone())).collect()
}

#[test]
fn alpine() {
    for name in
        ["alpine-3.10.docker.tar", "alpine-3.20.docker.tar", "shop-web-2.3.1.oci.tar", "shop-orders-1.4.0.oci.tar"]
    {
        let Some(source) = open(name) else { return };
        let files = unpack(&*source);
        let text = String::from_utf8(files["lib/apk/db/installed"].clone()).unwrap();
        let wanted: BTreeSet<_> = stanzas(&text, ":").iter().map(|s| (s["P"].to_owned(), s["V"].to_owned())).collect();
        let images = scan(&*source, &NoCache);
        assert_eq!(named(&live(&images[0], PackageType::Apk)), wanted, "{name}");
        assert!(images[0].layers_verified && images[0].inventory.problems.is_empty(), "{name}");
        let first = images[0].facts.diff_ids.first();
        assert!(live(&images[0], PackageType::Apk).iter().all(|package| package.layer.as_ref() == first));
    }
}

#[test]
fn two_platforms() {
    let Some(source) = open("alpine-3.20-multiarch.oci.tar") else { return };
    let images = scan(&*source, &NoCache);
    let arches: Vec<_> =
        images.iter().map(|image| live(image, PackageType::Apk)[0].arch.clone().unwrap_or_default()).collect();
    assert_eq!(arches, ["x86_64", "aarch64"]);
}

#[test]
fn debian_and_python() {
    let Some(source) = open("shop-api-1.9.0.oci.tar") else { return };
    let files = unpack(&*source);
    let images = scan(&*source, &NoCache);
    let text = String::from_utf8(files["var/lib/dpkg/status"].clone()).unwrap();
    let wanted: BTreeSet<_> = stanzas(&text, ": ")
        .iter()
        .filter(|stanza| stanza["Status"].ends_with(" installed"))
        .map(|stanza| (stanza["Package"].to_owned(), stanza["Version"].to_owned()))
        .collect();
    assert_eq!(named(&live(&images[0], PackageType::Deb)), wanted);
    let python: BTreeSet<_> = files
        .iter()
        .filter(|(path, _)| path.ends_with(".dist-info/METADATA"))
        .map(|(_, bytes)| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
            (field("Name:"), field("Version:"))
        })
        .collect();
    assert!(python.len() >= 10);
    assert_eq!(named(&live(&images[0], PackageType::Pypi)), python);
    assert_eq!(images[0].inventory.problems, []);
    assert!(images[0].inventory.packages.iter().all(Package::is_live), "nothing was removed");
}

#[test]
fn node() {
    let Some(source) = open("shop-web-2.3.1.oci.tar") else { return };
    let files = unpack(&*source);
    let wanted: BTreeSet<_> = files
        .iter()
        .filter(|(path, _)| path.ends_with("/package.json"))
        .map(|(_, bytes)| serde_json::from_slice::<serde_json::Value>(bytes).unwrap())
        .map(|json| (json["name"].as_str().unwrap().to_owned(), json["version"].as_str().unwrap().to_owned()))
        .collect();
    let images = scan(&*source, &NoCache);
    assert_eq!(named(&live(&images[0], PackageType::Npm)), wanted);
    let removed: Vec<_> = images[0].inventory.packages.iter().filter(|package| !package.is_live()).collect();
    let layers = &images[0].facts.diff_ids;
    assert_eq!(removed.len(), 1);
    assert_eq!((removed[0].name.as_str(), removed[0].version.as_str()), ("jquery", "3.3.1"));
    assert_eq!((removed[0].layer.as_ref(), removed[0].removed_in.as_ref()), (layers.get(2), layers.get(3)));
}

#[test]
fn go() {
    let Some(source) = open("shop-sync-0.4.1.oci.tar") else { return };
    let files = unpack(&*source);
    let binary = String::from_utf8_lossy(&files["usr/bin/shop-sync"]).into_owned();
    let wanted: BTreeSet<_> = binary
        .lines()
        .filter_map(|line| line.strip_prefix("dep\t").or_else(|| line.strip_prefix("mod\t")))
        .filter_map(|line| line.split_once('\t'))
        .map(|(path, rest)| (path.to_owned(), rest.split('\t').next().unwrap_or_default().to_owned()))
        .chain([("stdlib".to_owned(), "1.26.8".to_owned())])
        .collect();
    assert!(wanted.len() > 20);
    let images = scan(&*source, &NoCache);
    assert_eq!(named(&live(&images[0], PackageType::Golang)), wanted);
    assert!(images[0].inventory.os.is_none() && images[0].inventory.problems.is_empty());
    let Some(source) = open("shop-worker-0.8.2.oci.tar") else { return };
    let images = scan(&*source, &NoCache);
    let found = named(&live(&images[0], PackageType::Golang));
    assert_eq!(found.into_iter().collect::<Vec<_>>(), [("stdlib".to_owned(), "1.19.8".to_owned())]);
    assert_eq!(images[0].inventory.problems, []);
}

fn is_jar(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension == "jar")
}

/// Group, artifact and version of every `pom.properties`, by the path of the archive.
fn poms(path: &str, bytes: &[u8], found: &mut BTreeSet<(String, String)>) {
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    for index in 0..zip.len() {
        let mut entry = zip.by_index(index).unwrap();
        let name = entry.name().unwrap().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        if is_jar(&name) {
            poms(&format!("{path}!/{name}"), &content, found);
        } else if name.ends_with("/pom.properties") {
            let text = String::from_utf8(content).unwrap();
            let field = |key: &str| text.lines().find_map(|line| line.strip_prefix(key)).unwrap().trim().to_owned();
            found.insert((
                path.to_owned(),
                format!("{}:{} {}", field("groupId="), field("artifactId="), field("version=")),
            ));
        }
    }
}

#[test]
fn java() {
    let Some(source) = open("shop-orders-1.4.0.oci.tar") else { return };
    let mut wanted = BTreeSet::new();
    for (path, bytes) in unpack(&*source).iter().filter(|(path, _)| is_jar(path)) {
        poms(path, bytes, &mut wanted);
    }
    let images = scan(&*source, &NoCache);
    let found: BTreeSet<_> = live(&images[0], PackageType::Maven)
        .iter()
        .flat_map(|p| p.evidence.iter().map(|e| (e.path.clone(), format!("{} {}", p.name, p.version))))
        .collect();
    assert_eq!(found, wanted);
    assert_eq!(found.len(), 10);
}

#[derive(Default)]
struct Memory(Mutex<BTreeMap<Digest, LayerScan>>);

impl LayerCache for Memory {
    fn get(&self, layer: &Digest) -> Option<LayerScan> {
        self.0.lock().unwrap().get(layer).cloned()
    }

    fn put(&self, layer: &Digest, scan: &LayerScan) {
        // as a store keeps it
        let text = serde_json::to_vec(scan).unwrap();
        self.0.lock().unwrap().insert(layer.clone(), serde_json::from_slice(&text).unwrap());
    }
}

#[test]
fn from_a_cache() {
    let Some(source) = open("shop-web-2.3.1.oci.tar") else { return };
    let cache = Memory::default();
    let first = scan(&*source, &cache);
    let second = scan(&*source, &cache);
    assert!(first[0].layers_verified && !second[0].layers_verified);
    assert_eq!(first[0].inventory, second[0].inventory);
    assert_eq!(cache.0.lock().unwrap().len(), 4);
}
