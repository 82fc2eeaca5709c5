use lazaret_assess::Weight;
use lazaret_model::{Identified, Problem, ProblemKind, UnknownFile};

use super::{Shown, faults, messages};
use crate::sample::subject;

#[test]
fn each_problem_is_said_with_its_path() {
    let problems = [
        Problem::new(ProblemKind::ParseError, "app/x.jar", "not a zip archive"),
        Problem::new(ProblemKind::AdvisoriesMissing, "Maven", "no advisory feed has data for Maven"),
    ];
    let shown = Shown { problems: &problems, ..Shown::default() };
    assert_eq!(
        messages("incomplete_scan", &subject([]), &shown),
        ["parse_error: app/x.jar: not a zip archive", "advisories_missing: no advisory feed has data for Maven"]
    );
    let faults = faults("incomplete_scan", &subject([]), &shown);
    assert!(faults.iter().all(|fault| fault.weight == Weight::Incomplete));
}

#[test]
fn too_little_is_identified() {
    let with = |bytes| {
        let mut subject = subject([]);
        let unknown = vec![UnknownFile { path: "opt/x".to_owned(), bytes: 100 - bytes }];
        subject.inventory.identified = Some(Identified { bytes, of: 100, share: 0.0, unknown });
        subject
    };
    assert!(messages("incomplete_scan", &with(95), &Shown::default()).is_empty());
    let wanted = "identified_share: 94.0 % of the bytes that can execute belong to a known component, 95 % are required; \
                  unknown: opt/x (6 bytes)";
    assert_eq!(messages("incomplete_scan", &with(94), &Shown::default()), [wanted]);
    assert!(messages("incomplete_scan", &with(0), &Shown { policy: Some("staging"), ..Shown::default() }).is_empty());
}

#[test]
fn many_of_one_kind_are_counted() {
    let problem = |n: u32| Problem::new(ProblemKind::HostileEntry, format!("x{n}"), "leaves the root");
    let problems: Vec<_> = (0..20).map(problem).collect();
    let said = messages("incomplete_scan", &subject([]), &Shown { problems: &problems, ..Shown::default() });
    assert_eq!(said.len(), 6);
    assert_eq!(said[5], "hostile_entry: 15 more problems of this kind");
}
