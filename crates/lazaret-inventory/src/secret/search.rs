//! From literals to secrets: windows, checks, what overlaps.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash, Hasher},
    ops::Range,
};

use super::{
    Kind, allow, assignment, check,
    excerpt::excerpt,
    table::{Rule, rules},
    url,
    words::{Sign, Words},
};

/// What is searched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Text<'a> {
    /// Path in the image; empty for what is no file.
    pub(crate) path: &'a str,
    /// Not text: only rules whose secrets cannot be mistaken are asked.
    pub(crate) program: bool,
    /// From the image's configuration: somebody set it, so an example is as bad as any.
    pub(crate) setting: bool,
}

/// A secret in its place.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Found {
    pub kind: &'static Kind,
    /// From 1; 0 where there are no lines.
    pub line: u64,
    /// Redacted.
    pub excerpt: String,
}

/// Secrets of one text that are kept; the rest is counted.
const MAX_FOUND: usize = 20;
/// Raw matches of one piece.
const MAX_RAW: usize = 2_000;
/// Bytes of windows that are matched: so many times the text, and so many more.
const WINDOWS: (u64, u64) = (16, 64 << 20);
/// A file of a rule without literals is searched whole up to this size.
const SMALL: usize = 1 << 20;

/// The search of one text, which may come in pieces.
pub(crate) struct Search<'a> {
    text: Text<'a>,
    left: u64,
    lines: u64,
    known: HashSet<u64>,
    /// In the order of the text.
    pub(crate) found: Vec<Found>,
    /// Further ones.
    pub(crate) more: u64,
    /// Whether the rest was not searched, because there was too much to look at more closely.
    pub(crate) exhausted: bool,
    noise: Option<bool>,
}

#[derive(Clone, Copy)]
pub(super) struct Raw {
    pub(super) kind: &'static Kind,
    /// Lower is surer.
    pub(super) rank: usize,
    pub(super) start: usize,
    pub(super) end: usize,
}

impl<'a> Search<'a> {
    pub(crate) fn new(text: Text<'a>, size: u64) -> Self {
        let left = size.saturating_mul(WINDOWS.0).saturating_add(WINDOWS.1);
        let (found, known) = (Vec::new(), HashSet::new());
        Self { text, left, lines: 0, known, found, more: 0, exhausted: false, noise: None }
    }

    /// All of a text at once.
    pub(crate) fn whole(text: Text<'a>, bytes: &[u8]) -> Self {
        let mut search = Self::new(text, bytes.len() as u64);
        search.piece(bytes, 0..bytes.len());
        search
    }

    /// Secrets that begin in `own`; the bytes around it are there to be looked at. Pieces come in order, without gaps.
    pub(crate) fn piece(&mut self, bytes: &[u8], own: Range<usize>) {
        if self.exhausted {
            return;
        }
        let mut raw = self.raw(bytes, &own);
        raw.sort_by_key(|raw| (raw.start, raw.rank));
        let mut clear: Vec<Raw> = Vec::with_capacity(raw.len());
        for next in raw {
            match clear.last_mut() {
                // the same place by two rules: the surer one speaks
                Some(last) if next.start < last.end => {
                    if next.rank < last.rank {
                        *last = next;
                    }
                }
                _ => clear.push(next),
            }
        }
        let mut counted = own.start;
        for raw in clear {
            self.lines += newlines(bytes, counted..raw.start);
            counted = raw.start;
            self.keep(&raw, &bytes[raw.start..raw.end]);
        }
        self.lines += newlines(bytes, counted..own.end);
    }

    /// The same secret again says nothing new.
    fn keep(&mut self, raw: &Raw, secret: &[u8]) {
        let mut hasher = DefaultHasher::new();
        (raw.kind.id, secret).hash(&mut hasher);
        if self.known.len() >= MAX_RAW || !self.known.insert(hasher.finish()) {
            return;
        }
        if self.found.len() >= MAX_FOUND {
            self.more += 1;
            return;
        }
        let line = if self.text.program { 0 } else { self.lines + 1 };
        self.found.push(Found { kind: raw.kind, line, excerpt: excerpt(raw.kind, secret) });
    }

    fn raw(&mut self, bytes: &[u8], own: &Range<usize>) -> Vec<Raw> {
        let mut raw: Vec<Raw> = Vec::new();
        if own.start == 0 && bytes.len() <= SMALL && !self.text.path.is_empty() {
            for (index, rule) in rules().iter().enumerate().filter(|(_, rule)| rule.words.is_empty()) {
                if rule.looks_into(self.text.path) {
                    self.matches(index, rule, bytes, 0..bytes.len(), &mut raw);
                }
            }
        }
        Words::all().each(bytes, |at, signs| {
            for sign in signs {
                match *sign {
                    Sign::Rule(index) => self.rule(index, bytes, at, &mut raw),
                    Sign::Url if self.text.program => {}
                    Sign::Url => raw.extend(url::password(bytes, at, self.text).filter(|_| !self.is_noise())),
                    Sign::Assignment if self.text.program || self.text.setting => {}
                    Sign::Assignment => {
                        let found = assignment::secret(bytes, at, self.text.path);
                        if let Some(found) = found.filter(|_| !self.is_noise()) {
                            push(&mut raw, found);
                        }
                    }
                }
            }
            self.exhausted = self.left == 0;
            raw.len() < MAX_RAW && !self.exhausted
        });
        raw.retain(|raw| own.contains(&raw.start));
        raw
    }

    fn rule(&mut self, index: usize, bytes: &[u8], at: usize, raw: &mut Vec<Raw>) {
        let rule = &rules()[index];
        if (rule.text && self.text.program) || !rule.files.is_empty() && !rule.looks_into(self.text.path) {
            return;
        }
        // The whole prefix of a token must be there; most places end here.
        if rule.before == 0 && rule.kind.public > 0 && joined(bytes, at) {
            return;
        }
        let window = at.saturating_sub(rule.before)..bytes.len().min(at + rule.after);
        self.matches(index, rule, bytes, window, raw);
    }

    fn matches(&mut self, index: usize, rule: &'static Rule, bytes: &[u8], window: Range<usize>, raw: &mut Vec<Raw>) {
        self.left = self.left.saturating_sub(window.len() as u64);
        let (Some(regex), view) = (rule.regex(), &bytes[window.clone()]) else { return };
        if !regex.is_match(view) {
            return;
        }
        for captures in regex.captures_iter(view) {
            let Some(whole) = captures.get(0) else { continue };
            let secret = captures.get(1).unwrap_or(whole);
            let own = secret.start() == whole.start();
            let found = Raw {
                kind: &rule.kind,
                rank: index,
                start: window.start + secret.start(),
                end: window.start + secret.end(),
            };
            let known = raw.iter().rev().take(8).any(|r| r.rank == index && r.start == found.start);
            if !known && self.holds(rule, bytes, found, own) {
                push(raw, found);
            }
        }
    }

    /// Whether a match is a secret. `own`: it begins where the match does, so nothing may be joined to its front.
    fn holds(&mut self, rule: &Rule, bytes: &[u8], raw: Raw, own: bool) -> bool {
        let secret = &bytes[raw.start..raw.end];
        let ends = bytes.get(raw.end).is_none_or(|next| !next.is_ascii_alphanumeric());
        if !ends || own && joined(bytes, raw.start) || !rule.require.is_none_or(|check| check.passes(secret)) {
            return false;
        }
        self.text.setting
            || rule.confirm.is_some_and(|check| check.passes(secret))
            || (check::entropy(secret) >= rule.entropy && !allow::is_placeholder(secret) && !self.is_noise())
    }

    fn is_noise(&mut self) -> bool {
        *self.noise.get_or_insert_with(|| allow::is_noise(self.text.path))
    }
}

fn push(raw: &mut Vec<Raw>, found: Raw) {
    if raw.len() < MAX_RAW {
        raw.push(found);
    }
}

/// Whether a letter stands before the place, so that it is the inside of a word. The `n` of a written-out `\n` is none.
fn joined(bytes: &[u8], at: usize) -> bool {
    let before = |count: usize| at.checked_sub(count).and_then(|at| bytes.get(at)).copied();
    match before(1) {
        Some(b'n' | b'r' | b't') if before(2) == Some(b'\\') => false,
        Some(byte) => byte.is_ascii_alphanumeric() || byte == b'_',
        None => false,
    }
}

fn newlines(bytes: &[u8], range: Range<usize>) -> u64 {
    bytes.get(range).map_or(0, |part| memchr::memchr_iter(b'\n', part).count() as u64)
}

/// Whether the first bytes of a file are text: no NUL, and few control characters.
pub(crate) fn is_text(head: &[u8]) -> bool {
    let control = head.iter().filter(|b| b.is_ascii_control() && !b.is_ascii_whitespace() && **b != 0x1b).count();
    !head.contains(&0) && control * 20 <= head.len()
}
