//! Whatever the strings: reflexive, antisymmetric, transitive, no panic, and no more than linear time.

use std::cmp::Ordering;

use lazaret_version::Scheme;
use proptest::prelude::*;

/// Strings that look enough like versions to reach every branch, and some that do not.
fn version() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "0",
        "1",
        "2",
        "10",
        "00",
        "01",
        "09",
        "20231009",
        "340282366920938463463374607431768211456",
        "a",
        "b",
        "m",
        "x",
        "xyz",
        "alpha",
        "beta",
        "rc",
        "cr",
        "pre",
        "dev",
        "post",
        "rev",
        "sp",
        "ga",
        "final",
        "RELEASE",
        "snapshot",
        "p",
        "git",
        "cvs",
        "r1",
        "go",
        "v",
        "~",
        "~~",
        "^",
        "^git",
        "!",
        ":",
        "1:",
        "+",
        "-",
        "--",
        ".",
        "..",
        "_",
        "-r1",
        "-0",
        "_p1",
        "_alpha",
        ".Final",
        "=",
        " ",
        "é",
        "\u{1F980}",
        "\0",
        "A",
        "Z",
        "-rc.1",
        "+incompatible",
    ]);
    prop_oneof![
        8 => prop::collection::vec(word, 0..7).prop_map(|words| words.concat()),
        1 => any::<String>(),
        1 => "[0-9a-c.~_+-]{0,12}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn compare_is_a_total_preorder(a in version(), b in version(), c in version()) {
        for scheme in Scheme::ALL {
            let (ab, bc, ac) = (scheme.compare(&a, &b), scheme.compare(&b, &c), scheme.compare(&a, &c));
            prop_assert_eq!(scheme.compare(&a, &a), Ordering::Equal, "{} {:?}", scheme, a);
            prop_assert_eq!(scheme.compare(&b, &a), ab.reverse(), "{} {:?} {:?}", scheme, a, b);
            if ab == bc || bc.is_eq() {
                prop_assert_eq!(ac, ab, "{} {:?} {:?} {:?}", scheme, a, b, c);
            } else if ab.is_eq() {
                prop_assert_eq!(ac, bc, "{} {:?} {:?} {:?}", scheme, a, b, c);
            }
        }
    }

    #[test]
    fn validity_never_panics(version in version()) {
        for scheme in Scheme::ALL {
            scheme.is_valid(&version);
        }
    }

    /// Three unrelated strings seldom meet; three that differ in one place do.
    #[test]
    fn neighbours_are_in_one_order(head in version(), a in version(), b in version(), c in version(), tail in version()) {
        let [a, b, c] = [a, b, c].map(|middle| format!("1.{head}{middle}{tail}"));
        for scheme in Scheme::ALL {
            let mut sorted = [&a, &b, &c];
            sorted.sort_by(|x, y| scheme.compare(x, y));
            let [low, middle, high] = sorted;
            prop_assert!(scheme.compare(low, middle).is_le() && scheme.compare(middle, high).is_le());
            prop_assert!(scheme.compare(low, high).is_le(), "{} {:?}", scheme, sorted);
            if scheme.compare(low, high).is_eq() {
                prop_assert!(scheme.compare(low, middle).is_eq(), "{} {:?}", scheme, sorted);
            }
        }
    }
}

#[test]
fn hostile_lengths_take_linear_time() {
    for unit in ["1.", "0.", "-0.0", "1-a", "a1", ".ga", "~", "_p1", "-", "1:", "rc", "+a", "^"] {
        let long = format!("1{}", unit.repeat(200_000));
        for scheme in Scheme::ALL {
            assert_eq!(scheme.compare(&long, &long.clone()), Ordering::Equal, "{scheme} {unit}");
            let other = format!("{long}1");
            assert_eq!(scheme.compare(&long, &other), scheme.compare(&other, &long).reverse(), "{scheme} {unit}");
            scheme.is_valid(&long);
        }
    }
}

#[test]
fn names_go_both_ways() {
    for scheme in Scheme::ALL {
        assert_eq!(scheme.name().parse(), Ok(scheme));
    }
    let unknown = "cobol".parse::<Scheme>().expect_err("cobol is not a scheme");
    assert!(unknown.to_string().contains("expected deb, apk"), "{unknown}");
}
