use lazaret_assess::OsSupport;

use super::{Shown, messages};
use crate::sample::{deb, subject};

fn support(eol: Option<&str>, extended: Option<&str>) -> OsSupport {
    OsSupport {
        product: "debian".to_owned(),
        cycle: "12".to_owned(),
        eol_from: eol.map(str::to_owned),
        extended_from: extended.map(str::to_owned),
        feed: "endoflife".to_owned(),
    }
}

fn found(support: &OsSupport, extended_support: bool) -> Vec<String> {
    let subject = subject([deb("libc6", "2.36", "glibc")]);
    messages("end_of_life_os", &subject, &Shown { os_support: Some(support), extended_support, ..Shown::default() })
}

/// The clock of the tests stands at 2026-11-24T08:00:00Z.
#[test]
fn the_day_counts() {
    let ended = ["debian 12 is past its end of life since 2026-11-24"];
    assert_eq!(found(&support(Some("2026-11-24"), None), false), ended);
    assert!(found(&support(Some("2026-11-25"), None), false).is_empty());
    assert!(found(&support(None, None), false).is_empty());
}

#[test]
fn extended_support_counts_only_by_setting() {
    let ended = support(Some("2026-06-10"), Some("2028-06-30"));
    let hint =
        "debian 12 is past its end of life since 2026-06-10; extended support, if you have it, lasts until 2028-06-30";
    assert_eq!(found(&ended, false), [hint]);
    assert!(found(&ended, true).is_empty());
    let over = support(Some("2020-06-10"), Some("2024-06-30"));
    assert_eq!(found(&over, true), ["debian 12 is past its end of life since 2024-06-30"]);
    // Without a date of its own, extended support ends with the support.
    assert_eq!(found(&support(Some("2020-01-01"), None), true).len(), 1);
}

#[test]
fn no_operating_system_has_no_end() {
    let support = support(Some("2020-01-01"), None);
    let shown = Shown { os_support: Some(&support), ..Shown::default() };
    assert!(messages("end_of_life_os", &subject([]), &shown).is_empty());
}
