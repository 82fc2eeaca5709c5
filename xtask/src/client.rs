//! A registry client of ours: plain HTTP as the distribution specification has it, so that a test can take any side door.

use anyhow::{Context, Result, ensure};
use reqwest::Method;
use reqwest::blocking::{Client, RequestBuilder, Response};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// A principal's id and secret.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
}

impl Credentials {
    /// `id:secret`, as the clients take it on their command lines.
    pub(crate) fn pair(&self) -> String {
        format!("{}:{}", self.id, self.secret)
    }
}

/// A registry as one principal sees it.
#[derive(Clone)]
pub(crate) struct Registry {
    http: Client,
    base: String,
    who: Option<Credentials>,
}

/// `sha256:` and the hash of `bytes`.
pub(crate) fn digest(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

impl Registry {
    pub(crate) fn new(address: &str, who: &Credentials) -> Self {
        Self { who: Some(who.clone()), ..Self::anonymous(address) }
    }

    pub(crate) fn anonymous(address: &str) -> Self {
        let http = Client::builder().timeout(Duration::from_mins(1)).no_proxy().build().unwrap_or_default();
        Self { http, base: format!("http://{address}"), who: None }
    }

    /// The same registry as nobody sees it.
    pub(crate) fn without_credentials(&self) -> Self {
        Self { who: None, ..self.clone() }
    }

    /// True when `/readyz` answers 200.
    pub(crate) fn is_ready(&self) -> bool {
        self.request(Method::GET, "/readyz").send().is_ok_and(|answer| answer.status() == 200)
    }

    /// A request for `path` (or a whole `Location`) with Basic credentials.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let url = if path.starts_with("http") { path.to_owned() } else { format!("{}{path}", self.base) };
        let request = self.http.request(method, url);
        match &self.who {
            Some(who) => request.basic_auth(&who.id, Some(&who.secret)),
            None => request,
        }
    }

    /// A GET for a manifest by tag or digest, whatever its kind.
    pub(crate) fn manifest(&self, method: Method, repository: &str, reference: &str) -> Result<Response> {
        let accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, \
                      application/vnd.docker.distribution.manifest.v2+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json";
        let path = format!("/v2/{repository}/manifests/{reference}");
        Ok(self.request(method, &path).header("accept", accept).send()?)
    }

    pub(crate) fn blob(&self, method: Method, repository: &str, digest: &str) -> Result<Response> {
        Ok(self.request(method, &format!("/v2/{repository}/blobs/{digest}")).send()?)
    }

    /// Opens an upload; gives its location.
    pub(crate) fn begin(&self, repository: &str) -> Result<String> {
        let answer = self.request(Method::POST, &format!("/v2/{repository}/blobs/uploads/")).send()?;
        ensure!(answer.status() == 202, "POST upload: {}", said(answer));
        location(&answer)
    }

    /// Sends the next bytes of an upload; gives its new location.
    pub(crate) fn patch(&self, location_: &str, offset: u64, bytes: Vec<u8>) -> Result<String> {
        let end = (offset + bytes.len() as u64).saturating_sub(1);
        let request = self.request(Method::PATCH, location_).header("content-type", "application/octet-stream");
        let answer = request.header("content-range", format!("{offset}-{end}")).body(bytes).send()?;
        ensure!(answer.status() == 202, "PATCH upload: {}", said(answer));
        location(&answer)
    }

    /// How many bytes of an upload the server has; `None` where it does not know the upload.
    pub(crate) fn offset(&self, location_: &str) -> Result<Option<u64>> {
        let answer = self.request(Method::GET, location_).send()?;
        if answer.status() == 404 {
            return Ok(None);
        }
        ensure!(answer.status() == 204, "GET upload: {}", said(answer));
        let range = header(&answer, "range").unwrap_or_default();
        let last: u64 = range.rsplit('-').next().and_then(|last| last.parse().ok()).unwrap_or(0);
        Ok(Some(if range.is_empty() || range == "0--1" || last == 0 { 0 } else { last + 1 }))
    }

    /// Closes an upload with the digest of what it holds.
    pub(crate) fn finish(&self, location_: &str, digest: &str, rest: Vec<u8>) -> Result<()> {
        let joint = if location_.contains('?') { '&' } else { '?' };
        let request = self.request(Method::PUT, &format!("{location_}{joint}digest={digest}"));
        let answer = request.header("content-type", "application/octet-stream").body(rest).send()?;
        ensure!(answer.status() == 201, "PUT upload: {}", said(answer));
        Ok(())
    }

    /// Pushes one blob in one piece; gives its digest.
    pub(crate) fn push_blob(&self, repository: &str, bytes: &[u8]) -> Result<String> {
        let digest = digest(bytes);
        let upload = self.begin(repository)?;
        self.finish(&upload, &digest, bytes.to_vec())?;
        Ok(digest)
    }

    /// Sends a manifest to a tag or digest; gives the answer.
    pub(crate) fn put_manifest(&self, repository: &str, reference: &str, kind: &str, bytes: &[u8]) -> Result<Response> {
        let request = self.request(Method::PUT, &format!("/v2/{repository}/manifests/{reference}"));
        Ok(request.header("content-type", kind).body(bytes.to_vec()).send()?)
    }

    /// Pushes a manifest and fails where it is not taken; gives its digest.
    pub(crate) fn push_manifest(&self, repository: &str, reference: &str, kind: &str, bytes: &[u8]) -> Result<String> {
        let answer = self.put_manifest(repository, reference, kind, bytes)?;
        ensure!(answer.status() == 201, "PUT manifest: {}", said(answer));
        Ok(digest(bytes))
    }
}

/// A response header as text.
pub(crate) fn header(answer: &Response, name: &str) -> Option<String> {
    answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

/// Status and body of an unwanted answer, for a message.
pub(crate) fn said(answer: Response) -> String {
    let status = answer.status();
    format!("{status} {}", answer.text().unwrap_or_default().chars().take(300).collect::<String>())
}

fn location(answer: &Response) -> Result<String> {
    header(answer, "location").context("an upload without a Location")
}
