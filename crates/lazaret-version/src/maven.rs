//! Maven's order: `ComparableVersion` of Maven 4, with the rules that came after 3.8 (`1-x1` is `1-x-1`, `.x` is `-x`
//! at the end, only a zero before a qualifier is dropped).
//!
//! A version is a list of numbers and qualifiers that may end in a deeper list; `-` and each change between digits and
//! letters open one. Ends of lists that mean nothing are trimmed, and at the same place a qualifier comes before a
//! list, a list before a number. Known qualifiers: `alpha beta milestone rc snapshot`, the release itself
//! (`ga`, `final`, `release`), `sp`, then all others by name.
//!
//! Maven's own comparison contradicts itself for odd versions (`1 < 1.x.2 < 1-alpha < 1`, `1-ga-1 = 1 = 1-ga-2`). Here
//! the sign against the end of the list decides first, so that the order is total; everywhere else it is Maven's.

use std::cmp::Ordering;

use crate::number;

pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let (a, b) = (parse(a.as_bytes()), parse(b.as_bytes()));
    for at in 0..=a.len().max(b.len()) {
        let (step_a, step_b) = (a.get(at).copied().unwrap_or(Step::END), b.get(at).copied().unwrap_or(Step::END));
        let order = step_a.tier().cmp(&step_b.tier());
        if order.is_ne() || step_a.sign.is_eq() {
            return order;
        }
        let order = compare_items(step_a.item, step_b.item);
        if order.is_ne() {
            return order;
        }
    }
    Ordering::Equal
}

/// Maven takes everything. Not a version: nothing, blanks, and a property that nobody filled in (`${revision}`).
pub(crate) fn is_valid(version: &str) -> bool {
    !version.is_empty() && !version.contains(|c: char| c.is_whitespace() || c.is_control() || "${}".contains(c))
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Item<'a> {
    Qualifier(&'a [u8]),
    /// A qualifier and its number in one: `rc1`, `rc-1`.
    Numbered(&'a [u8], &'a [u8]),
    /// The rest is a deeper list.
    Open,
    Number(&'a [u8]),
}

/// An item, and how all that starts with it compares to nothing at all.
#[derive(Clone, Copy)]
struct Step<'a> {
    item: Item<'a>,
    sign: Ordering,
}

impl Step<'_> {
    const END: Self = Self { item: Item::Open, sign: Ordering::Equal };

    fn tier(&self) -> (Ordering, u8) {
        match (self.sign, self.item) {
            (Ordering::Equal, _) => (Ordering::Equal, 0),
            (sign, Item::Qualifier(_) | Item::Numbered(..)) => (sign, 0),
            (sign, Item::Open) => (sign, 1),
            (sign, Item::Number(_)) => (sign, 2),
        }
    }
}

/// The list with its deeper lists, flat: a deeper list always comes last.
fn parse(version: &[u8]) -> Vec<Step<'_>> {
    let items = split(version);
    let mut steps: Vec<Step<'_>> = Vec::with_capacity(items.len());
    // From the end: a zero means nothing before the end, and before a qualifier here or at the start of a deeper list.
    for item in items.into_iter().rev() {
        let next = |back: usize| steps.len().checked_sub(back).and_then(|at| steps.get(at)).map(|step| step.item);
        let dropped = match item {
            Item::Number(digits) if number::significant(digits).is_empty() => match next(1) {
                None | Some(Item::Qualifier(_)) => true,
                Some(Item::Open) => matches!(next(2), Some(Item::Qualifier(_) | Item::Numbered(..))),
                Some(_) => false,
            },
            Item::Open => steps.is_empty(),
            _ => false,
        };
        if !dropped {
            let rest = steps.last().map_or(Ordering::Equal, |step| step.sign);
            steps.push(Step { item, sign: sign(item).then(rest) });
        }
    }
    steps.reverse();
    steps
}

fn split(version: &[u8]) -> Vec<Item<'_>> {
    let mut items: Vec<Item<'_>> = Vec::new();
    let mut start = 0;
    let mut digits = false;
    let mut joined = false;
    let cut = |joined: bool, digits: bool, from: usize, to: usize| item(joined, digits, version.get(from..to));
    let open = |items: &mut Vec<Item<'_>>| {
        if items.last().is_some_and(|last| *last != Item::Open) {
            items.push(Item::Open);
        }
    };
    for (at, byte) in version.iter().enumerate() {
        match byte {
            b'.' => {
                items.push(if at == start { Item::Number(b"") } else { cut(joined, digits, start, at) });
                joined = false;
                start = at + 1;
            }
            b'-' if at > start && !digits && version.get(at + 1).is_some_and(u8::is_ascii_digit) => joined = true,
            b'-' => {
                items.push(if at == start { Item::Number(b"") } else { cut(joined, digits, start, at) });
                joined = false;
                start = at + 1;
                open(&mut items);
            }
            b'0'..=b'9' => {
                if !digits && at > start {
                    joined = true;
                    open(&mut items);
                }
                digits = true;
            }
            _ => {
                if digits && at > start {
                    items.push(cut(joined, true, start, at));
                    start = at;
                    open(&mut items);
                    joined = false;
                }
                digits = false;
            }
        }
    }
    if start < version.len() {
        if !digits {
            open(&mut items);
        }
        items.push(cut(joined, digits, start, version.len()));
    }
    items
}

fn item(joined: bool, digits: bool, text: Option<&[u8]>) -> Item<'_> {
    let text = text.unwrap_or_default();
    if joined {
        let (word, count) = text.split_at(text.iter().position(u8::is_ascii_digit).unwrap_or(text.len()));
        Item::Numbered(word.strip_suffix(b"-").unwrap_or(word), count)
    } else if digits {
        Item::Number(text)
    } else {
        Item::Qualifier(text)
    }
}

fn sign(item: Item<'_>) -> Ordering {
    match item {
        Item::Open => Ordering::Equal,
        Item::Number(digits) => number::compare(digits, b""),
        Item::Qualifier(word) => rank(word, false).cmp(&RELEASE),
        Item::Numbered(word, digits) => rank(word, true).cmp(&RELEASE).then_with(|| number::compare(digits, b"")),
    }
}

/// Of items in the same tier.
fn compare_items(a: Item<'_>, b: Item<'_>) -> Ordering {
    match (a, b) {
        (Item::Number(a), Item::Number(b)) => number::compare(a, b),
        (Item::Qualifier(a), Item::Qualifier(b)) => compare_words(a, false, b, false),
        (Item::Qualifier(a), Item::Numbered(b, _)) => compare_words(a, false, b, true).then(Ordering::Less),
        (Item::Numbered(a, _), Item::Qualifier(b)) => compare_words(a, true, b, false).then(Ordering::Greater),
        (Item::Numbered(word_a, a), Item::Numbered(word_b, b)) => {
            compare_words(word_a, true, word_b, true).then_with(|| number::compare(a, b))
        }
        // Both open a list; other mixtures are of different tiers.
        _ => Ordering::Equal,
    }
}

const RELEASE: u8 = 5;
const OTHER: u8 = 7;

/// One letter stands for its qualifier only before a number (`a1`).
fn rank(word: &[u8], numbered: bool) -> u8 {
    let is = |name: &str| word.eq_ignore_ascii_case(name.as_bytes());
    match () {
        () if is("alpha") || numbered && is("a") => 0,
        () if is("beta") || numbered && is("b") => 1,
        () if is("milestone") || numbered && is("m") => 2,
        () if is("rc") || is("cr") => 3,
        () if is("snapshot") => 4,
        () if is("") || is("ga") || is("final") || is("release") => RELEASE,
        () if is("sp") => 6,
        () => OTHER,
    }
}

fn compare_words(a: &[u8], numbered_a: bool, b: &[u8], numbered_b: bool) -> Ordering {
    let (rank_a, rank_b) = (rank(a, numbered_a), rank(b, numbered_b));
    rank_a.cmp(&rank_b).then_with(|| {
        if rank_a == OTHER {
            a.iter().map(u8::to_ascii_lowercase).cmp(b.iter().map(u8::to_ascii_lowercase))
        } else {
            Ordering::Equal
        }
    })
}
