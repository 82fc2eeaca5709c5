//! Other implementations, where they accept the version at all.

use std::cmp::Ordering;

use lazaret_version::Scheme;
use proptest::prelude::*;

fn count() -> impl Strategy<Value = String> {
    prop_oneof![Just("0".to_owned()), (0_u32..30).prop_map(|number| number.to_string())]
}

fn semver() -> impl Strategy<Value = String> {
    let identifier = prop_oneof![count(), "[a-c]{1,2}[0-9]?", "[0-9a-z-]{1,3}"];
    let pre = prop::option::of(prop::collection::vec(identifier.clone(), 1..4).prop_map(|ids| ids.join(".")));
    let build = prop::option::of(prop::collection::vec(identifier, 1..3).prop_map(|ids| ids.join(".")));
    (0_u8..3, 0_u8..3, 0_u8..3, pre, build).prop_map(|(major, minor, patch, pre, build)| {
        let pre = pre.map_or_else(String::new, |pre| format!("-{pre}"));
        let build = build.map_or_else(String::new, |build| format!("+{build}"));
        format!("{major}.{minor}.{patch}{pre}{build}")
    })
}

fn pep440() -> impl Strategy<Value = String> {
    let part = |names: &'static str| prop::option::of((names, count()).prop_map(|(name, count)| name + &count));
    (
        prop::option::of(0_u8..2),
        prop::collection::vec(count(), 1..4),
        part("[._-]?(a|b|rc|c|alpha|beta|pre|preview)[._-]?"),
        part("(-|[._-]?(post|rev|r)[._-]?)"),
        part("[._-]?dev[._-]?"),
        prop::option::of("[a-c0-9]{1,3}([._-][a-c0-9]{1,2}){0,2}"),
    )
        .prop_map(|(epoch, release, pre, post, dev, local)| {
            let epoch = epoch.map_or_else(String::new, |epoch| format!("{epoch}!"));
            let local = local.map_or_else(String::new, |local| format!("+{local}"));
            let [pre, post, dev] = [pre, post, dev].map(Option::unwrap_or_default);
            format!("{epoch}{}{pre}{post}{dev}{local}", release.join("."))
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn semver_agrees_with_the_semver_crate(a in semver(), b in semver()) {
        let parsed = (semver::Version::parse(&a), semver::Version::parse(&b));
        for scheme in [Scheme::Semver, Scheme::Npm, Scheme::Go] {
            prop_assert_eq!(Scheme::Semver.is_valid(&a), parsed.0.is_ok(), "{}", a);
            if let (Ok(x), Ok(y)) = &parsed {
                prop_assert_eq!(scheme.compare(&a, &b), x.cmp_precedence(y), "{} {} {}", scheme, a, b);
            }
        }
    }

    #[test]
    fn pep440_agrees_with_pep440_rs(a in pep440(), b in pep440()) {
        let parsed = (a.parse::<pep440_rs::Version>(), b.parse::<pep440_rs::Version>());
        prop_assert_eq!(Scheme::Pep440.is_valid(&a), parsed.0.is_ok(), "{}", a);
        if let (Ok(x), Ok(y)) = &parsed {
            prop_assert_eq!(Scheme::Pep440.compare(&a, &b), x.cmp(y), "{} {}", a, b);
        }
    }

    /// One order for all of semver.org's grammar, so that npm, Go and crates.io never disagree about it.
    #[test]
    fn legacy_python_versions_come_first(legacy in "[0-9.]{0,3}[a-z]{3,6}", valid in pep440()) {
        if !Scheme::Pep440.is_valid(&legacy) {
            prop_assert_eq!(Scheme::Pep440.compare(&legacy, &valid), Ordering::Less);
        }
    }
}
