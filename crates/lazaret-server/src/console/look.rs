//! How severities and states look. Colour is never the only channel: each has a mark, a pattern and a word.

use lazaret_model::{Decision, ImageState, Outcome, Severity};

/// Class of a layer or a package, from best to worst.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Look {
    Clean,
    /// Nothing was found, but not everything could be looked at.
    Unsure,
    /// Not judged yet.
    Waiting,
    Minor,
    Major,
    Critical,
}

impl Look {
    pub(super) const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Critical,
            Severity::High | Severity::Medium => Self::Major,
            Severity::Low | Severity::Negligible | Severity::Unknown => Self::Minor,
        }
    }

    /// What something without a finding is: nothing unknown counts as clean.
    pub(super) const fn without_finding(decision: &Decision) -> Self {
        if decision.problems.is_empty() { Self::Clean } else { Self::Unsure }
    }

    /// CSS class.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Unsure => "unsure",
            Self::Waiting => "waiting",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }

    pub(crate) const fn mark(self) -> &'static str {
        match self {
            Self::Clean => "✓",
            Self::Unsure => "?",
            Self::Waiting => "…",
            Self::Minor => "●",
            Self::Major => "▲",
            Self::Critical => "✕",
        }
    }

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Unsure => "nothing found, but the scan is not complete",
            Self::Waiting => "not judged yet",
            Self::Minor => "minor",
            Self::Major => "major",
            Self::Critical => "critical",
        }
    }
}

/// Findings of one severity.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Count {
    pub letter: &'static str,
    pub word: &'static str,
    pub class: &'static str,
    pub number: usize,
}

/// Findings by severity, worst first, severities without any left out.
pub(super) fn counts(severities: &(impl Iterator<Item = Severity> + Clone)) -> Vec<Count> {
    let count = |severity: Severity| Count {
        letter: letter(severity),
        word: severity.name(),
        class: Look::of(severity).class(),
        number: severities.clone().filter(|s| *s == severity).count(),
    };
    Severity::ALL.into_iter().map(count).filter(|count| count.number > 0).collect()
}

pub(super) const fn letter(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "C",
        Severity::High => "H",
        Severity::Medium => "M",
        Severity::Low => "L",
        Severity::Negligible => "N",
        Severity::Unknown => "U",
    }
}

/// A state with what it means to a reader.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Badge {
    pub name: &'static str,
    pub meaning: &'static str,
}

impl Badge {
    pub(super) const fn of(state: ImageState) -> Self {
        let meaning = match state {
            ImageState::Quarantined => "in quarantine: not judged yet, readers do not get it",
            ImageState::Approved => "approved: readers get it",
            ImageState::Blocked => "blocked: the policy does not allow it, readers do not get it",
            ImageState::Due => "due: a fault came up after the approval; readers get it with a warning",
            ImageState::Overdue => "overdue: the time to replace it is over, readers do not get it",
            ImageState::Revoked => "revoked by a person: readers do not get it",
            ImageState::PreGate => "here before the gate: readers get it with a warning",
        };
        Self { name: state.name(), meaning }
    }
}

pub(super) const fn outcome_word(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Allow => "Fit to run",
        Outcome::Deny => "Not fit to run",
        Outcome::Incomplete => "Cannot be cleared",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worst_is_last_and_counts_are_worst_first() {
        assert!(Look::Critical > Look::Major && Look::Major > Look::Minor && Look::Minor > Look::Waiting);
        assert!(Look::Unsure > Look::Clean);
        let found = counts(&[Severity::Low, Severity::Critical, Severity::Low].into_iter());
        assert_eq!(found.iter().map(|c| (c.letter, c.number)).collect::<Vec<_>>(), [("C", 1), ("L", 2)]);
    }
}
