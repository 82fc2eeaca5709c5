//! Requests to one repository, with what the registry wants to see first.

use std::{
    io::{self, Read},
    net::IpAddr,
    sync::{Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use lazaret_model::{Digest, Reference, Repository};
use lazaret_oci::{SourceError, media_type};
use reqwest::{
    StatusCode,
    blocking::{RequestBuilder, Response},
    header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RANGE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use url::Url;

use super::{
    RegistryOptions,
    auth::{self, Challenge, TokenAnswer},
    refusal,
};
use crate::words::chain;

/// Answers "busy" after which it is given up, and how long is waited for the next at most.
const MAX_WAITS: u32 = 3;
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Bytes of a token endpoint's answer.
const MAX_TOKEN: usize = 1 << 20;
/// How long a document may take to arrive: they are small.
const MAX_DOCUMENT_TIME: Duration = Duration::from_secs(15);

pub(super) struct Client {
    http: reqwest::blocking::Client,
    /// `http://host:port`.
    base: String,
    host: String,
    repository: Repository,
    credentials: Option<(String, String)>,
    /// Bytes of a document in memory.
    document_bytes: u64,
    /// The value of `Authorization` that worked last.
    authorization: Mutex<Option<String>>,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // No credentials, no tokens.
        f.debug_struct("Client").field("base", &self.base).field("repository", &self.repository).finish_non_exhaustive()
    }
}

/// A manifest as it was answered.
pub(super) struct ManifestAnswer {
    pub(super) bytes: Vec<u8>,
    pub(super) media_type: String,
    /// `Docker-Content-Digest`.
    pub(super) digest: Option<Digest>,
}

impl Client {
    pub(super) fn new(reference: &Reference, options: RegistryOptions) -> Result<Self, SourceError> {
        let (mut host, mut repository) = (reference.registry.clone(), reference.repository.clone());
        // Docker Hub's name is not the name of its registry, and its own images have a hidden prefix.
        if host == "docker.io" || host == "index.docker.io" {
            "registry-1.docker.io".clone_into(&mut host);
            if !repository.as_str().contains('/') {
                repository = Repository::parse(&format!("library/{repository}")).unwrap_or(repository);
            }
        }
        let scheme = if options.plain_http || is_loopback(&host) { "http" } else { "https" };
        let base = format!("{scheme}://{host}");
        let valid = Url::parse(&base).is_ok_and(|url| url.username().is_empty() && matches!(url.path(), "" | "/"));
        if !valid {
            let reason = "it is not a host name with an optional port".to_owned();
            return Err(SourceError::NotThis { what: host, kind: "a registry", reason });
        }
        Ok(Self {
            http: options.client,
            base,
            host,
            repository,
            credentials: options.credentials,
            document_bytes: options.limits.document_bytes,
            authorization: Mutex::new(None),
        })
    }

    fn url(&self, what: &str, name: &str) -> String {
        format!("{}/v2/{}/{what}/{name}", self.base, self.repository)
    }

    /// Whether there is a registry, and what it wants. What it wants is got now if it can be.
    pub(super) fn ping(&self) -> Result<(), SourceError> {
        let answer = self.once(self.http.get(format!("{}/v2/", self.base)), None)?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => {
                // Without credentials: some registries want them here and yet give images to everybody.
                if let Some(challenge) = self.usable_challenge(&answer) {
                    self.authorise(&challenge)?;
                }
                Ok(())
            }
            status if status.is_success() => Ok(()),
            status if status.is_server_error() => Err(self.refused("/v2/", answer)),
            status => {
                let reason = format!("it answers {status} to /v2/");
                Err(SourceError::NotThis { what: self.host.clone(), kind: "a container registry", reason })
            }
        }
    }

    pub(super) fn manifest(&self, name: &str, limit: usize) -> Result<ManifestAnswer, SourceError> {
        let what = format!("manifest {name} of {}/{}", self.host, self.repository);
        let accept = media_type::ACCEPTED_MANIFESTS.join(", ");
        let answer = self.send(&what, || self.http.get(self.url("manifests", name)).header(ACCEPT, &accept))?;
        if answer.status() != StatusCode::OK {
            return Err(self.refused(&what, answer));
        }
        let header = |name: &str| answer.headers().get(name).and_then(|v| v.to_str().ok()).map(str::to_owned);
        let media_type = header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let digest = header("docker-content-digest").and_then(|d| Digest::parse(&d).ok());
        let bytes = self.body(&what, answer, limit)?;
        Ok(ManifestAnswer { bytes, media_type, digest })
    }

    /// A blob that fits in memory.
    pub(super) fn small_blob(&self, digest: &Digest, limit: usize) -> Result<Vec<u8>, SourceError> {
        let what = self.blob_name(digest);
        let answer = self.send(&what, || self.http.get(self.url("blobs", &digest.to_string())))?;
        if answer.status() != StatusCode::OK {
            return Err(self.refused(&what, answer));
        }
        self.body(&what, answer, limit)
    }

    /// A blob's bytes from `offset` on; the answer is 200 (from the start) or 206.
    pub(super) fn blob(&self, digest: &Digest, offset: u64) -> Result<Response, SourceError> {
        let what = self.blob_name(digest);
        let answer = self.send(&what, || {
            let request = self.http.get(self.url("blobs", &digest.to_string()));
            if offset > 0 { request.header(RANGE, format!("bytes={offset}-")) } else { request }
        })?;
        let wanted = if offset > 0 { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        if answer.status() == wanted || answer.status() == StatusCode::OK {
            return Ok(answer);
        }
        Err(self.refused(&what, answer))
    }

    pub(super) fn blob_name(&self, digest: &Digest) -> String {
        format!("blob {digest} of {}/{}", self.host, self.repository)
    }

    fn body(&self, what: &str, answer: Response, limit: usize) -> Result<Vec<u8>, SourceError> {
        let limit = limit.min(usize::try_from(self.document_bytes).unwrap_or(limit));
        match read_document(answer, limit, MAX_DOCUMENT_TIME) {
            Ok(bytes) if bytes.len() > limit => {
                Err(SourceError::TooLarge { what: what.to_owned(), limit: limit as u64 })
            }
            Ok(bytes) => Ok(bytes),
            Err(error) => Err(SourceError::Unreachable { what: self.host.clone(), reason: chain(&error) }),
        }
    }

    /// Sends; to a registry that is busy, a few times.
    fn send(&self, what: &str, request: impl Fn() -> RequestBuilder) -> Result<Response, SourceError> {
        let mut waits = 0;
        loop {
            let answer = self.send_authorised(what, &request)?;
            let busy = matches!(answer.status(), StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE);
            if !busy || waits == MAX_WAITS {
                return Ok(answer);
            }
            waits += 1;
            let asked = answer.headers().get(RETRY_AFTER).and_then(|v| v.to_str().ok()?.parse().ok());
            thread::sleep(asked.map_or(Duration::from_millis(300) * waits, Duration::from_secs).min(LONGEST_WAIT));
        }
    }

    /// Sends with what is known; when that is refused, once more with what the refusal asks for.
    fn send_authorised(&self, what: &str, request: &impl Fn() -> RequestBuilder) -> Result<Response, SourceError> {
        let known = self.authorization.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = self.once(request(), known.as_deref())?;
        if answer.status() != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let Some(challenge) = self.usable_challenge(&answer) else {
            let hint = if self.credentials.is_none() { "; it wants an id and a secret" } else { "" };
            let reason = refusal::describe(answer.status(), answer);
            return Err(SourceError::Refused { what: what.to_owned(), reason: format!("{reason}{hint}") });
        };
        let authorization = self.authorise(&challenge)?;
        self.once(request(), Some(&authorization))
    }

    fn once(&self, request: RequestBuilder, authorization: Option<&str>) -> Result<Response, SourceError> {
        let request = match authorization {
            Some(value) => request.header(AUTHORIZATION, value),
            None => request,
        };
        request.send().map_err(|error| {
            let hint = if error.is_connect() && self.base.starts_with("https:") {
                " (if it speaks plain HTTP, say so)"
            } else {
                ""
            };
            SourceError::Unreachable { what: self.host.clone(), reason: format!("{}{hint}", chain(&error)) }
        })
    }

    /// Bearer before Basic; Basic only with credentials.
    fn usable_challenge(&self, answer: &Response) -> Option<Challenge> {
        let headers = answer.headers().get_all(WWW_AUTHENTICATE);
        let all: Vec<_> = headers.iter().filter_map(|v| v.to_str().ok()).flat_map(auth::challenges).collect();
        let of = |scheme: &str| all.iter().find(|c| c.scheme == scheme);
        of("bearer").or_else(|| of("basic").filter(|_| self.credentials.is_some())).cloned()
    }

    fn authorise(&self, challenge: &Challenge) -> Result<String, SourceError> {
        let value = match (&self.credentials, challenge.scheme.as_str()) {
            (Some(credentials), "basic") => auth::basic(credentials),
            _ => self.token(challenge)?,
        };
        *self.authorization.lock().unwrap_or_else(PoisonError::into_inner) = Some(value.clone());
        Ok(value)
    }

    fn token(&self, challenge: &Challenge) -> Result<String, SourceError> {
        let what = format!("token endpoint of {}", self.host);
        let refuse = |reason: String| SourceError::Refused { what: what.clone(), reason };
        let realm = challenge.parameter("realm").unwrap_or_default();
        let mut url = Url::parse(realm).map_err(|_| refuse(format!("its address {realm:?} is not a URL")))?;
        // A secret that goes to the registry under TLS must not leave it in the clear.
        let host = url.host_str().unwrap_or_default();
        if url.scheme() != "https" && !(url.scheme() == "http" && (self.base.starts_with("http:") || is_loopback(host)))
        {
            return Err(refuse(format!("its address {realm:?} is not safe: https is needed")));
        }
        let scope = format!("repository:{}:pull", self.repository);
        {
            let mut query = url.query_pairs_mut();
            if let Some(service) = challenge.parameter("service") {
                query.append_pair("service", service);
            }
            query.append_pair("scope", challenge.parameter("scope").unwrap_or(&scope));
        }
        let basic = self.credentials.as_ref().map(auth::basic);
        let answer = self.once(self.http.get(url), basic.as_deref())?;
        if answer.status() != StatusCode::OK {
            return Err(refuse(refusal::describe(answer.status(), answer)));
        }
        let bytes = read_document(answer, MAX_TOKEN, MAX_DOCUMENT_TIME).map_err(|error| refuse(chain(&error)))?;
        let token: TokenAnswer =
            serde_json::from_slice(&bytes).map_err(|error| refuse(format!("its answer is not a token: {error}")))?;
        token.header().ok_or_else(|| refuse("its answer has no token".to_owned()))
    }

    fn refused(&self, what: &str, answer: Response) -> SourceError {
        let status = answer.status();
        if status == StatusCode::NOT_FOUND {
            return SourceError::Missing { what: what.to_owned(), place: self.host.clone() };
        }
        SourceError::Refused { what: what.to_owned(), reason: refusal::describe(status, answer) }
    }
}

/// At most one byte more than the limit, in the time that is given.
fn read_document(mut from: impl Read, limit: usize, time: Duration) -> io::Result<Vec<u8>> {
    let begun = Instant::now();
    let (mut bytes, mut chunk) = (Vec::new(), vec![0; 64 << 10]);
    while bytes.len() <= limit {
        let wanted = chunk.len().min(limit + 1 - bytes.len());
        match from.read(&mut chunk[..wanted]) {
            Ok(0) => break,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
        if begun.elapsed() > time {
            let message = format!("it sent {} bytes in {} seconds, which is too slow", bytes.len(), time.as_secs());
            return Err(io::Error::new(io::ErrorKind::TimedOut, message));
        }
    }
    Ok(bytes)
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.rsplit_once(':').filter(|(name, _)| !name.contains(':')).map_or(host, |(name, _)| name),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_have_an_end() {
        struct Trickle;
        impl Read for Trickle {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                thread::sleep(Duration::from_millis(5));
                buffer[0] = b' ';
                Ok(1)
            }
        }
        let error = read_document(Trickle, 1 << 20, Duration::from_millis(30)).unwrap_err();
        assert!(error.to_string().contains("too slow"), "{error}");
        let time = Duration::from_mins(1);
        assert_eq!(read_document(io::repeat(b'x'), 100_000, time).unwrap().len(), 100_001);
        assert_eq!(read_document(&b"abc"[..], 3, time).unwrap(), b"abc");
    }

    #[test]
    fn loopback() {
        for yes in ["localhost", "localhost:5000", "127.0.0.1:80", "127.9.9.9", "[::1]:5000", "[::1]", "::1"] {
            assert!(is_loopback(yes), "{yes}");
        }
        for no in ["localhost.example", "128.0.0.1", "127.0.0.1.example:80", "[::2]:1", "registry:5000", ""] {
            assert!(!is_loopback(no), "{no}");
        }
    }
}
