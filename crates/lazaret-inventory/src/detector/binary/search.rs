//! Many literals in one pass (Wu and Manber, 1994): of each literal one window of eight bytes is looked for, and the
//! last three bytes under the pointer say how far it may jump. What is no literal costs one look-up for six bytes.

/// Bytes of a window; no literal is shorter.
pub(super) const WINDOW: usize = 8;
/// Bytes that are looked up at once.
const BLOCK: usize = 3;
const FURTHEST: u8 = 6;
const _: () = assert!(FURTHEST as usize == WINDOW - BLOCK + 1);
/// Entries of the table of jumps: it stays in the first-level cache.
const SLOTS: usize = 1 << 15;

/// Finds any of its literals.
pub(super) struct Search {
    jumps: Box<[u8]>,
    /// Where the candidates of a slot begin, for slots that end a window.
    starts: Box<[u32]>,
    /// Literal and start of its window in it, by slot.
    candidates: Vec<(u32, u32)>,
    literals: Vec<Vec<u8>>,
}

fn slot(a: u8, b: u8, c: u8) -> usize {
    (usize::from(a) ^ (usize::from(b) << 4) ^ (usize::from(c) << 7)) & (SLOTS - 1)
}

/// How common a byte is in programs; only the order matters.
fn commonness(byte: u8) -> u32 {
    match byte {
        0 => 10,
        b'e' | b't' | b'a' | b'i' | b'n' | b'o' | b's' | b'r' | b' ' | b'_' => 6,
        b'a'..=b'z' => 4,
        b'A'..=b'Z' | b'0'..=b'9' | b'%' | b'.' | b'-' | b'/' => 2,
        _ => 1,
    }
}

/// Where in a literal its rarest window starts.
fn window_of(literal: &[u8]) -> usize {
    let score = |window: &[u8]| window.iter().map(|byte| commonness(*byte)).sum::<u32>();
    let windows = literal.windows(WINDOW).enumerate();
    windows.min_by_key(|(_, window)| score(window)).map_or(0, |(start, _)| start)
}

impl Search {
    /// Literals are known by their place in the list. One that is shorter than a window is never found.
    pub(super) fn new(literals: Vec<Vec<u8>>) -> Self {
        let mut jumps = vec![FURTHEST; SLOTS].into_boxed_slice();
        let mut by_slot: Vec<(usize, u32, u32)> = Vec::new();
        for (index, literal) in literals.iter().enumerate().filter(|(_, literal)| literal.len() >= WINDOW) {
            let start = window_of(literal);
            for (offset, block) in literal[start..start + WINDOW].windows(BLOCK).enumerate() {
                let place = slot(block[0], block[1], block[2]);
                let jump = u8::try_from(WINDOW - BLOCK - offset).unwrap_or(0);
                jumps[place] = jumps[place].min(jump);
                if jump == 0 {
                    by_slot.push((place, number(index), number(start)));
                }
            }
        }
        by_slot.sort_unstable();
        let mut starts = vec![0; SLOTS + 1].into_boxed_slice();
        for (place, ..) in &by_slot {
            starts[place + 1] += 1;
        }
        for place in 0..SLOTS {
            starts[place + 1] += starts[place];
        }
        let candidates = by_slot.into_iter().map(|(_, literal, start)| (literal, start)).collect();
        Self { jumps, starts, candidates, literals }
    }

    /// Tells every literal in `text` and where it starts.
    pub(super) fn each(&self, text: &[u8], mut found: impl FnMut(usize, usize)) {
        let mut end = WINDOW - 1;
        while let Some(&[a, b, c]) = text.get(end - 2..=end) {
            let place = slot(a, b, c);
            let jump = self.jumps[place];
            if jump > 0 {
                end += usize::from(jump);
                continue;
            }
            let (first, last) = (self.starts[place] as usize, self.starts[place + 1] as usize);
            for (index, start) in &self.candidates[first..last] {
                let literal = &self.literals[*index as usize];
                let Some(at) = (end + 1).checked_sub(WINDOW + *start as usize) else { continue };
                if text.get(at..).is_some_and(|rest| rest.starts_with(literal)) {
                    found(*index as usize, at);
                }
            }
            end += 1;
        }
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(literals: &[&str], text: &str) -> Vec<(usize, usize)> {
        let search = Search::new(literals.iter().map(|literal| literal.as_bytes().to_vec()).collect());
        let mut all = Vec::new();
        search.each(text.as_bytes(), |literal, at| all.push((literal, at)));
        all
    }

    #[test]
    fn everything_is_found_wherever_it_is() {
        let literals = ["deflate 1", " Copyright 1995", "sqlite_master", "OpenSSL 3", "aaaaaaaa"];
        for before in 0..20 {
            for (index, literal) in literals.iter().enumerate() {
                let text = format!("{}{literal}{}", "x".repeat(before), "y".repeat(20 - before));
                assert_eq!(found(&literals, &text), [(index, before)], "{literal} at {before}");
                assert_eq!(found(&literals, &text[..before + literal.len()]), [(index, before)]);
                assert_eq!(found(&literals, &text[..before + literal.len() - 1]), []);
            }
        }
        assert_eq!(found(&literals, "aaaaaaaaaa"), [(4, 0), (4, 1), (4, 2)]);
    }

    #[test]
    fn literals_that_overlap_or_start_alike() {
        let literals = ["version 1.2", "version 1.2.3", "sion 1.2.3 of"];
        assert_eq!(found(&literals, "a version 1.2.3 of it"), [(0, 2), (1, 2), (2, 5)]);
        assert_eq!(found(&literals, "short"), []);
        assert_eq!(found(&[], "any text of some length"), []);
        assert_eq!(found(&["short"], "short short short"), [], "shorter than a window");
    }
}
