//! A content store behind gRPC, with fault switches. Messages are written by hand, so that a wrong field number in the
//! client cannot be shared.

use std::{
    collections::HashMap,
    io::Read,
    path::PathBuf,
    sync::{Arc, Mutex},
    thread,
};

use bytes::{BufMut, Bytes, BytesMut};
use h2::server::SendResponse;
use http::{HeaderMap, Request, Response};
use lazaret_model::Platform;
use lazaret_oci::{Selection, Source, SourceError, media_type, sha256};
use lazaret_source::{ContainerdOptions, ContainerdSource};
use serde_json::{Value, json};

#[derive(Default)]
struct Store {
    /// Namespace and name, to media type, digest and size.
    images: HashMap<(String, String), (String, String, usize)>,
    content: HashMap<String, Vec<u8>>,
    /// Answers to `Read` begin at this offset.
    wrong_offset: u64,
    /// A piece of an answer to `Read`, in place of what is right.
    raw: Option<Vec<u8>>,
    /// Status of every call, with a message.
    refuse: Option<(u32, &'static str)>,
    calls: Vec<String>,
}

struct Fake {
    socket: PathBuf,
    store: Arc<Mutex<Store>>,
    _folder: tempfile::TempDir,
}

impl Fake {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("containerd.sock");
        let store: Arc<Mutex<Store>> = Arc::default();
        let (path, serving) = (socket.clone(), Arc::clone(&store));
        let (ready, wait) = std::sync::mpsc::channel();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let listener = tokio::net::UnixListener::bind(path).unwrap();
                ready.send(()).unwrap();
                loop {
                    let (stream, _) = listener.accept().await.unwrap();
                    let serving = Arc::clone(&serving);
                    tokio::spawn(async move {
                        // Who only looks whether somebody listens says nothing.
                        let Ok(mut connection) = h2::server::handshake(stream).await else { return };
                        while let Some(Ok((request, respond))) = connection.accept().await {
                            tokio::spawn(answer(request, respond, Arc::clone(&serving)));
                        }
                    });
                }
            });
        });
        wait.recv().unwrap();
        Self { socket, store, _folder: folder }
    }

    fn set(&self, change: impl FnOnce(&mut Store)) {
        change(&mut self.store.lock().unwrap());
    }

    fn put(&self, kind: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes).to_string();
        self.set(|store| drop(store.content.insert(digest.clone(), bytes.to_vec())));
        json!({ "mediaType": kind, "digest": digest, "size": bytes.len() })
    }

    fn image(&self, architecture: &str, layer: &[u8]) -> Value {
        let config = json!({ "os": "linux", "architecture": architecture,
            "rootfs": { "type": "layers", "diff_ids": [sha256(layer)] } });
        let config = self.put(media_type::OCI_CONFIG, config.to_string().as_bytes());
        let layer = self.put(media_type::OCI_LAYER, layer);
        let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
        let mut descriptor = self.put(media_type::OCI_MANIFEST, manifest.to_string().as_bytes());
        descriptor["platform"] = json!({ "os": "linux", "architecture": architecture });
        descriptor
    }

    fn name(&self, namespace: &str, name: &str, target: &Value) {
        let text = |key: &str| target[key].as_str().unwrap().to_owned();
        let size = usize::try_from(target["size"].as_u64().unwrap()).unwrap();
        let target = (text("mediaType"), text("digest"), size);
        self.set(|store| drop(store.images.insert((namespace.to_owned(), name.to_owned()), target)));
    }

    fn open(&self, image: &str) -> Result<ContainerdSource, SourceError> {
        let address = Some(format!("unix://{}", self.socket.display()));
        ContainerdSource::open(image, &ContainerdOptions { address, namespace: None })
    }

    fn layer(&self, image: &str) -> Result<Vec<u8>, String> {
        let source = self.open(image).unwrap();
        let found = source.images(&Selection::All).unwrap();
        let mut bytes = Vec::new();
        let mut reader = source.open_layer(&found.images[0], 0).map_err(|e| e.to_string())?;
        reader.read_to_end(&mut bytes).map_err(|e| e.to_string())?;
        Ok(bytes)
    }
}

async fn answer(request: Request<h2::RecvStream>, mut respond: SendResponse<Bytes>, store: Arc<Mutex<Store>>) {
    let (head, mut body) = request.into_parts();
    let mut bytes = Vec::new();
    while let Some(Ok(piece)) = body.data().await {
        let _ = body.flow_control().release_capacity(piece.len());
        bytes.extend_from_slice(&piece);
    }
    // One field, the first, is what every request here says.
    let asked = String::from_utf8(bytes.get(7..).unwrap_or_default().to_vec()).unwrap_or_default();
    let namespace = head.headers["containerd-namespace"].to_str().unwrap().to_owned();
    let method = head.uri.path().rsplit('/').next().unwrap().to_owned();
    let (status, pieces) = {
        let mut store = store.lock().unwrap();
        store.calls.push(format!("{method} {namespace} {asked}"));
        match store.refuse {
            Some((code, _)) => (code, Vec::new()),
            None => store.answer(&method, &namespace, &asked),
        }
    };
    let message = store.lock().unwrap().refuse.map(|(_, message)| message);
    let mut response = Response::builder().header("content-type", "application/grpc");
    if pieces.is_empty() && status != 0 {
        // As grpc-go does: the status with the head.
        response = response.header("grpc-status", status).header("grpc-message", message.unwrap_or("x"));
        respond.send_response(response.body(()).unwrap(), true).unwrap();
        return;
    }
    let mut stream = respond.send_response(response.body(()).unwrap(), false).unwrap();
    for piece in pieces {
        let mut frame = BytesMut::new();
        frame.put_u8(0);
        frame.put_u32(u32::try_from(piece.len()).unwrap());
        frame.extend_from_slice(&piece);
        stream.send_data(frame.freeze(), false).unwrap();
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", status.into());
    stream.send_trailers(trailers).unwrap();
}

impl Store {
    fn answer(&self, method: &str, namespace: &str, asked: &str) -> (u32, Vec<Vec<u8>>) {
        match method {
            "Get" => match self.images.get(&(namespace.to_owned(), asked.to_owned())) {
                Some(target) => (0, vec![field(1, &image(asked, target))]),
                None => (5, Vec::new()),
            },
            "List" => {
                let of = self.images.iter().filter(|((space, _), _)| space == namespace);
                (0, vec![of.flat_map(|((_, name), target)| field(1, &image(name, target))).collect()])
            }
            "Info" if self.content.contains_key(asked) => (0, vec![field(1, &field(1, asked.as_bytes()))]),
            "Read" if self.raw.is_some() => (0, self.raw.iter().cloned().collect()),
            "Read" => {
                let Some(bytes) = self.content.get(asked) else { return (5, Vec::new()) };
                let mut at = self.wrong_offset;
                let pieces = bytes.chunks(100_000).map(|piece| {
                    let message = [number(1, at), field(2, piece)].concat();
                    at += piece.len() as u64;
                    message
                });
                (0, pieces.collect())
            }
            _ => (5, Vec::new()),
        }
    }
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while value >= 0x80 {
        out.push(u8::try_from(value & 0x7f).unwrap() | 0x80);
        value >>= 7;
    }
    out.push(u8::try_from(value).unwrap());
    out
}

fn number(tag: u64, value: u64) -> Vec<u8> {
    [varint(tag << 3), varint(value)].concat()
}

fn field(tag: u64, bytes: &[u8]) -> Vec<u8> {
    [varint(tag << 3 | 2), varint(bytes.len() as u64), bytes.to_vec()].concat()
}

/// With labels, an annotation and times, which the client skips.
fn image(name: &str, (kind, digest, size): &(String, String, usize)) -> Vec<u8> {
    let label = [field(1, b"k"), field(2, b"v")].concat();
    let target =
        [field(1, kind.as_bytes()), field(2, digest.as_bytes()), number(3, *size as u64), field(5, &label)].concat();
    [field(1, name.as_bytes()), field(2, &label), field(3, &target), field(7, &number(1, 9))].concat()
}

fn layer(seed: u8) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(3_000_000);
    archive.append_data(&mut header, "big", std::io::repeat(seed).take(3_000_000)).unwrap();
    archive.into_inner().unwrap()
}

#[test]
fn content_streams_out_of_the_store() {
    let fake = Fake::start();
    let bytes = layer(1);
    let manifest = fake.image("amd64", &bytes);
    fake.name("k8s.io", "docker.io/library/app:latest", &manifest);
    let source = fake.open("app").unwrap();
    assert_eq!(source.name(), "containerd:app");
    let found = source.images(&Selection::All).unwrap();
    assert_eq!((found.index, found.problems), (None, Vec::new()));
    let facts = &found.images[0].facts;
    assert_eq!(
        (&facts.digest.to_string(), facts.digest_kind.as_str()),
        (&manifest["digest"].as_str().unwrap().to_owned(), "manifest")
    );
    assert_eq!(fake.layer("docker.io/library/app:latest").unwrap(), bytes);
    let calls = fake.store.lock().unwrap().calls[..4].to_vec();
    let wanted = ["default app", "default docker.io/library/app:latest"].map(|name| format!("Get {name}"));
    assert_eq!(calls[..2], wanted);
    assert!(calls[2].starts_with("List default"), "{calls:?}");

    let error = fake.open("other").unwrap_err().to_string();
    assert!(error.contains("image other is not in containerd") && error.contains("no images"), "{error}");
    assert!(error.contains("namespace k8s.io: docker.io/library/app:latest"), "{error}");
}

#[test]
fn of_an_index_what_is_here_is_looked_at() {
    let fake = Fake::start();
    let (amd, arm) = (fake.image("amd64", &layer(1)), fake.image("arm64", &layer(2)));
    let index = json!({ "schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": [amd, arm] });
    let index = fake.put(media_type::OCI_INDEX, index.to_string().as_bytes());
    fake.name("default", "app", &index);
    let images = |selection: &Selection| fake.open("app").unwrap().images(selection);
    assert_eq!(images(&Selection::All).unwrap().images.len(), 2);
    let of_arm = arm["digest"].as_str().unwrap();
    fake.set(|store| drop(store.content.remove(of_arm)));
    let found = images(&Selection::All).unwrap();
    assert_eq!((found.images.len(), found.problems.len()), (1, 0));
    assert_eq!(found.index.unwrap().to_string(), index["digest"].as_str().unwrap());
    let arm64 = Selection::Platform(Platform::parse("linux/arm64").unwrap());
    assert!(matches!(images(&arm64), Err(SourceError::NoPlatform { .. })));
    // Nothing of it: then it is said.
    let of_amd = amd["digest"].as_str().unwrap();
    fake.set(|store| drop(store.content.remove(of_amd)));
    let error = images(&Selection::All).unwrap_err().to_string();
    assert!(error.contains("is not there"), "{error}");
}

#[test]
fn what_goes_wrong_is_said() {
    let fake = Fake::start();
    let bytes = layer(1);
    let manifest = fake.image("amd64", &bytes);
    fake.name("default", "app", &manifest);
    let digest = sha256(&bytes).to_string();
    fake.set(|store| drop(store.content.remove(&digest)));
    assert!(fake.layer("app").unwrap_err().contains("discard_unpacked_layers"));
    fake.set(|store| drop(store.content.insert(digest, bytes)));
    assert!(fake.layer("app").is_ok());

    let document = |change: &dyn Fn(&mut Store)| {
        let source = fake.open("app").unwrap();
        fake.set(|store| change(store));
        let error = source.images(&Selection::All).unwrap_err();
        fake.set(|store| (store.wrong_offset, store.raw, store.refuse) = (0, None, None));
        error.to_string()
    };
    let changed = document(&|store| store.content.values_mut().for_each(|bytes| bytes[0] ^= 1));
    assert!(changed.contains("it is damaged or was changed"), "{changed}");
    fake.set(|store| store.content.values_mut().for_each(|bytes| bytes[0] ^= 1));
    assert!(document(&|store| store.wrong_offset = 7).contains("from 7 on, not from 0"));
    assert!(document(&|store| store.raw = Some(vec![0xff; 9])).contains("content.v1.Content/Read"));
    assert!(document(&|store| store.raw = Some(field(2, &[7; 100]))).contains("damaged"));
    let refused = document(&|store| store.refuse = Some((7, "no%20entry%1b[31m")));
    assert!(
        refused.contains("no entry") && refused.contains("gRPC status 7") && !refused.contains('\u{1b}'),
        "{refused}"
    );

    let nowhere = ContainerdOptions { address: Some("/no/such.sock".to_owned()), namespace: None };
    let error = ContainerdSource::open("app", &nowhere).unwrap_err().to_string();
    assert!(error.contains("/no/such.sock: there is no such socket"), "{error}");
}
