use lazaret_assess::Weight;
use lazaret_model::{Problem, ProblemKind};

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
fn many_of_one_kind_are_counted() {
    let problem = |n: u32| Problem::new(ProblemKind::HostileEntry, format!("x{n}"), "leaves the root");
    let problems: Vec<_> = (0..20).map(problem).collect();
    let said = messages("incomplete_scan", &subject([]), &Shown { problems: &problems, ..Shown::default() });
    assert_eq!(said.len(), 6);
    assert_eq!(said[5], "hostile_entry: 15 more problems of this kind");
}
