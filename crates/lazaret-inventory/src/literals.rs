//! Many literals in one pass. An Aho-Corasick automaton knows all of them; since most bytes begin none, a table of 8 KiB
//! that stays in the nearest cache is asked for four bytes at a time, and the automaton, anchored, only where it says
//! yes. That is several times as fast as walking an automaton byte by byte.

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, Anchored, Input, MatchKind, StartKind};

pub(crate) struct Literals {
    /// Bits of the hashes of four folded bytes.
    grams: Box<[u64; 1024]>,
    automaton: Option<AhoCorasick>,
    longest: usize,
}

/// Makes capital letters small; other bytes may fall together, which the automaton sorts out.
const FOLD: u64 = 0x2020_2020_2020_2020;
/// What may follow a literal of three letters: tokens go on with one of these.
const FOLLOWING: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyz-_./";

impl Literals {
    /// Of three bytes and more; after one of three, only what tokens are made of may follow.
    pub(crate) fn new<L: AsRef<[u8]>>(literals: &[L], any_case: bool) -> Self {
        let mut grams = Box::new([0; 1024]);
        for literal in literals {
            mark(&mut grams, literal.as_ref());
        }
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(any_case)
            .match_kind(MatchKind::LeftmostLongest)
            .start_kind(StartKind::Anchored)
            .build(literals);
        let longest = literals.iter().map(|literal| literal.as_ref().len()).max().unwrap_or_default();
        Self { grams, automaton: automaton.ok(), longest }
    }

    /// Calls `hit` with each place where a literal stands and the number of the longest one there, in order, until that
    /// gives `false`.
    pub(crate) fn each(&self, bytes: &[u8], mut hit: impl FnMut(usize, usize) -> bool) {
        let mut at = 0;
        // five places for each load of eight bytes
        while let Some(chunk) = bytes.get(at..).and_then(|rest| rest.first_chunk::<8>()) {
            let eight = u64::from_le_bytes(*chunk) | FOLD;
            if (0..5).fold(0, |any, place| any | self.marked(eight >> (8 * place))) != 0 {
                for place in (0..5).filter(|place| self.marked(eight >> (8 * place)) != 0) {
                    if !self.look(bytes, at + place, &mut hit) {
                        return;
                    }
                }
            }
            at += 5;
        }
        for at in at..bytes.len() {
            if !self.look(bytes, at, &mut hit) {
                return;
            }
        }
    }

    /// 1 where four bytes begin a literal, or look so.
    #[inline]
    fn marked(&self, bytes: u64) -> u64 {
        let hash = hash(bytes);
        self.grams[hash >> 6] >> (hash & 63) & 1
    }

    fn look(&self, bytes: &[u8], at: usize, hit: &mut impl FnMut(usize, usize) -> bool) -> bool {
        let Some(automaton) = &self.automaton else { return true };
        let end = bytes.len().min(at + self.longest);
        match automaton.find(Input::new(bytes).span(at..end).anchored(Anchored::Yes)) {
            Some(found) => hit(at, found.pattern().as_usize()),
            None => true,
        }
    }
}

/// Of the low four bytes: 16 bits.
#[inline]
fn hash(bytes: u64) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "the low half of the product is the hash")]
    let product = (bytes as u32).wrapping_mul(0x9e37_79b1);
    (product >> 16) as usize
}

fn mark(grams: &mut [u64; 1024], literal: &[u8]) {
    let mut set = |four: [u8; 4]| {
        let hash = hash(u64::from(u32::from_le_bytes(four)) | FOLD);
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

    fn places(literals: &Literals, text: &str) -> Vec<(usize, usize)> {
        let mut places = Vec::new();
        literals.each(text.as_bytes(), |at, literal| {
            places.push((at, literal));
            true
        });
        places
    }

    #[test]
    fn any_case_longest_and_ends() {
        let literals = Literals::new(&["api_key", "api_key_of", "://"], true);
        assert_eq!(places(&literals, "API_KEY_of"), [(0, 1)]);
        assert_eq!(places(&literals, "an Api_Key"), [(3, 0)]);
        assert_eq!(places(&literals, "a://b c://"), [(1, 2), (7, 2)]);
        assert!(places(&literals, "api-key").is_empty() && places(&literals, "").is_empty());
        let mut count = 0;
        literals.each(b"://a ://b ://c", |_, _| {
            count += 1;
            count < 2
        });
        assert_eq!(count, 2);
        assert!(places(&Literals::new(&["abcd"], false), "ABCD").is_empty());
    }
}
