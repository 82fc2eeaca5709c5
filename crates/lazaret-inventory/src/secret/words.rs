//! The first pass: where does a literal of any rule stand? An Aho-Corasick automaton knows all of them; since most text
//! has none of their first four letters, a table of 8 KiB that stays in the nearest cache is asked first, and the
//! automaton, anchored, only where it says yes. That is several times as fast as walking an automaton byte by byte.

use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Anchored, Input, MatchKind, StartKind};

use super::{assignment, table::rules};

/// What a literal is a sign of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Sign {
    /// Index of a rule of the tables.
    Rule(usize),
    Url,
    Assignment,
}

pub(super) struct Words {
    /// Bits of the hashes of four folded letters.
    grams: Box<[u64; 1024]>,
    automaton: Option<AhoCorasick>,
    longest: usize,
    /// For each literal, its signs and those of literals that it begins with.
    signs: Vec<Vec<Sign>>,
}

/// Makes capital letters small; other characters may fall together, which the automaton sorts out.
const FOLD: u64 = 0x2020_2020_2020_2020;
/// What may follow a literal of three letters: tokens go on with one of these.
const FOLLOWING: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz-_./";

impl Words {
    /// The words of all rules.
    pub(super) fn all() -> &'static Self {
        static WORDS: LazyLock<Words> = LazyLock::new(|| {
            let mut words: Vec<(String, Sign)> = Vec::new();
            for (index, rule) in rules().iter().enumerate() {
                words.extend(rule.words.iter().map(|word| (word.to_ascii_lowercase(), Sign::Rule(index))));
            }
            words.extend(assignment::WORDS.iter().map(|word| ((*word).to_owned(), Sign::Assignment)));
            words.push(("://".to_owned(), Sign::Url));
            Words::new(&words)
        });
        &WORDS
    }

    fn new(words: &[(String, Sign)]) -> Self {
        let mut literals: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
        literals.sort_unstable();
        literals.dedup();
        let mut grams = Box::new([0; 1024]);
        for literal in &literals {
            mark(&mut grams, literal.as_bytes());
        }
        let signs = literals.iter().map(|literal| {
            let of_literal = words.iter().filter(|(word, _)| literal.starts_with(word.as_str()));
            let mut signs: Vec<Sign> = of_literal.map(|(_, sign)| *sign).collect();
            signs.sort_unstable();
            signs.dedup();
            signs
        });
        let signs = signs.collect();
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::LeftmostLongest)
            .start_kind(StartKind::Anchored)
            .build(&literals);
        let longest = literals.iter().map(|literal| literal.len()).max().unwrap_or_default();
        Self { grams, automaton: automaton.ok(), longest, signs }
    }

    /// Calls `hit` with each place of a literal and what it is a sign of, in order, until that gives `false`.
    pub(super) fn each(&self, text: &[u8], mut hit: impl FnMut(usize, &[Sign]) -> bool) {
        let mut at = 0;
        // five places for each load of eight bytes
        while let Some(bytes) = text.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let eight = u64::from_le_bytes(*bytes) | FOLD;
            if (0..5).fold(0, |any, place| any | self.marked(eight >> (8 * place))) != 0 {
                for place in (0..5).filter(|place| self.marked(eight >> (8 * place)) != 0) {
                    if !self.look(text, at + place, &mut hit) {
                        return;
                    }
                }
            }
            at += 5;
        }
        for at in at..text.len() {
            if !self.look(text, at, &mut hit) {
                return;
            }
        }
    }

    /// 1 where four letters begin a literal, or look so.
    #[inline]
    fn marked(&self, letters: u64) -> u64 {
        let hash = hash(letters);
        self.grams[hash >> 6] >> (hash & 63) & 1
    }

    fn look(&self, text: &[u8], at: usize, hit: &mut impl FnMut(usize, &[Sign]) -> bool) -> bool {
        let Some(automaton) = &self.automaton else { return true };
        let end = text.len().min(at + self.longest);
        match automaton.find(Input::new(text).span(at..end).anchored(Anchored::Yes)) {
            Some(found) => hit(at, &self.signs[found.pattern().as_usize()]),
            None => true,
        }
    }
}

/// Of the low four bytes: 16 bits.
#[inline]
fn hash(letters: u64) -> usize {
    ((letters & 0xffff_ffff).wrapping_mul(0x9e37_79b1) as u32 >> 16) as usize
}

fn mark(grams: &mut [u64; 1024], literal: &[u8]) {
    let mut set = |letters: [u8; 4]| {
        let hash = hash(u64::from(u32::from_le_bytes(letters)) | FOLD);
        grams[hash >> 6] |= 1 << (hash & 63);
    };
    match *literal {
        [a, b, c, d, ..] => set([a, b, c, d]),
        [a, b, c] => FOLLOWING.iter().for_each(|d| set([a, b, c, *d])),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(words: &Words, text: &str) -> Vec<(usize, Vec<Sign>)> {
        let mut places = Vec::new();
        words.each(text.as_bytes(), |at, signs| {
            places.push((at, signs.to_vec()));
            true
        });
        places
    }

    #[test]
    fn every_literal_at_every_place() {
        let words = Words::all();
        for rule in rules().iter().enumerate() {
            for word in &rule.1.words {
                for before in 0..9 {
                    let text = format!("{}{word}ab12cd34ef", "\n".repeat(before));
                    let found = places(words, &text);
                    let is = |(at, signs): &(usize, Vec<Sign>)| *at == before && signs.contains(&Sign::Rule(rule.0));
                    assert!(found.iter().any(is), "{word} at {before}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn any_case_prefixes_and_ends() {
        let words = [("api_key", Sign::Assignment), ("api_key_of", Sign::Rule(7)), ("://", Sign::Url)];
        let words = Words::new(&words.map(|(word, sign)| (word.to_owned(), sign)));
        let both = vec![Sign::Rule(7), Sign::Assignment];
        assert_eq!(places(&words, "API_KEY_of"), [(0, both)]);
        assert_eq!(places(&words, "an Api_Key"), [(3, vec![Sign::Assignment])]);
        assert_eq!(places(&words, "a://b c://"), [(1, vec![Sign::Url]), (7, vec![Sign::Url])]);
        assert!(places(&words, "api-key").is_empty() && places(&words, "").is_empty());
        let mut count = 0;
        words.each(b"://a ://b ://c", |_, _| {
            count += 1;
            count < 2
        });
        assert_eq!(count, 2);
    }
}
