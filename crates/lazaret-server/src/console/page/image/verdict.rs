//! The verdict with its reasons, by rule.

use lazaret_model::{Digest, Reason, Repository};

use crate::console::{
    look::outcome_word,
    place::Place,
    stored::Stored,
    text::{Moment, cut},
    visit::Visit,
};

/// Reasons of one rule that stand open; the rest are folded.
const OPEN: usize = 4;

/// Reasons of one rule on the page; the decision lists all.
const MAX_REASONS: usize = 200;

/// Longest message, in characters.
const MESSAGE: usize = 400;

pub(super) struct VerdictView {
    pub outcome: &'static str,
    pub word: &'static str,
    pub policy: String,
    /// Why it is not allowed.
    pub reasons: Vec<Rule>,
    pub warnings: Vec<Rule>,
    pub observations: Vec<Rule>,
    pub decision_path: String,
    pub decision_short: String,
    pub judged: Moment,
}

/// What one rule has to say.
pub(super) struct Rule {
    pub id: String,
    pub open: Vec<String>,
    pub folded: Vec<String>,
    /// Not on the page at all.
    pub more: usize,
}

impl VerdictView {
    pub(super) fn of(stored: &Stored, name: &Repository, digest: &Digest, visit: &Visit) -> Self {
        let (inputs, verdict) = (&stored.decision.inputs, &stored.decision.verdict);
        Self {
            outcome: verdict.outcome.name(),
            word: outcome_word(verdict.outcome),
            policy: cut(&inputs.policy_name, 60),
            reasons: by_rule(&verdict.reasons),
            warnings: by_rule(&verdict.warnings),
            observations: by_rule(&verdict.observations),
            decision_path: Place::Decision(name.clone(), digest.clone(), stored.signed.id.clone()).to_string(),
            decision_short: stored.signed.id.short().to_owned(),
            judged: Moment::of(inputs.clock, visit.now),
        }
    }
}

/// The rules with the fewest faults first: one that stands alone must not drown among vulnerabilities.
fn by_rule(reasons: &[Reason]) -> Vec<Rule> {
    let mut groups: Vec<(&str, Vec<&str>)> = Vec::new();
    for reason in reasons {
        match groups.iter_mut().find(|(rule, _)| *rule == reason.rule) {
            Some((_, messages)) => messages.push(&reason.message),
            None => groups.push((&reason.rule, vec![&reason.message])),
        }
    }
    groups.sort_by_key(|(_, messages)| messages.len());
    let shown = |messages: &[&str]| messages.iter().map(|message| cut(message, MESSAGE)).collect::<Vec<_>>();
    let rule = |(id, messages): (&str, Vec<&str>)| {
        // One folded line would take the room that it saves.
        let open = if messages.len() <= OPEN + 1 { messages.len() } else { OPEN };
        let end = messages.len().min(MAX_REASONS);
        Rule {
            id: cut(id, 60),
            open: shown(&messages[..open]),
            folded: shown(&messages[open..end]),
            more: messages.len() - end,
        }
    };
    groups.into_iter().map(rule).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_reasons_of_one_rule_are_folded_and_come_last() {
        let reason = |rule: &str, n: usize| Reason { rule: rule.to_owned(), message: n.to_string() };
        let mut reasons: Vec<_> = (0..300).map(|n| reason("known_vulnerability", n)).collect();
        reasons.push(reason("root_user", 0));
        let rules = by_rule(&reasons);
        let sizes: Vec<_> = rules.iter().map(|r| (r.id.as_str(), r.open.len(), r.folded.len(), r.more)).collect();
        assert_eq!(sizes, [("root_user", 1, 0, 0), ("known_vulnerability", 4, 196, 100)]);
    }
}
