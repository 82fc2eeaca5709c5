use std::path::{Path, PathBuf};

use lazaret_oci::{Limits, LocalKind, Selection, SourceError, open_local, sha256};
use serde_json::json;

use super::{
    made::{config, gzip, tar_of},
    scan,
};

/// Name and content.
type Files<'a> = &'a [(&'a str, &'a [u8])];

fn write(path: &Path, files: Files<'_>, links: &[(&str, &str)]) -> PathBuf {
    let mut archive = tar::Builder::new(Vec::new());
    for (name, body) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(body.len() as u64);
        archive.append_data(&mut header, name, *body).unwrap();
    }
    for (name, target) in links {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(tar::EntryType::Symlink);
        header.set_size(0);
        archive.append_link(&mut header, name, target).unwrap();
    }
    std::fs::write(path, archive.into_inner().unwrap()).unwrap();
    path.to_owned()
}

fn open(path: &Path, tag: Option<&str>) -> Result<Box<dyn lazaret_oci::Source>, SourceError> {
    open_local(LocalKind::DockerArchive, path, tag, &Limits::default())
}

#[test]
fn the_old_form_with_links_between_layers() {
    let temp = tempfile::tempdir().unwrap();
    let (one, two) = (tar_of(&[("a", b"1")]), tar_of(&[("b", b"2")]));
    let config = config("amd64", &[one.clone(), two.clone(), one.clone()]);
    let name = format!("{}.json", sha256(&config).hex());
    let manifest =
        json!([{ "Config": name, "RepoTags": null, "Layers": ["1/layer.tar", "2/layer.tar", "3/layer.tar"] }]);
    let manifest = manifest.to_string();
    let packed = gzip(&two);
    let files: [(&str, &[u8]); 4] =
        [(&name, &config), ("1/layer.tar", &one), ("2/layer.tar", &packed), ("manifest.json", manifest.as_bytes())];
    let path = write(&temp.path().join("old.tar"), &files, &[("3/layer.tar", "../1/layer.tar")]);
    let source = open(&path, None).unwrap();
    let found = source.images(&Selection::Default).unwrap();
    let image = &found.images[0];
    assert_eq!((&image.facts.digest, image.facts.digest_kind.as_str()), (&sha256(&config), "config"));
    assert_eq!(image.facts.layers, [sha256(&one), sha256(&packed), sha256(&one)]);
    for (index, wanted) in ["a", "b", "a"].iter().enumerate() {
        let (summary, paths) = scan(source.as_ref(), image, index);
        assert!(summary.verified && summary.problems.is_empty(), "{summary:?}");
        assert_eq!(paths, [*wanted]);
    }
    let packed = temp.path().join("old.tar.gz");
    std::fs::write(&packed, gzip(&std::fs::read(path).unwrap())).unwrap();
    assert_eq!(open(&packed, None).unwrap().images(&Selection::All).unwrap().images, found.images);
}

#[test]
fn the_new_form_with_blobs_and_several_tags() {
    let temp = tempfile::tempdir().unwrap();
    let (plain, other) = (tar_of(&[("a", b"1")]), tar_of(&[("b", b"2")]));
    let packed = gzip(&plain);
    let blob = |bytes: &[u8]| format!("blobs/sha256/{}", sha256(bytes).hex());
    let (first, second) =
        (config("amd64", std::slice::from_ref(&plain)), config("amd64", std::slice::from_ref(&other)));
    let manifest = json!([
        { "Config": blob(&first), "RepoTags": ["reg.example/app:1.0"], "Layers": [blob(&packed)] },
        { "Config": blob(&second), "RepoTags": ["reg.example/app:2.0"], "Layers": [blob(&other)] },
    ])
    .to_string();
    let names = [blob(&first), blob(&second), blob(&packed), blob(&other)];
    let files: [(&str, &[u8]); 5] = [
        (&names[0], &first),
        (&names[1], &second),
        (&names[2], &packed),
        (&names[3], &other),
        ("manifest.json", manifest.as_bytes()),
    ];
    let path = write(&temp.path().join("new.tar"), &files, &[]);
    assert_eq!(open(&path, None).unwrap().images(&Selection::All).unwrap().images.len(), 2);
    for (tag, config) in [(None, &first), (Some("2.0"), &second), (Some("app:2.0"), &second)] {
        let source = open(&path, tag).unwrap();
        let found = source.images(&Selection::Default).unwrap();
        assert_eq!(found.images[0].facts.digest, sha256(config));
        assert!(scan(source.as_ref(), &found.images[0], 0).0.verified);
    }
    let error = open(&path, Some("3.0")).err().unwrap().to_string();
    assert!(error.contains("reg.example/app:1.0, reg.example/app:2.0"), "{error}");
}

#[test]
fn faults() {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("x.tar");
    let layer = tar_of(&[("a", b"1")]);
    let good = config("amd64", std::slice::from_ref(&layer));
    let name = format!("{}.json", sha256(&good).hex());
    let manifest = |layers: &[&str]| json!([{ "Config": name, "Layers": layers }]).to_string();
    let one = manifest(&["l.tar"]);
    let cases: [(Files<'_>, &str); 6] = [
        (&[("index.json", b"{}")], "it has no manifest.json (it is an OCI archive"),
        (&[("manifest.json", b"{}")], "manifest.json is not valid"),
        (&[("manifest.json", b"[]")], "holds no image"),
        (&[("manifest.json", one.as_bytes())], "is not in docker-archive:"),
        (&[("manifest.json", one.as_bytes()), (&name, b"{}")], "damaged or was changed"),
        (&[("manifest.json", one.as_bytes()), (&name, &good)], "l.tar is not in"),
    ];
    for (files, why) in cases {
        let error = open(&write(&path, files, &[]), None).err().unwrap().to_string();
        assert!(error.contains(why), "{error}");
    }
    let none = manifest(&[]);
    let files: [(&str, &[u8]); 2] = [("manifest.json", none.as_bytes()), (&name, &good)];
    assert!(matches!(open(&write(&path, &files, &[]), None), Err(SourceError::Config { .. })));
    let files: [(&str, &[u8]); 2] = [("manifest.json", one.as_bytes()), (&name, &good)];
    let looped = write(&path, &files, &[("l.tar", "m.tar"), ("m.tar", "l.tar")]);
    assert!(matches!(open(&looped, None), Err(SourceError::Missing { .. })), "links that loop");
}
