//! Something was not looked at, not understood, or could not be judged. Nothing unknown counts as clean.

use lazaret_model::{Identified, Level, Problem, ProblemKind};

use crate::{Fault, Levels, Rule, RuleInput, Weight};

/// Rule `incomplete_scan`. No level turns an incomplete verdict into allow.
pub(crate) struct IncompleteScan;

/// How many problems of one kind are spelled out; the decision lists all.
const SHOWN: usize = 5;

impl Rule for IncompleteScan {
    fn id(&self) -> &'static str {
        "incomplete_scan"
    }

    fn doc(&self) -> &'static str {
        "Part of the image could not be read or judged; the verdict is incomplete, never allow"
    }

    fn levels(&self) -> Levels {
        Levels { production: Level::Deny, staging: Level::Deny, observe: Level::Deny }
    }

    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault> {
        let mut kinds: Vec<(ProblemKind, Vec<&Problem>)> = Vec::new();
        for problem in input.problems {
            match kinds.iter_mut().find(|(kind, _)| *kind == problem.kind) {
                Some((_, problems)) => problems.push(problem),
                None => kinds.push((problem.kind, vec![problem])),
            }
        }
        let incomplete = |message| Fault { message, weight: Weight::Incomplete };
        let mut faults: Vec<_> = unidentified(input).into_iter().map(incomplete).collect();
        for (kind, problems) in kinds {
            faults.extend(problems.iter().take(SHOWN).map(|problem| incomplete(message(problem))));
            if problems.len() > SHOWN {
                faults.push(incomplete(format!(
                    "{}: {} more problems of this kind",
                    kind.name(),
                    problems.len() - SHOWN
                )));
            }
        }
        faults
    }
}

/// Too much of what can execute belongs to no known component: nobody can say whether it is vulnerable.
fn unidentified(input: &RuleInput<'_>) -> Option<String> {
    let Identified { bytes, of, unknown, .. } = input.subject.inventory.identified.as_ref()?;
    let wanted = u64::from(input.options.identified_percent?);
    // whole numbers: the same on every machine
    if bytes.saturating_mul(100) >= wanted.saturating_mul(*of) {
        return None;
    }
    let percent = bytes.saturating_mul(1000) / (*of).max(1);
    let largest: Vec<_> =
        unknown.iter().take(SHOWN).map(|file| format!("{} ({} bytes)", file.path, file.bytes)).collect();
    Some(format!(
        "identified_share: {}.{} % of the bytes that can execute belong to a known component, {wanted} % are required; \
         unknown: {}",
        percent / 10,
        percent % 10,
        largest.join(", ")
    ))
}

fn message(problem: &Problem) -> String {
    let Problem { kind, path, message } = problem;
    if path.is_empty() || message.contains(path.as_str()) {
        format!("{}: {message}", kind.name())
    } else {
        format!("{}: {path}: {message}", kind.name())
    }
}
