//! A blob as it streams in. A connection that is cut is taken up again where it broke; whether the bytes are right, the
//! digest says in the end ([`lazaret_oci::read_layer`]).

use std::{
    io::{self, Read},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use lazaret_model::Digest;
use lazaret_oci::{Descriptor, SourceError};
use reqwest::{StatusCode, blocking::Response, header::CONTENT_RANGE};

use super::client::Client;
use crate::words::chain;

/// Cuts in a row, without much progress between, after which it is given up.
const MAX_TRIES: u32 = 5;
/// Progress that makes the count begin anew.
const PROGRESS: u64 = 1 << 20;
/// The least that must come in a while.
const PACE_BYTES: u64 = 64 << 10;
const PACE_TIME: Duration = Duration::from_secs(15);

pub(super) struct BlobReader {
    client: Arc<Client>,
    digest: Digest,
    size: u64,
    position: u64,
    answer: Option<Response>,
    tries: u32,
    /// Position at the last cut.
    cut_at: u64,
    /// Time spent waiting since the pace was last looked at, and the position then. What the caller does with the
    /// bytes may take longer.
    pace: (Duration, u64),
}

impl BlobReader {
    pub(super) fn open(client: Arc<Client>, layer: &Descriptor) -> Result<Self, SourceError> {
        let answer = client.blob(&layer.digest, 0).map_err(|error| match error {
            SourceError::Missing { what, place } if !layer.urls.is_empty() => {
                // Foreign layers: where a manifest points, nothing is fetched from.
                SourceError::Missing { what: format!("{what} (it is said to be at {})", layer.urls.join(", ")), place }
            }
            other => other,
        })?;
        let (digest, size) = (layer.digest.clone(), layer.size);
        Ok(Self {
            client,
            digest,
            size,
            position: 0,
            answer: Some(answer),
            tries: 0,
            cut_at: 0,
            pace: (Duration::ZERO, 0),
        })
    }

    /// A registry that sends byte by byte must not hold a scan for ever.
    fn keep_pace(&mut self) -> io::Result<()> {
        if self.pace.0 < PACE_TIME {
            return Ok(());
        }
        let (received, what) = (self.position - self.pace.1, self.client.blob_name(&self.digest));
        self.pace = (Duration::ZERO, self.position);
        if received >= PACE_BYTES || self.position >= self.size {
            return Ok(());
        }
        let seconds = PACE_TIME.as_secs();
        Err(io::Error::other(format!("{what}: {received} bytes in {seconds} seconds are too slow")))
    }

    /// Connects again from where it broke.
    fn resume(&mut self) -> Result<Response, String> {
        let mut answer = self.client.blob(&self.digest, self.position).map_err(|error| chain(&error))?;
        if answer.status() == StatusCode::PARTIAL_CONTENT {
            let range = answer.headers().get(CONTENT_RANGE).and_then(|v| v.to_str().ok()).unwrap_or_default();
            if range_start(range) != Some(self.position) {
                return Err(format!("the registry answered the range {range:?}, not from byte {}", self.position));
            }
            return Ok(answer);
        }
        // It does not know ranges and began anew.
        let skipped = io::copy(&mut (&mut answer).take(self.position), &mut io::sink()).map_err(|e| chain(&e))?;
        if skipped < self.position { Err("the connection was cut again".to_owned()) } else { Ok(answer) }
    }
}

impl Read for BlobReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let why = match &mut self.answer {
                Some(answer) => match timed(&mut self.pace.0, || answer.read(buffer)) {
                    // More than the descriptor says is passed on too: that is for the reader to see and refuse.
                    Ok(0) if self.position >= self.size => return Ok(0),
                    Ok(0) => "the connection was cut".to_owned(),
                    Ok(count) => {
                        self.position += count as u64;
                        self.keep_pace()?;
                        return Ok(count);
                    }
                    Err(error) => chain(&error),
                },
                None => match self.resume() {
                    Ok(answer) => {
                        self.answer = Some(answer);
                        continue;
                    }
                    Err(why) => why,
                },
            };
            self.answer = None;
            if self.position - self.cut_at >= PROGRESS {
                self.tries = 0;
            }
            self.cut_at = self.position;
            self.tries += 1;
            if self.tries > MAX_TRIES {
                let (what, at, size) = (self.client.blob_name(&self.digest), self.position, self.size);
                return Err(io::Error::other(format!("{what}: gave up at byte {at} of {size}: {why}")));
            }
            thread::sleep(Duration::from_millis(20 << self.tries));
        }
    }
}

/// Adds the time that `work` takes to `total`.
fn timed<T>(total: &mut Duration, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = work();
    *total += begun.elapsed();
    result
}

/// The first number of `bytes 5-9/10`.
fn range_start(header: &str) -> Option<u64> {
    header.trim().strip_prefix("bytes")?.trim_start().split('-').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(range_start("bytes 5-9/10"), Some(5));
        assert_eq!(range_start("bytes 0-9/*"), Some(0));
        for bad in ["", "bytes */10", "items 5-9/10", "bytes x-9/10"] {
            assert_eq!(range_start(bad), None, "{bad}");
        }
    }
}
