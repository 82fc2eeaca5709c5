//! Something was not looked at, not understood, or could not be judged. Nothing unknown counts as clean.

use lazaret_model::{Level, Problem, ProblemKind};

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
        let mut faults = Vec::new();
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

fn message(problem: &Problem) -> String {
    let Problem { kind, path, message } = problem;
    if path.is_empty() || message.contains(path.as_str()) {
        format!("{}: {message}", kind.name())
    } else {
        format!("{}: {path}: {message}", kind.name())
    }
}
