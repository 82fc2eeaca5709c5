//! Secrets in files of any kind that is not packed. What the rules are stands in `secret.rs`.

use lazaret_model::ProblemKind;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content,
    detector_set::Extra,
    layer::{FileFacts, FoundSecret, Hits},
    packed::is_packed,
    secret::{self, MAX_STORE, Search, Spotted, Text, is_text, may_be_store},
};

pub(crate) struct Secrets;

/// A file that does not fit into memory is read in pieces; what is around a piece is there to be looked at.
const PIECE: usize = 4 << 20;
const MARGIN: usize = 20 << 10;

impl Detector for Secrets {
    fn id(&self) -> &'static str {
        "secrets"
    }

    fn version(&self) -> u32 {
        secret::VERSION
    }

    fn doc(&self) -> &'static str {
        "docs/detectors.md"
    }

    fn extra(&self) -> Option<Extra> {
        Some(Extra::Secrets)
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.head.is_empty() || is_packed(file.head) { Interest::No } else { Interest::Content }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let small = may_be_store(file.head) && body.len() <= MAX_STORE;
        let spotted = match body.as_slice() {
            Some(bytes) => secret::in_file(file.path, bytes),
            None if small => match content::document(body, limits, facts) {
                Some(bytes) => secret::in_file(file.path, &bytes),
                None => return,
            },
            None => in_pieces(file, body, facts),
        };
        if spotted.exhausted {
            let message = "there is too much in the file that looks like secrets; the rest was not searched for any";
            facts.problem(ProblemKind::LimitExceeded, message);
        }
        if spotted.found.is_empty() && spotted.more == 0 {
            return;
        }
        let secrets = spotted.found.into_iter().map(|found| FoundSecret {
            rule: found.kind.id.to_owned(),
            line: found.line,
            excerpt: found.excerpt,
        });
        let hits = Hits { secrets: secrets.collect(), more_secrets: spotted.more, ..Hits::default() };
        facts.hits = Some(Box::new(hits));
    }
}

fn in_pieces(file: &Candidate<'_>, body: &Body<'_>, facts: &mut FileFacts) -> Spotted {
    let text = Text { path: file.path, program: !is_text(file.head), setting: false };
    let mut search = Search::new(text, body.len());
    let mut buffer = vec![0; MARGIN + PIECE + MARGIN];
    let mut start = 0_u64;
    while start < body.len() {
        let from = start.saturating_sub(MARGIN as u64);
        let length = match body.read_at(from, &mut buffer) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) => {
                facts.not_understood(format!("cannot be read back: {error}"));
                break;
            }
        };
        let own = if from < start { MARGIN } else { 0 };
        let end = length.min(own + PIECE);
        search.piece(&buffer[..length], own..end);
        start += (end - own) as u64;
    }
    Spotted { found: search.found, more: search.more, exhausted: search.exhausted }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn found(path: &str, body: &Body<'_>, head: &[u8]) -> FileFacts {
        let file = Candidate::new(path, head, 0o644);
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        Secrets.detect(&file, body, &Limits::default(), &mut facts);
        facts
    }

    #[test]
    fn a_large_file_is_read_in_pieces() {
        let line = "nothing of interest is said in this line, which is one of very many of its kind\n";
        let mut text = line.repeat(PIECE / line.len());
        let token = secret::sample("ghp_{alnum:36}");
        text.extend(["token ", &token, "\n"]);
        let first = text.lines().count() as u64;
        text.push_str(&line.repeat(2 * PIECE / line.len()));
        text.push_str("DB_URL=postgres://app:kiwi-42-banana@db.acme.io/x\n");
        let last = text.lines().count() as u64;
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let (spilled, memory) = (Body::file(&file, text.len() as u64), Body::memory(text.as_bytes()));
        let facts = found("app/log", &spilled, &text.as_bytes()[..512]);
        assert_eq!(facts, found("app/log", &memory, &text.as_bytes()[..512]));
        let places: Vec<_> = facts.hits.unwrap().secrets.iter().map(|s| (s.rule.clone(), s.line)).collect();
        assert_eq!(places, [("github_token".to_owned(), first), ("url_password".to_owned(), last)]);
    }

    #[test]
    fn what_is_packed_is_not_asked_for() {
        let interest = |head: &[u8]| Secrets.interest(&Candidate::new("x", head, 0o644));
        for head in [&b"PK\x03\x04..."[..], b"\x1f\x8b\x08", b"\x89PNG\r\n", b"\xff\xd8\xff\xe0", b"wOF2", b""] {
            assert_eq!(interest(head), Interest::No, "{head:?}");
        }
        for head in [&b"#!/bin/sh\n"[..], b"\x7fELF", b"SQLite format 3\0", b"\xfe\xed\xfe\xed", b"DB_PASSWORD=x"] {
            assert_eq!(interest(head), Interest::Content, "{head:?}");
        }
    }

    #[test]
    fn too_much_is_a_problem() {
        let flood = "-----BEGIN PRIVATE KEY-----\n".repeat(200_000);
        let facts = found("x", &Body::memory(flood.as_bytes()), &flood.as_bytes()[..512]);
        assert!(facts.hits.is_none() && facts.problems.len() == 1);
    }
}
