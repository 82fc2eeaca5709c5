//! An HTTP server for one mirror directory on loopback: entity tags, ranges, and cuts on demand.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use sha2::{Digest, Sha256};

#[derive(Default)]
struct State {
    /// The next answer with a body for a path that ends so is cut after so many bytes.
    cuts: Vec<(String, usize)>,
    log: Vec<Seen>,
}

/// What was answered.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub path: String,
    pub status: u16,
    pub sent: usize,
}

pub(crate) struct Server {
    pub url: url::Url,
    state: Arc<Mutex<State>>,
}

impl Server {
    pub(crate) fn start(dir: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = url::Url::parse(&format!("http://{}/mirror", listener.local_addr().unwrap())).unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, dir) = (state.clone(), dir.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, dir) = (shared.clone(), dir.clone());
                std::thread::spawn(move || answer(&stream, &state, &dir));
            }
        });
        Self { url, state }
    }

    pub(crate) fn cut(&self, suffix: &str, after: usize) {
        self.state.lock().unwrap().cuts.push((suffix.to_owned(), after));
    }

    pub(crate) fn take_log(&self) -> Vec<Seen> {
        std::mem::take(&mut self.state.lock().unwrap().log)
    }
}

/// One request per connection.
fn answer(stream: &TcpStream, state: &Mutex<State>, dir: &Path) -> Option<()> {
    let mut lines = BufReader::new(stream).lines().map_while(Result::ok);
    let path = lines.next()?.split(' ').nth(1)?.to_owned();
    let headers: Vec<(String, String)> = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(':').map(|(k, v)| (k.to_ascii_lowercase(), v.trim().to_owned())))
        .collect();
    let header = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone());
    let file: PathBuf = dir.join(path.strip_prefix("/mirror/")?);
    let (status, extra, body) = match std::fs::read(&file) {
        Err(_) => (404, String::new(), Vec::new()),
        Ok(bytes) => {
            let etag = format!("\"{}\"", hex::encode(&Sha256::digest(&bytes)[..8]));
            let tag = format!("ETag: {etag}\r\n");
            let range = header("range").filter(|_| header("if-range").as_ref() == Some(&etag));
            let start = range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
            match start {
                _ if header("if-none-match").as_ref() == Some(&etag) => (304, tag, Vec::new()),
                Some(start) if start >= bytes.len() => (416, tag, Vec::new()),
                Some(start) => {
                    let range = format!("Content-Range: bytes {start}-{}/{}\r\n", bytes.len() - 1, bytes.len());
                    (206, tag + &range, bytes[start..].to_vec())
                }
                None => (200, tag, bytes),
            }
        }
    };
    let mut sent = body.len();
    {
        let mut state = state.lock().unwrap();
        if let Some(at) = state.cuts.iter().position(|(suffix, _)| path.ends_with(suffix.as_str()) && !body.is_empty())
        {
            sent = state.cuts.remove(at).1.min(sent);
        }
        state.log.push(Seen { path, status, sent });
    }
    let mut stream = stream;
    write!(stream, "HTTP/1.1 {status} X\r\nConnection: close\r\n{extra}Content-Length: {}\r\n\r\n", body.len()).ok()?;
    stream.write_all(&body[..sent]).ok()?;
    stream.flush().ok()
}
