//! gRPC over a unix socket, as much of it as is needed: one request, a stream of answers, a status
//! (<https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md>).

use std::{
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::{RecvStream, client::SendRequest};
use http::{HeaderMap, Request};
use lazaret_oci::SourceError;
use prost::Message;
use tokio::{net::UnixStream, runtime::Runtime, time::timeout};

use crate::words::{chain, printable};

/// How long containerd may be silent.
const SILENCE: Duration = Duration::from_secs(30);
/// Bytes of one message; containerd sends 16 MiB at most.
const MAX_MESSAGE: usize = 17 << 20;
/// Bytes that may be on their way.
const WINDOW: u32 = 4 << 20;
/// "Not found" of gRPC.
const NOT_FOUND: u32 = 5;

/// A connection with a thread-less runtime of its own: it moves while somebody waits for an answer.
pub(super) struct Channel {
    runtime: Runtime,
    send: SendRequest<Bytes>,
    namespace: String,
    socket: PathBuf,
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Channel({}, {})", self.socket.display(), self.namespace)
    }
}

/// Messages that are still to come.
pub(super) struct Answers {
    body: RecvStream,
    /// Bytes that came and are no whole message yet.
    rest: BytesMut,
    /// The status when it came before everything else.
    early: Option<HeaderMap>,
}

impl Channel {
    pub(super) fn connect(socket: &Path, namespace: &str) -> Result<Self, SourceError> {
        let failed = |reason: String| unreachable(socket, reason);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| failed(format!("no runtime: {e}")))?;
        let send = runtime.block_on(async {
            let stream = UnixStream::connect(socket).await.map_err(|e| failed(e.to_string()))?;
            let mut builder = h2::client::Builder::new();
            builder.initial_window_size(WINDOW).initial_connection_window_size(WINDOW).max_frame_size(1 << 20);
            let (send, connection) = timeout(SILENCE, builder.handshake(stream))
                .await
                .map_err(|_| failed("it does not answer".to_owned()))?
                .map_err(|e| failed(chain(&e)))?;
            // Its end is seen by whoever waits for an answer.
            tokio::spawn(async { drop(connection.await) });
            Ok(send)
        })?;
        Ok(Self { runtime, send, namespace: namespace.to_owned(), socket: socket.to_owned() })
    }

    /// For people.
    pub(super) fn place(&self) -> String {
        format!("containerd at {}, namespace {}", self.socket.display(), self.namespace)
    }

    /// A connection of its own to the same place.
    pub(super) fn another(&self) -> Result<Self, SourceError> {
        Self::connect(&self.socket, &self.namespace)
    }

    /// One message for one message; `None` when there is no such thing.
    pub(super) fn call<T: Message + Default>(
        &self,
        method: &str,
        request: &impl Message,
    ) -> Result<Option<T>, SourceError> {
        let Some(mut answers) = self.stream(method, request)? else { return Ok(None) };
        self.next(method, &mut answers)
    }

    /// Sends a request; `None` when what it asks for does not exist and that is known at once.
    pub(super) fn stream(&self, method: &str, request: &impl Message) -> Result<Option<Answers>, SourceError> {
        let mut frame = BytesMut::with_capacity(5 + request.encoded_len());
        frame.put_u8(0);
        let length = u32::try_from(request.encoded_len()).map_err(|_| self.refused(method, "request too long"))?;
        frame.put_u32(length);
        request.encode(&mut frame).map_err(|e| self.refused(method, &e.to_string()))?;
        let head = Request::post(format!("http://localhost{method}"))
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("containerd-namespace", &self.namespace)
            .body(())
            .map_err(|e| self.refused(method, &e.to_string()))?;
        let work = async {
            let mut send = self.send.clone().ready().await?;
            let (answer, mut body) = send.send_request(head, false)?;
            body.send_data(frame.freeze(), true)?;
            answer.await
        };
        let answer = self.wait(work)?;
        if answer.status() != 200 {
            return Err(self.refused(method, &format!("it answers {}", answer.status())));
        }
        let (head, body) = answer.into_parts();
        let early = head.headers.contains_key("grpc-status").then_some(head.headers);
        if early.is_some() && body.is_end_stream() && !self.succeeded(method, early.as_ref())? {
            return Ok(None);
        }
        Ok(Some(Answers { body, rest: BytesMut::new(), early }))
    }

    /// The next message; `None` after the last, or when what was asked for does not exist.
    pub(super) fn next<T: Message + Default>(
        &self,
        method: &str,
        answers: &mut Answers,
    ) -> Result<Option<T>, SourceError> {
        loop {
            if let Some(message) = take_frame(&mut answers.rest).map_err(|why| self.refused(method, why))? {
                return T::decode(message).map(Some).map_err(|e| self.refused(method, &e.to_string()));
            }
            let more = self.wait(async { answers.body.data().await.transpose() })?;
            let Some(more) = more else { break };
            // What is given back is what may come next.
            let _ = answers.body.flow_control().release_capacity(more.len());
            answers.rest.extend_from_slice(&more);
        }
        if answers.rest.has_remaining() {
            return Err(self.refused(method, "its answer is cut off"));
        }
        let trailers = self.wait(async { answers.body.trailers().await })?;
        self.succeeded(method, trailers.as_ref().or(answers.early.as_ref()))?;
        Ok(None)
    }

    fn wait<T>(&self, work: impl Future<Output = Result<T, h2::Error>>) -> Result<T, SourceError> {
        // Inside: a time-out needs the runtime.
        match self.runtime.block_on(async { timeout(SILENCE, work).await }) {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(unreachable(&self.socket, chain(&error))),
            Err(_) => Err(unreachable(&self.socket, format!("silent for {} seconds", SILENCE.as_secs()))),
        }
    }

    /// False: there is no such thing.
    fn succeeded(&self, method: &str, trailers: Option<&HeaderMap>) -> Result<bool, SourceError> {
        let field = |name: &str| trailers.and_then(|t| t.get(name)?.to_str().ok());
        match field("grpc-status").and_then(|text| text.parse().ok()) {
            Some(0) => Ok(true),
            Some(NOT_FOUND) => Ok(false),
            Some(code) => {
                let said = field("grpc-message").map(unescape).unwrap_or_default();
                Err(self.refused(method, &format!("{said} (gRPC status {code})")))
            }
            None => Err(self.refused(method, "it ended without a status")),
        }
    }

    fn refused(&self, method: &str, reason: &str) -> SourceError {
        let what = format!("{} ({})", self.place(), method.trim_start_matches("/containerd.services."));
        SourceError::Refused { what, reason: printable(reason) }
    }
}

fn unreachable(socket: &Path, reason: String) -> SourceError {
    SourceError::Unreachable { what: format!("containerd at {}", socket.display()), reason }
}

/// A whole message from the front of what came.
fn take_frame(bytes: &mut BytesMut) -> Result<Option<Bytes>, &'static str> {
    let [compressed, a, b, c, d, ..] = **bytes else { return Ok(None) };
    let length = usize::try_from(u32::from_be_bytes([a, b, c, d])).unwrap_or(usize::MAX);
    if compressed != 0 {
        return Err("a message is compressed, which was not asked for");
    }
    if length > MAX_MESSAGE {
        return Err("a message is longer than any that containerd sends");
    }
    if bytes.len() < 5 + length {
        return Ok(None);
    }
    bytes.advance(5);
    Ok(Some(bytes.split_to(length).freeze()))
}

/// `grpc-message` is percent-encoded.
fn unescape(text: &str) -> String {
    let (bytes, mut out, mut at) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while let Some(byte) = bytes.get(at) {
        let hex = (*byte == b'%')
            .then(|| text.get(at + 1..at + 3))
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        out.push(hex.unwrap_or(*byte));
        at += if hex.is_some() { 3 } else { 1 };
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames() {
        let mut bytes = BytesMut::from(&[0, 0, 0, 0, 2, 7, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1][..]);
        assert_eq!(take_frame(&mut bytes).unwrap().unwrap(), &[7, 8][..]);
        assert_eq!(take_frame(&mut bytes).unwrap().unwrap(), &[][..]);
        assert_eq!(take_frame(&mut bytes).unwrap(), None);
        assert_eq!(bytes, &[0, 0, 0, 0, 3, 1][..]);
        assert!(take_frame(&mut BytesMut::from(&[1, 0, 0, 0, 0][..])).is_err());
        assert!(take_frame(&mut BytesMut::from(&[0, 0xff, 0, 0, 0][..])).is_err());
        assert_eq!(take_frame(&mut BytesMut::from(&[0, 0, 0][..])), Ok(None));
    }

    #[test]
    fn messages_of_a_status() {
        assert_eq!(unescape("a%20b%"), "a b%");
        assert_eq!(unescape("%zz%C3%A9%e"), "%zzé%e");
    }
}
