//! A registry on loopback that does as it is told: plain sockets, so that it can also break off in the middle.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

use lazaret_oci::{media_type, sha256};
use serde_json::{Value, json};

/// How the fake misbehaves, and what it saw.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) manifests: HashMap<String, (String, Vec<u8>)>,
    pub(crate) blobs: HashMap<String, Vec<u8>>,
    /// `Docker-Content-Digest` is this, whatever the bytes are.
    pub(crate) announce: Option<String>,
    /// Bytes of a blob's answer after which the connection is cut, for this many answers.
    pub(crate) cut: Option<(usize, usize)>,
    pub(crate) ignore_range: bool,
    pub(crate) wrong_range: bool,
    /// Blobs are answered with a redirect to this base address.
    pub(crate) redirect: Option<String>,
    pub(crate) auth: Auth,
    /// Tokens given out; the last is the valid one.
    pub(crate) tokens: usize,
    /// Requests that are answered with 429.
    pub(crate) busy: usize,
    /// Answer every manifest with this.
    pub(crate) refuse: Option<(u16, String)>,
    /// `METHOD path` and the authorization that came with it.
    pub(crate) log: Vec<(String, String)>,
}

#[derive(Default, PartialEq)]
pub(crate) enum Auth {
    #[default]
    None,
    Basic,
    Bearer,
}

#[derive(Clone)]
pub(crate) struct Fake {
    pub(crate) address: String,
    pub(crate) state: Arc<Mutex<State>>,
}

impl Fake {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let fake = Self { address: listener.local_addr().unwrap().to_string(), state: Arc::default() };
        let serving = fake.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let serving = serving.clone();
                thread::spawn(move || serving.answer(&stream.unwrap()));
            }
        });
        fake
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
    }

    pub(crate) fn log(&self) -> Vec<(String, String)> {
        self.state.lock().unwrap().log.clone()
    }

    pub(crate) fn blob(&self, kind: &str, bytes: &[u8]) -> Value {
        let digest = sha256(bytes).to_string();
        self.set(|state| drop(state.blobs.insert(digest.clone(), bytes.to_vec())));
        json!({ "mediaType": kind, "digest": digest, "size": bytes.len() })
    }

    pub(crate) fn manifest(&self, tag: &str, kind: &str, body: &Value) -> Value {
        let bytes = body.to_string().into_bytes();
        let digest = sha256(&bytes).to_string();
        self.set(|state| {
            state.manifests.insert(tag.to_owned(), (kind.to_owned(), bytes.clone()));
            state.manifests.insert(digest.clone(), (kind.to_owned(), bytes.clone()));
        });
        json!({ "mediaType": kind, "digest": digest, "size": bytes.len() })
    }

    /// An image of one gzip layer with a file of `size` bytes.
    pub(crate) fn image(&self, tag: &str, architecture: &str, size: usize) -> Value {
        let mut word = 0x9E37_79B9_u32;
        let mut noise = || {
            word ^= word << 13;
            word ^= word >> 17;
            word ^= word << 5;
            word.to_le_bytes()[0]
        };
        let noise: Vec<u8> = (0..size).map(|_| noise()).collect();
        let mut archive = tar::Builder::new(Vec::new());
        let mut header = tar::Header::new_gnu();
        header.set_size(size as u64);
        archive.append_data(&mut header, "noise", noise.as_slice()).unwrap();
        let plain = archive.into_inner().unwrap();
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(&plain).unwrap();
        let config = json!({ "os": "linux", "architecture": architecture,
            "rootfs": { "type": "layers", "diff_ids": [sha256(&plain)] } });
        let config = self.blob(media_type::OCI_CONFIG, config.to_string().as_bytes());
        let layer = self.blob(media_type::OCI_LAYER_GZIP, &packer.finish().unwrap());
        let body = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
        self.manifest(tag, media_type::OCI_MANIFEST, &body)
    }

    fn answer(&self, stream: &TcpStream) {
        let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
        let Some(first) = lines.next() else { return };
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap().to_owned(), words.next().unwrap().to_owned());
        let headers: HashMap<String, String> = lines
            .take_while(|line| !line.is_empty())
            .filter_map(|line| line.split_once(": ").map(|(k, v)| (k.to_ascii_lowercase(), v.to_owned())))
            .collect();
        let authorization = headers.get("authorization").cloned().unwrap_or_default();
        let mut state = self.state.lock().unwrap();
        state.log.push((format!("{method} {path}"), authorization.clone()));
        let (status, extra, body, keep) = respond(&mut state, &self.address, &path, &headers, &authorization);
        drop(state);
        let mut stream = stream;
        let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n{extra}\r\n", body.len());
        // A client that went away is no fault of the fake.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(&body[..keep.min(body.len())]));
    }
}

type Answer = (u16, String, Vec<u8>, usize);

fn respond(
    state: &mut State,
    address: &str,
    path: &str,
    headers: &HashMap<String, String>,
    authorization: &str,
) -> Answer {
    let plain = |status: u16, body: &str| (status, String::new(), body.as_bytes().to_vec(), usize::MAX);
    if path.starts_with("/token") {
        state.tokens += 1;
        return plain(200, &format!(r#"{{"token":"t{}","expires_in":60}}"#, state.tokens));
    }
    let allowed = match state.auth {
        Auth::None => true,
        Auth::Basic => authorization == "Basic aWQ6c2VjcmV0",
        Auth::Bearer => authorization == format!("Bearer t{}", state.tokens),
    };
    if !allowed {
        let challenge = match state.auth {
            Auth::Basic => "Basic realm=\"fake\"".to_owned(),
            _ => format!("Bearer realm=\"http://{address}/token\",service=\"fake\",scope=\"repository:team/app:pull\""),
        };
        let body = br#"{"errors":[{"code":"UNAUTHORIZED","message":"who are you"}]}"#.to_vec();
        return (401, format!("WWW-Authenticate: {challenge}\r\n"), body, usize::MAX);
    }
    if state.busy > 0 {
        state.busy -= 1;
        return (429, "Retry-After: 0\r\n".to_owned(), Vec::new(), usize::MAX);
    }
    if path == "/v2/" {
        return plain(200, "{}");
    }
    if let Some(name) = path.strip_prefix("/v2/team/app/manifests/") {
        if let Some((status, body)) = &state.refuse {
            return plain(*status, body);
        }
        let Some((kind, bytes)) = state.manifests.get(name) else {
            return plain(404, r#"{"errors":[{"code":"MANIFEST_UNKNOWN"}]}"#);
        };
        let digest = state.announce.clone().unwrap_or_else(|| sha256(bytes).to_string());
        let extra = format!("Content-Type: {kind}; charset=utf-8\r\nDocker-Content-Digest: {digest}\r\n");
        return (200, extra, bytes.clone(), usize::MAX);
    }
    let Some(digest) = path.strip_prefix("/v2/team/app/blobs/").or_else(|| path.strip_prefix("/elsewhere/")) else {
        return plain(404, "");
    };
    if let Some(base) = &state.redirect {
        return (307, format!("Location: {base}/elsewhere/{digest}\r\n"), Vec::new(), usize::MAX);
    }
    let Some(bytes) = state.blobs.get(digest).cloned() else {
        return plain(404, r#"{"errors":[{"code":"BLOB_UNKNOWN"}]}"#);
    };
    let mut keep = usize::MAX;
    // Small ones are configurations.
    if let Some((at, left)) = &mut state.cut
        && *left > 0
        && bytes.len() > 10_000
    {
        (keep, *left) = (*at, *left - 1);
    }
    let from = headers.get("range").and_then(|r| r.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match from.filter(|_| !state.ignore_range) {
        Some(from) => {
            let claimed = if state.wrong_range { from + 1 } else { from };
            let extra = format!("Content-Range: bytes {claimed}-{}/{}\r\n", bytes.len() - 1, bytes.len());
            (206, extra, bytes[from..].to_vec(), keep)
        }
        None => (200, String::new(), bytes, keep),
    }
}
