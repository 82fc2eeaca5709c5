//! What could not be judged, and what that does to the verdict.

use std::sync::Arc;

use lazaret_advisory::AdvisoryDb;
use lazaret_assess::{Judge, JudgeSettings, Judgement, Policy, Subject};
use lazaret_model::{Level, OsRelease, Outcome, Package, PackageType, Problem, ProblemKind};

use crate::sample::{Records, accepting, days_ago, deb, debian, max_age, now, package, record, subject};

fn kinds(judgement: &Judgement) -> Vec<(&'static str, String)> {
    judgement.decision.problems.iter().map(|p| (p.kind.name(), p.path.clone())).collect()
}

fn outcome(judgement: &Judgement) -> Outcome {
    judgement.decision.verdict.outcome
}

fn vulnerable() -> Subject {
    subject([package(PackageType::Npm, "p", "1.0.0")])
}

fn advisory() -> lazaret_model::AdvisoryRecord {
    record("npm", "p", "GHSA-1", &["CVE-1"], None)
}

#[test]
fn the_starter_set_clears_no_image_but_denies() {
    for clean in [subject([]), subject([package(PackageType::Npm, "q", "1.0.0")])] {
        let starter = Records::starter([advisory()]);
        let judgement = starter.judge(&clean);
        assert_eq!(outcome(&judgement), Outcome::Incomplete);
        assert_eq!(kinds(&judgement), [("advisories_starter", String::new())]);
        assert!(!judgement.decision.inputs.advisories_starter_accepted);
        let accepted = starter.judge_with(&clean, accepting());
        assert_eq!((outcome(&accepted), kinds(&accepted)), (Outcome::Allow, Vec::new()));
        assert!(accepted.decision.inputs.advisories_starter_accepted);
    }
    let judgement = Records::starter([advisory()]).judge(&vulnerable());
    assert_eq!(outcome(&judgement), Outcome::Deny);
    let rules: Vec<_> = judgement.decision.verdict.reasons.iter().map(|reason| reason.rule.as_str()).collect();
    assert_eq!(rules, ["known_vulnerability", "incomplete_scan"], "what was incomplete is still said");
}

#[test]
fn accepting_the_starter_set_does_not_excuse_real_feeds() {
    let mut records = Records::new([]);
    records.info.feeds.clear();
    let judgement = records.judge_with(&vulnerable(), accepting());
    assert_eq!(kinds(&judgement), [("advisories_missing", "npm".to_owned())]);
    assert!(!judgement.decision.inputs.advisories_starter_accepted);
}

#[test]
fn an_ecosystem_without_a_feed_is_incomplete() {
    let image = subject([package(PackageType::Maven, "g:a", "1"), deb("libc6", "2.36", "glibc")]);
    let judgement = Records::new([]).judge(&image);
    assert_eq!(kinds(&judgement), [("advisories_missing", "Maven".to_owned())]);
    assert_eq!(outcome(&judgement), Outcome::Incomplete);
    for (kind, ecosystem) in [
        (PackageType::Maven, "Maven"),
        (PackageType::Gem, "RubyGems"),
        (PackageType::Cargo, "crates.io"),
        (PackageType::Composer, "Packagist"),
        (PackageType::Nuget, "NuGet"),
        (PackageType::Hex, "Hex"),
        (PackageType::Swift, "SwiftURL"),
        // for these there is no feed at all
        (PackageType::Luarocks, "luarocks"),
        (PackageType::Otp, "otp"),
        (PackageType::Wordpress, "wordpress"),
    ] {
        let judgement = Records::new([]).judge(&subject([package(kind, "p", "1.0.0")]));
        assert_eq!(kinds(&judgement), [("advisories_missing", ecosystem.to_owned())]);
        assert_eq!(outcome(&judgement), Outcome::Incomplete);
    }
    // What a later layer removed needs no feed.
    let gone = Package { removed_in: Some(crate::sample::digest(11)), ..package(PackageType::Maven, "g:a", "1") };
    assert_eq!(outcome(&Records::new([]).judge(&subject([gone]))), Outcome::Allow);
}

#[test]
fn an_empty_image_needs_no_feed() {
    let mut records = Records::new([]);
    records.info.feeds.clear();
    assert_eq!(outcome(&records.judge(&subject([]))), Outcome::Allow);
}

#[test]
fn a_feed_is_stale_after_its_age_and_only_where_it_matters() {
    let mut records = Records::new([]);
    for feed in &mut records.info.feeds {
        feed.checked = days_ago(if feed.name == "osv:npm" { 8 } else { 400 });
    }
    let image = subject([package(PackageType::Npm, "q", "1.0.0")]);
    let judgement = records.judge(&image);
    assert_eq!(kinds(&judgement), [("advisories_stale", "osv:npm".to_owned())]);
    assert_eq!(outcome(&judgement), Outcome::Incomplete);
    assert!(judgement.decision.problems[0].message.contains("over 7 d ago"), "{:?}", judgement.decision.problems);
    assert_eq!(outcome(&records.judge_with(&image, max_age(8))), Outcome::Allow);
    // Checked after the moment of the judgement: a replay of the past, not an old feed.
    records.info.feeds[2].checked = days_ago(-30);
    assert_eq!(outcome(&records.judge(&image)), Outcome::Allow);
}

#[test]
fn any_problem_of_the_inventory_counts_under_every_policy() {
    let mut image = subject([]);
    image.inventory.problems = vec![Problem::new(ProblemKind::HostileEntry, "../x", "leaves the root")];
    let judge = Records::new([]).as_judge(JudgeSettings::default());
    for name in Policy::names() {
        let judgement = judge.judge(&image, &Policy::named(name).unwrap(), now()).unwrap();
        assert_eq!(outcome(&judgement), Outcome::Incomplete, "{name}");
        assert_eq!(judgement.decision.verdict.reasons.len(), 1, "{name}");
    }
    let mut silent = Policy::named("production").unwrap();
    silent.rules.remove("incomplete_scan");
    assert_eq!(outcome(&judge.judge(&image, &silent, now()).unwrap()), Outcome::Incomplete);
}

#[test]
fn an_operating_system_is_known_or_not_there() {
    let mut nameless = subject([deb("libc6", "2.36", "glibc")]);
    nameless.inventory.os = None;
    assert_eq!(kinds(&Records::new([]).judge(&nameless)), [("os_unknown", String::new())]);
    let mut strange = subject([deb("libc6", "2.36", "glibc")]);
    strange.inventory.os.as_mut().unwrap().stream = None;
    assert_eq!(kinds(&Records::new([]).judge(&strange)), [("os_unknown", "usr/lib/os-release".to_owned())]);
    // os-release, but a package manager that no detector reads.
    let mut unread = subject([]);
    unread.inventory.os = Some(crate::sample::debian());
    assert_eq!(kinds(&Records::new([]).judge(&unread)), [("os_unknown", "usr/lib/os-release".to_owned())]);
    // The inventory's own word is not repeated.
    unread.inventory.problems = vec![Problem::new(ProblemKind::OsUnknown, "x", "no package database")];
    assert_eq!(kinds(&Records::new([]).judge(&unread)), [("os_unknown", "x".to_owned())]);
}

#[test]
fn an_unknown_version_matters_where_there_are_advisories() {
    let devel = |name| subject([Package { uncertain: true, ..package(PackageType::Golang, name, "") }]);
    let records = Records::new([record("Go", "example.com/known", "GO-1", &["CVE-1"], None)]);
    let judgement = records.judge(&devel("example.com/known"));
    assert_eq!(kinds(&judgement), [("version_unknown", "srv/example.com/known".to_owned())]);
    assert_eq!(outcome(&judgement), Outcome::Incomplete);
    assert_eq!(outcome(&records.judge(&devel("example.com/ours"))), Outcome::Allow);
    // The inventory says it too; it is settled just the same, but not beside a package that matters.
    let unknown = Problem::new(ProblemKind::VersionUnknown, "srv/example.com/ours", "the version is not known");
    let mut said = devel("example.com/ours");
    said.inventory.problems = vec![unknown.clone()];
    assert_eq!(outcome(&records.judge(&said)), Outcome::Allow);
    let mut both = package(PackageType::Golang, "example.com/known", "");
    both.evidence[0].path = "srv/example.com/ours".to_owned();
    said.inventory.packages.push(both);
    assert_eq!(records.judge(&said).decision.problems, [unknown]);
    // Names of other ecosystems may be guesses, so silence about them settles nothing.
    let jar = subject([package(PackageType::Npm, "ours", "")]);
    assert_eq!(kinds(&records.judge(&jar)), [("version_unknown", "srv/ours".to_owned())]);
    // A package database that gives no version is broken, whatever the name.
    let judgement = records.judge(&subject([deb("ours", "", "ours")]));
    assert_eq!(kinds(&judgement), [("version_unknown", "srv/ours".to_owned())]);
}

#[test]
fn a_branch_of_a_php_package_matters_where_there_are_advisories() {
    let mut records = Records::new([record("Packagist", "acme/known", "GHSA-1", &[], Some("2.0.0"))]);
    let branch = |name| subject([package(PackageType::Composer, name, "dev-main")]);
    let judgement = records.judge(&branch("acme/ours"));
    assert_eq!(kinds(&judgement), [("advisories_missing", "Packagist".to_owned())], "silence needs a feed");
    records.info.feeds[0].ecosystems.push("Packagist".to_owned());
    let judgement = records.judge(&branch("Acme/Known"));
    assert_eq!(kinds(&judgement), [("version_unknown", "srv/Acme/Known".to_owned())]);
    assert_eq!(outcome(&judgement), Outcome::Incomplete);
    assert_eq!(outcome(&records.judge(&branch("acme/ours"))), Outcome::Allow);
    let released = subject([package(PackageType::Composer, "acme/known", "v1.9.0")]);
    assert_eq!(outcome(&records.judge(&released)), Outcome::Deny);
}

#[test]
fn levels_sort_faults() {
    let mut image = vulnerable();
    image.facts.user.clear();
    let judge = Records::new([advisory()]).as_judge(JudgeSettings::default());
    let counts = |name: &str| {
        let verdict = judge.judge(&image, &Policy::named(name).unwrap(), now()).unwrap().decision.verdict;
        (verdict.outcome, verdict.reasons.len(), verdict.warnings.len(), verdict.observations.len())
    };
    assert_eq!(counts("production"), (Outcome::Deny, 2, 0, 0));
    assert_eq!(counts("staging"), (Outcome::Allow, 0, 2, 0), "no fix: a warning");
    assert_eq!(counts("observe"), (Outcome::Allow, 0, 0, 2));
    let mut mixed = Policy::named("production").unwrap();
    mixed.rules.insert("root_user".to_owned(), Level::Warn);
    let verdict = judge.judge(&image, &mixed, now()).unwrap().decision.verdict;
    assert_eq!((verdict.reasons.len(), verdict.warnings.len()), (1, 1));
}

/// No feed answers for a system with rpm yet, whatever is accepted, and however the policy is.
#[test]
fn an_image_with_rpm_packages_is_never_allowed() {
    let bash = package(PackageType::Rpm, "bash", "5.1.8-9.el9");
    let of = |stream: Option<&str>, packages: &[Package]| {
        let mut image = subject(packages.iter().cloned());
        let system = OsRelease { id: "rocky".to_owned(), stream: stream.map(str::to_owned), ..debian() };
        image.inventory.os = Some(system);
        image.inventory.os_packages = true;
        image
    };
    let starter = || Arc::new(AdvisoryDb::starter().unwrap());
    for (stream, kind, path) in [
        (Some("Rocky Linux:9"), "advisories_missing", "Rocky Linux:9"),
        (Some("SUSE:Linux Enterprise Server 15 SP5"), "advisories_missing", "SUSE:Linux Enterprise Server 15 SP5"),
        (Some("Debian:12"), "os_unknown", "usr/lib/os-release"),
        (None, "os_unknown", "usr/lib/os-release"),
    ] {
        let image = of(stream, std::slice::from_ref(&bash));
        let wanted = [(kind, path.to_owned())];
        for name in Policy::names() {
            let policy = Policy::named(name).unwrap();
            for judge in [
                Records::new([]).as_judge(JudgeSettings::default()),
                Records::new([]).as_judge(accepting()),
                Records::starter([]).as_judge(accepting()),
                Judge::new(starter(), accepting()),
            ] {
                let judgement = judge.judge(&image, &policy, now()).unwrap();
                assert_eq!((outcome(&judgement), kinds(&judgement)), (Outcome::Incomplete, wanted.to_vec()), "{name}");
            }
        }
    }
    // not even a package is needed: the system alone asks for its feed
    let judgement = Records::starter([]).judge_with(&of(Some("Fedora:40"), &[]), accepting());
    assert_eq!(kinds(&judgement), [("advisories_missing", "Fedora:40".to_owned())]);
    // packages without any system
    let mut nameless = subject([bash]);
    nameless.inventory.os = None;
    assert_eq!(outcome(&Records::new([]).judge(&nameless)), Outcome::Incomplete);
}
