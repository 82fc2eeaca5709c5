//! The first pass: where does a literal of any rule stand?

use std::sync::LazyLock;

use super::{assignment, table::rules};
use crate::literals::Literals;

/// What a literal is a sign of.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Sign {
    /// Index of a rule of the tables.
    Rule(usize),
    Url,
    Assignment,
}

pub(super) struct Words {
    literals: Literals,
    /// For each literal, its signs and those of literals that it begins with.
    signs: Vec<Vec<Sign>>,
}

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
        let signs = literals.iter().map(|literal| {
            let of_literal = words.iter().filter(|(word, _)| literal.starts_with(word.as_str()));
            let mut signs: Vec<Sign> = of_literal.map(|(_, sign)| *sign).collect();
            signs.sort_unstable();
            signs.dedup();
            signs
        });
        Self { signs: signs.collect(), literals: Literals::new(&literals, true) }
    }

    /// Calls `hit` with each place of a literal and what it is a sign of, in order, until that gives `false`.
    pub(super) fn each(&self, text: &[u8], mut hit: impl FnMut(usize, &[Sign]) -> bool) {
        self.literals.each(text, |at, literal| hit(at, &self.signs[literal]));
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
        for (index, rule) in rules().iter().enumerate() {
            for word in &rule.words {
                for before in 0..9 {
                    let text = format!("{}{word}ab12cd34ef", "\n".repeat(before));
                    let found = places(words, &text);
                    let is = |(at, signs): &(usize, Vec<Sign>)| *at == before && signs.contains(&Sign::Rule(index));
                    assert!(found.iter().any(is), "{word} at {before}: {found:?}");
                }
            }
        }
    }

    #[test]
    fn a_longer_literal_speaks_for_its_beginnings() {
        let words = [("api_key", Sign::Assignment), ("api_key_of", Sign::Rule(7))];
        let words = Words::new(&words.map(|(word, sign)| (word.to_owned(), sign)));
        assert_eq!(places(&words, "API_KEY_of"), [(0, vec![Sign::Rule(7), Sign::Assignment])]);
    }
}
