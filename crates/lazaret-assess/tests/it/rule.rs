//! One file per rule, named as the rule.

mod end_of_life_os;
mod incomplete_scan;
mod known_vulnerability;
mod malware;
mod modified_file;
mod root_user;
mod secret_in_env;
mod secret_in_file;
mod secret_in_history;
mod ssh_server;

use lazaret_assess::{Fault, OsSupport, Policy, RuleInput, Subject, rules};
use lazaret_model::{Finding, Problem};

use crate::sample::now;

/// What one rule is shown beside the subject; empty unless a test says otherwise.
#[derive(Default)]
struct Shown<'a> {
    findings: &'a [Finding],
    problems: &'a [Problem],
    os_support: Option<&'a OsSupport>,
    extended_support: bool,
    policy: Option<&'a str>,
}

fn faults(id: &str, subject: &Subject, shown: &Shown<'_>) -> Vec<Fault> {
    let rule = rules().iter().find(|rule| rule.id() == id).unwrap();
    rule.faults(&RuleInput {
        subject,
        findings: shown.findings,
        problems: shown.problems,
        options: &Policy::named(shown.policy.unwrap_or(Policy::DEFAULT)).unwrap().options,
        os_support: shown.os_support,
        extended_support: shown.extended_support,
        now: now(),
    })
}

fn messages(id: &str, subject: &Subject, shown: &Shown<'_>) -> Vec<String> {
    faults(id, subject, shown).into_iter().map(|fault| fault.message).collect()
}

#[test]
fn every_rule_has_an_id_of_its_own_and_a_line_of_doc() {
    let mut ids: Vec<_> = rules().iter().map(|rule| rule.id()).collect();
    assert!(rules().iter().all(|rule| !rule.doc().is_empty() && !rule.doc().contains('\n')));
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), rules().len());
}
