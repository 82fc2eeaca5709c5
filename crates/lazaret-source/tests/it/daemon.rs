//! A daemon on a socket of its own that does as it is told.

use std::{
    io::{BufRead, BufReader, Read, Write},
    os::unix::net::{UnixListener, UnixStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use lazaret_oci::{Limits, Selection, Source, SourceError, media_type, sha256};
use lazaret_source::{DaemonOptions, docker_daemon, podman};
use serde_json::json;

/// Path of a request, and what is answered: status and bytes of the body; fewer bytes than announced cut it off.
type Answers = Vec<(String, u16, Vec<u8>, usize)>;

struct Fake {
    socket: PathBuf,
    log: Arc<Mutex<Vec<String>>>,
    _folder: tempfile::TempDir,
}

impl Fake {
    fn start(answers: Answers) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("daemon.sock");
        let listener = UnixListener::bind(&socket).unwrap();
        let log: Arc<Mutex<Vec<String>>> = Arc::default();
        let (answers, seen) = (Arc::new(answers), Arc::clone(&log));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (answers, seen) = (Arc::clone(&answers), Arc::clone(&seen));
                thread::spawn(move || answer(&stream.unwrap(), &answers, &seen));
            }
        });
        Self { socket, log, _folder: folder }
    }

    fn options(&self) -> DaemonOptions {
        options(&format!("unix://{}", self.socket.display()))
    }
}

fn options(host: &str) -> DaemonOptions {
    DaemonOptions {
        host: Some(host.to_owned()),
        runtime_dir: None,
        tls: false,
        silence: Duration::from_secs(20),
        limits: Limits::default(),
    }
}

fn answer(stream: &UnixStream, answers: &Answers, log: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut line = String::new();
        while reader.read_line(&mut line).is_ok_and(|n| n > 2) {
            line.clear();
        }
        let path = first.split(' ').nth(1).unwrap().to_owned();
        log.lock().unwrap().push(path.clone());
        let missing = (path.clone(), 404, br#"{"message":"No such image: x"}"#.to_vec(), 0);
        let (_, status, body, missing_bytes) = answers.iter().find(|(p, ..)| *p == path).unwrap_or(&missing);
        let length = body.len() + missing_bytes;
        let mut stream = stream;
        if write!(stream, "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n").is_err() {
            return;
        }
        if stream.write_all(body).is_err() || *missing_bytes > 0 {
            return;
        }
    }
}

fn add(archive: &mut tar::Builder<Vec<u8>>, name: &str, body: &[u8]) {
    let mut header = tar::Header::new_gnu();
    header.set_size(body.len() as u64);
    archive.append_data(&mut header, name, body).unwrap();
}

/// What `docker save` writes of an image of one layer, and the image's id.
fn export() -> (Vec<u8>, Vec<u8>, String) {
    let mut layer = tar::Builder::new(Vec::new());
    add(&mut layer, "etc/hostname", b"x");
    let layer = layer.into_inner().unwrap();
    let config = json!({ "os": "linux", "architecture": "amd64",
        "rootfs": { "type": "layers", "diff_ids": [sha256(&layer)] } })
    .to_string();
    let id = sha256(config.as_bytes());
    let mut archive = tar::Builder::new(Vec::new());
    add(&mut archive, &format!("{}.json", id.hex()), config.as_bytes());
    add(&mut archive, "1/layer.tar", &layer);
    let manifest = json!([{ "Config": format!("{}.json", id.hex()), "RepoTags": null, "Layers": ["1/layer.tar"] }]);
    add(&mut archive, "manifest.json", manifest.to_string().as_bytes());
    (archive.into_inner().unwrap(), layer, id.to_string())
}

fn check(source: &dyn Source, name: &str, layer: &[u8], id: &str) {
    assert_eq!(source.name(), name);
    let found = source.images(&Selection::All).unwrap();
    let facts = &found.images[0].facts;
    assert_eq!((facts.digest.to_string().as_str(), facts.digest_kind.as_str()), (id, "config"));
    let mut bytes = Vec::new();
    source.open_layer(&found.images[0], 0).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!(bytes, layer);
}

#[test]
fn docker_exports_what_it_described() {
    let (archive, layer, id) = export();
    let described = json!({ "Id": id, "Size": 1 }).to_string().into_bytes();
    let fake = Fake::start(vec![
        ("/images/team/app:1.0/json".to_owned(), 200, described, 0),
        (format!("/images/{id}/get"), 200, archive.clone(), 0),
    ]);
    let counted = Mutex::new(0);
    let source = docker_daemon::open("team/app:1.0", &fake.options(), &|n| *counted.lock().unwrap() = n).unwrap();
    check(&*source, "docker:team/app:1.0", &layer, &id);
    assert_eq!(*counted.lock().unwrap(), archive.len() as u64);
    assert_eq!(*fake.log.lock().unwrap(), ["/images/team/app:1.0/json".to_owned(), format!("/images/{id}/get")]);

    let error = docker_daemon::open("other", &fake.options(), &|_| {}).err().unwrap().to_string();
    assert!(error.contains("image other is not in Docker at") && error.contains("docker pull other"), "{error}");
    assert!(error.contains("No such image: x"), "{error}");
    for odd in ["", "a b", "a?b", "../x", "a/../b", "/x", "a%2fb", "a\nb"] {
        let error = docker_daemon::open(odd, &fake.options(), &|_| {}).err().unwrap();
        assert!(matches!(error, SourceError::NotThis { .. }), "{odd}");
    }
}

#[test]
fn podman_gives_dockers_form() {
    let (archive, layer, id) = export();
    let hex = id.strip_prefix("sha256:").unwrap();
    let described = json!({ "Id": hex }).to_string().into_bytes();
    let fake = Fake::start(vec![
        ("/v4.0.0/libpod/images/app/json".to_owned(), 200, described, 0),
        (format!("/v4.0.0/libpod/images/{hex}/get?format=docker-archive"), 200, archive, 0),
    ]);
    check(&*podman::open("app", &fake.options(), &|_| {}).unwrap(), "podman:app", &layer, &id);
}

#[test]
fn podman_cannot_give_every_image_in_dockers_form() {
    let (_, _, id) = export();
    let hex = id.strip_prefix("sha256:").unwrap();
    let mut archive = tar::Builder::new(Vec::new());
    let mut blob = |kind: &str, bytes: &[u8]| {
        add(&mut archive, &format!("blobs/sha256/{}", sha256(bytes).hex()), bytes);
        json!({ "mediaType": kind, "digest": sha256(bytes), "size": bytes.len() })
    };
    let config = blob(media_type::OCI_CONFIG, br#"{"os":"linux","architecture":"amd64"}"#);
    let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [] }).to_string();
    let manifest = blob(media_type::OCI_MANIFEST, manifest.as_bytes());
    let index = json!({ "schemaVersion": 2, "manifests": [manifest] }).to_string();
    add(&mut archive, "index.json", index.as_bytes());
    let export = format!("/v4.0.0/libpod/images/{hex}/get?format=");
    let fake = Fake::start(vec![
        ("/v4.0.0/libpod/images/app/json".to_owned(), 200, json!({ "Id": hex }).to_string().into_bytes(), 0),
        (format!("{export}docker-archive"), 400, br#"{"message":"zstd compression is not supported"}"#.to_vec(), 0),
        (format!("{export}oci-archive"), 200, archive.into_inner().unwrap(), 0),
    ]);
    let source = podman::open("app", &fake.options(), &|_| {}).unwrap();
    assert_eq!(source.name(), "podman:app");
    let facts = &source.images(&Selection::All).unwrap().images[0].facts;
    assert_eq!(facts.digest_kind, "manifest");
}

#[test]
fn what_goes_wrong_is_said() {
    let (archive, _, id) = export();
    let described = json!({ "Id": id }).to_string().into_bytes();
    let get = format!("/images/{id}/get");
    let open = |answers: Answers| {
        let fake = Fake::start(answers);
        docker_daemon::open("x", &fake.options(), &|_| {}).err().unwrap().to_string()
    };
    let json = |body: &[u8]| ("/images/x/json".to_owned(), 200, body.to_vec(), 0);
    let cut = open(vec![json(&described), (get.clone(), 200, archive[..1000].to_vec(), 5000)]);
    assert!(cut.contains("the export of docker:x broke off after"), "{cut}");
    let refused = open(vec![json(&described), (get.clone(), 500, br#"{"message":"disk\u001b[31m"}"#.to_vec(), 0)]);
    assert!(refused.contains("500") && refused.contains("disk") && !refused.contains('\u{1b}'), "{refused}");
    let half = open(vec![json(&described), (get.clone(), 200, archive[..2000].to_vec(), 0)]);
    assert!(half.contains("the export of docker:x is not") && half.contains("cut off"), "{half}");
    assert!(open(vec![json(&described), (get, 200, Vec::new(), 0)]).contains("sent nothing"));
    for odd in [&b"{"[..], b"[]", br#"{"Id":"../x"}"#, br#"{"Id":7}"#, b"{}"] {
        let error = open(vec![json(odd)]);
        assert!(error.contains("docker:x"), "{error}");
    }
}

#[test]
fn nobody_listens() {
    let open = |options: &DaemonOptions| podman::open("x", options, &|_| {}).err().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("dead.sock");
    drop(UnixListener::bind(&socket).unwrap());
    let dead = open(&options(&format!("unix://{}", socket.display())));
    assert!(dead.contains("nobody listens there") && dead.contains("podman system service"), "{dead}");
    assert!(open(&options("unix:///no/such.sock")).contains("there is no such socket"));
    assert!(open(&options("ssh://core@host/run/podman.sock")).contains("ssh is not spoken"));
    let nowhere = DaemonOptions { host: None, runtime_dir: Some(folder.path().to_owned()), ..options("") };
    if !Path::new("/run/podman/podman.sock").exists() {
        let error = open(&nowhere);
        assert!(error.contains("podman/podman.sock: there is no such socket, /run/podman/podman.sock"), "{error}");
    }
}
