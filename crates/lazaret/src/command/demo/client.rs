//! The few requests of the distribution API that the demonstration makes.

use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use lazaret_model::Digest;
use lazaret_store::NewPrincipal;
use reqwest::{
    StatusCode,
    blocking::{RequestBuilder, Response},
};

use super::samples::{Blob, Sample};
use crate::wire;

pub(super) struct Client {
    http: reqwest::blocking::Client,
    base: String,
    id: String,
    secret: String,
}

impl Client {
    pub(super) fn new(address: &str, principal: &NewPrincipal) -> anyhow::Result<Self> {
        Ok(Self {
            http: wire::http_client(wire::FEED_SILENCE)?,
            base: format!("http://{address}"),
            id: principal.id.clone(),
            secret: principal.secret.clone(),
        })
    }

    pub(super) fn wait_until_ready(&self, patience: Duration) -> anyhow::Result<()> {
        let start = Instant::now();
        while start.elapsed() < patience {
            let answer = self.http.get(format!("{}/readyz", self.base)).send();
            if answer.is_ok_and(|a| a.status() == StatusCode::OK) {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        bail!("the server at {} did not become ready", self.base)
    }

    /// Blobs, children, then what the tag names.
    pub(super) fn push(&self, sample: &Sample) -> anyhow::Result<()> {
        for blob in &sample.blobs {
            self.push_blob(&sample.repository, blob)?;
        }
        for child in &sample.children {
            self.push_manifest(&sample.repository, &child.digest.to_string(), &child.media_type, &child.bytes)?;
        }
        self.push_manifest(&sample.repository, &sample.tag, &sample.media_type, &sample.manifest)
    }

    fn push_blob(&self, repository: &str, blob: &Blob) -> anyhow::Result<()> {
        let start = self.send(self.http.post(format!("{}/v2/{repository}/blobs/uploads/", self.base)))?;
        let session = location(&start, &self.base).context("the upload has no Location")?;
        let octets = "application/octet-stream";
        let patch = self.http.patch(session).header("Content-Type", octets).body(blob.bytes.clone());
        let patched = self.send(patch)?;
        let session = location(&patched, &self.base).context("the upload has no Location")?;
        let end = self.http.put(format!("{session}?digest={}", blob.digest));
        expect(&self.send(end)?, StatusCode::CREATED)
    }

    fn push_manifest(&self, repository: &str, name: &str, media_type: &str, bytes: &[u8]) -> anyhow::Result<()> {
        let put = self.http.put(format!("{}/v2/{repository}/manifests/{name}", self.base));
        let answer = self.send(put.header("Content-Type", media_type).body(bytes.to_vec()))?;
        expect(&answer, StatusCode::CREATED)
    }

    pub(super) fn manifest_status(&self, repository: &str, name: &str) -> anyhow::Result<u16> {
        Ok(self.send(self.http.get(format!("{}/v2/{repository}/manifests/{name}", self.base)))?.status().as_u16())
    }

    pub(super) fn blob_status(&self, repository: &str, digest: &Digest) -> anyhow::Result<u16> {
        Ok(self.send(self.http.get(format!("{}/v2/{repository}/blobs/{digest}", self.base)))?.status().as_u16())
    }

    fn send(&self, request: RequestBuilder) -> anyhow::Result<Response> {
        Ok(request.basic_auth(&self.id, Some(&self.secret)).send()?)
    }
}

fn location(response: &Response, base: &str) -> Option<String> {
    let text = response.headers().get("Location")?.to_str().ok()?;
    Some(if text.starts_with('/') { format!("{base}{text}") } else { text.to_owned() })
}

fn expect(response: &Response, status: StatusCode) -> anyhow::Result<()> {
    if response.status() == status {
        return Ok(());
    }
    bail!("{} answered {} instead of {status}", response.url(), response.status())
}
