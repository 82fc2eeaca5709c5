//! Reading a body: as one document within the limits, or line by line whatever its size.

use std::{
    borrow::Cow,
    io::{self, BufRead, BufReader, Read},
};

use lazaret_model::ProblemKind;
use lazaret_oci::{Body, Limits};

use crate::layer::FileFacts;

/// A body as a stream.
pub(crate) struct BodyReader<'a> {
    body: &'a Body<'a>,
    offset: u64,
}

impl<'a> BodyReader<'a> {
    pub(crate) fn new(body: &'a Body<'a>) -> Self {
        Self { body, offset: 0 }
    }
}

impl Read for BodyReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.body.read_at(self.offset, buffer)?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// The whole content, or `None` with a problem where it is larger than a document may be.
pub(crate) fn document<'a>(body: &'a Body<'_>, limits: &Limits, facts: &mut FileFacts) -> Option<Cow<'a, [u8]>> {
    if body.len() > limits.document_bytes {
        let message = format!("{} bytes are more than a document may have ({})", body.len(), limits.document_bytes);
        facts.problem(ProblemKind::LimitExceeded, message);
        return None;
    }
    if let Some(bytes) = body.as_slice() {
        return Some(Cow::Borrowed(bytes));
    }
    let mut bytes = Vec::new();
    match BodyReader::new(body).read_to_end(&mut bytes) {
        Ok(_) => Some(Cow::Owned(bytes)),
        Err(error) => {
            facts.not_understood(format!("cannot be read back: {error}"));
            None
        }
    }
}

/// Bytes of a line that are kept; the fields that matter are far shorter.
const LINE_BYTES: u64 = 64 << 10;

/// Lines of a file of any size. The rest of a line that is too long is passed over.
pub(crate) struct Lines<'a> {
    reader: BufReader<BodyReader<'a>>,
    line: Vec<u8>,
    /// Number of the line that was read last, from 1.
    pub(crate) number: u64,
    /// Whether the last line that was read ended with a line feed.
    pub(crate) ended: bool,
    /// Why reading ended early.
    pub(crate) error: Option<io::Error>,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(body: &'a Body<'a>) -> Self {
        let reader = BufReader::with_capacity(64 << 10, BodyReader::new(body));
        Self { reader, line: Vec::new(), number: 0, ended: true, error: None }
    }

    /// The next line without its line end; `None` at the end of the file.
    pub(crate) fn next_line(&mut self) -> Option<Cow<'_, str>> {
        self.line.clear();
        let read = (&mut self.reader).take(LINE_BYTES).read_until(b'\n', &mut self.line);
        match read {
            Ok(0) => return None,
            Ok(_) => {}
            Err(error) => {
                self.error = Some(error);
                return None;
            }
        }
        self.number += 1;
        self.ended = self.line.last() == Some(&b'\n');
        if self.ended {
            self.line.pop();
        } else if self.line.len() as u64 == LINE_BYTES {
            self.ended = self.pass_over_rest();
        }
        if self.line.last() == Some(&b'\r') {
            self.line.pop();
        }
        Some(String::from_utf8_lossy(&self.line))
    }

    /// To the end of the line; whether it has one.
    fn pass_over_rest(&mut self) -> bool {
        loop {
            let Ok(buffer) = self.reader.fill_buf() else { return false };
            if buffer.is_empty() {
                return false;
            }
            if let Some(at) = memchr::memchr(b'\n', buffer) {
                self.reader.consume(at + 1);
                return true;
            }
            let length = buffer.len();
            self.reader.consume(length);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_any_length() {
        let long = "x".repeat(200_000);
        let text = format!("a\r\n{long}\n\nlast");
        let body = Body::memory(text.as_bytes());
        let mut lines = Lines::new(&body);
        assert_eq!(lines.next_line().as_deref(), Some("a"));
        assert_eq!(lines.next_line().map(|l| l.len() as u64), Some(LINE_BYTES));
        assert!(lines.ended);
        assert_eq!(lines.next_line().as_deref(), Some(""));
        assert_eq!(lines.next_line().as_deref(), Some("last"));
        assert!(!lines.ended && lines.number == 4);
        assert_eq!(lines.next_line(), None);
    }
}
