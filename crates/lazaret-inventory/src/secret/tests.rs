//! Every rule against its cases.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};

use super::{check, in_file, table};

const CASES: &str = include_str!("../../testdata/secrets/cases.txt");

/// The same numbers every time.
pub(super) struct Random(u64);

impl Random {
    fn of(text: &str) -> Self {
        Self(
            text.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)),
        )
    }

    fn next(&mut self) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize
    }

    fn text(&mut self, letters: &str, length: usize) -> String {
        let letters: Vec<char> = letters.chars().collect();
        (0..length).map(|_| letters[self.next() % letters.len()]).collect()
    }
}

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const DIGITS: &str = "0123456789";

/// Fills in `{kind:argument}`.
pub(crate) fn filled(template: &str) -> String {
    let mut random = Random::of(template);
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let made = after.split_once('}').and_then(|(inside, tail)| Some((made(inside, &mut random)?, tail)));
        match made {
            Some((made, tail)) => {
                text.push_str(&made);
                rest = tail;
            }
            None => {
                text.push('{');
                rest = after;
            }
        }
    }
    text.push_str(rest);
    text.replace("\\\\", "\u{1}").replace("\\n", "\n").replace("\\s", " ").replace('\u{1}', "\\")
}

fn made(inside: &str, random: &mut Random) -> Option<String> {
    let (kind, argument) = inside.split_once(':').unwrap_or((inside, ""));
    let count = argument.parse().unwrap_or_default();
    let alnum = format!("{LOWER}{UPPER}{DIGITS}");
    let base64 = format!("{alnum}+/");
    Some(match kind {
        "alnum" => random.text(&alnum, count),
        "alpha" => random.text(&format!("{LOWER}{UPPER}"), count),
        "lower" => random.text(LOWER, count),
        "loweralnum" => random.text(&format!("{LOWER}{DIGITS}"), count),
        "upper" => random.text(&format!("{UPPER}{DIGITS}"), count),
        "b32" => random.text(&format!("{UPPER}234567"), count),
        "bech" => random.text("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", count),
        "b58" => random.text("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz", count),
        "b64" => random.text(&base64, count),
        "url" => random.text(&format!("{alnum}{alnum}_-"), count - 1) + "x",
        "hex" => random.text("0123456789abcdef", count),
        "digits" => "7".to_owned() + &random.text(DIGITS, count - 1),
        "pem" => (0..count).map(|_| random.text(&base64, 64) + "\n").collect(),
        "IQoJ" => "IQoJ".to_owned(),
        "uuid" => {
            let mut part = |length| random.text("0123456789abcdef", length);
            format!("{}-{}-4{}-a{}-{}", part(8), part(4), part(3), part(3), part(12))
        }
        "crc" => {
            let body = random.text(&alnum, 30);
            let sum = check::base62(check::crc32(body.as_bytes()));
            format!("{argument}{body}{}", String::from_utf8_lossy(&sum))
        }
        "basic" => STANDARD.encode(format!("{argument}:{}", random.text(&alnum, 12))),
        "jwt" => {
            let head = URL_SAFE_NO_PAD.encode(format!("{{\"alg\":\"{argument}\"}}"));
            let claims = URL_SAFE_NO_PAD.encode("{\"sub\":\"kiwi\"}");
            format!("{head}.{claims}.{}x", random.text(&alnum, 42))
        }
        "pem64" => STANDARD.encode(format!("-----BEGIN {argument}-----\n{}", random.text(&base64, 200))),
        _ => return None,
    })
}

struct Case {
    found: bool,
    rule: &'static str,
    path: &'static str,
    text: String,
}

fn cases() -> Vec<Case> {
    let case = |line: &'static str| {
        let mut parts = line.splitn(3, ' ');
        let (sign, rule, rest) = (parts.next()?, parts.next()?, parts.next()?);
        let in_path = rest.strip_prefix('[').and_then(|rest| rest.split_once("] "));
        let (path, template) = in_path.unwrap_or(("app/notes", rest));
        Some(Case { found: sign == "+", rule, path, text: filled(template) })
    };
    CASES.lines().map(|line| case(line).unwrap_or_else(|| panic!("{line}"))).collect()
}

#[test]
fn cases_of_every_rule() {
    let mut wrong = Vec::new();
    for case in cases() {
        let found = in_file(case.path, case.text.as_bytes());
        let ids: Vec<_> = found.found.iter().map(|found| found.kind.id).collect();
        if ids.contains(&case.rule) != case.found {
            wrong.push(format!("{} [{}] {}: {ids:?}", case.rule, case.path, case.text));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_cases() {
    let rules: BTreeSet<_> = table::rules().iter().map(|rule| rule.kind.id).collect();
    for found in [true, false] {
        let with: BTreeSet<_> = cases().iter().filter(|case| case.found == found).map(|case| case.rule).collect();
        let without: Vec<_> = rules.difference(&with).collect();
        assert!(without.is_empty(), "{found}: {without:?}");
    }
}

/// What is said about any case holds nothing of the secret beyond its first letters.
#[test]
fn nothing_is_given_away() {
    for case in cases().iter().filter(|case| case.found) {
        for found in in_file(case.path, case.text.as_bytes()).found {
            let shown = found.excerpt.split('…').next().unwrap_or_default();
            assert!(shown.len() <= found.kind.public + 4, "{}: {}", case.rule, found.excerpt);
            assert!(!found.excerpt.contains("kiwi42"), "{}: {}", case.rule, found.excerpt);
        }
    }
}

#[test]
fn in_pieces_as_in_one() {
    use super::{Search, Text};
    let mut text = String::new();
    for case in cases().iter().filter(|case| case.path == "app/notes") {
        text.push_str(&case.text);
        text.push_str("\n\n");
    }
    let mode = Text { path: "app/notes", program: false, setting: false };
    let whole = Search::whole(mode, text.as_bytes());
    let mut pieces = Search::new(mode, text.len() as u64);
    let (step, margin) = (5_000, 16_000);
    for start in (0..text.len()).step_by(step) {
        let (from, to) = (start.saturating_sub(margin), text.len().min(start + step + margin));
        let own = start - from..text.len().min(start + step) - from;
        pieces.piece(&text.as_bytes()[from..to], own);
    }
    assert_eq!(whole.found, pieces.found);
    assert!(whole.found.len() >= 20 && whole.more > 50 && whole.more == pieces.more, "{}", whole.more);
}

#[test]
fn programs_give_only_what_is_sure() {
    let token = filled("ghp_{alnum:36}");
    let mut program = b"\x7fELF\0\0\0\0".to_vec();
    program.extend_from_slice(format!("password=kiwi42\0http://app:kiwi-42-x@acme.io\0{token}\0").as_bytes());
    let found = in_file("usr/bin/x", &program).found;
    assert_eq!(found.iter().map(|found| (found.kind.id, found.line)).collect::<Vec<_>>(), [("github_token", 0)]);
}

#[test]
fn a_flood_ends() {
    let flood = "-----BEGIN PRIVATE KEY-----\n".repeat(200_000);
    let search = in_file("app/x", flood.as_bytes());
    assert!(search.exhausted && search.found.is_empty());
    let tokens: String = (0..5_000).map(|n| filled(&format!("{n} ghp_{{alnum:36}}\n"))).collect();
    let search = in_file("app/x", tokens.as_bytes());
    assert_eq!((search.found.len(), search.more), (20, 1_980), "{search:?}");
}
