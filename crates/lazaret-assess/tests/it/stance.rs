//! What the data says of a vulnerability, also where it is no finding.

use lazaret_assess::{JudgeSettings, Stance};
use lazaret_model::{AdvisoryRecord, FindingStatus, PackageType};

use crate::sample::{Records, deb, package, record};

fn stance(record: AdvisoryRecord, id: &str) -> Stance {
    let judge = Records::new([record]).as_judge(JudgeSettings::default());
    judge.stance(&package(PackageType::Npm, "p", "1.0.0"), None, &[id.to_owned()])
}

#[test]
fn of_each_kind() {
    let open = || record("npm", "p", "GHSA-1", &["CVE-1"], None);
    assert_eq!(stance(open(), "CVE-1"), Stance::Affected);
    assert_eq!(stance(open(), "GHSA-1"), Stance::Affected);
    assert_eq!(stance(open(), "CVE-2"), Stance::NoRecord);
    let fixed = record("npm", "p", "GHSA-1", &["CVE-1"], Some("0.9.0"));
    assert_eq!(stance(fixed, "CVE-1"), Stance::OtherVersions(Some("0.9.0".to_owned())));
    let of = |status| AdvisoryRecord { status, ..open() };
    assert_eq!(stance(of(FindingStatus::NotAffected), "CVE-1"), Stance::NotAffected);
    assert_eq!(stance(of(FindingStatus::UnderInvestigation), "CVE-1"), Stance::UnderInvestigation);
    assert_eq!(stance(AdvisoryRecord { informational: true, ..open() }, "CVE-1"), Stance::Informational);
}

#[test]
fn a_package_that_cannot_be_matched() {
    let judge = Records::new([]).as_judge(JudgeSettings::default());
    let stance = judge.stance(&deb("x", "1", "x"), None, &["CVE-1".to_owned()]);
    assert!(matches!(stance, Stance::NotJudged(why) if why.contains("operating system")));
}
