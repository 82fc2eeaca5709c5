//! What a rule about images is. Each rule is one file in `rule/image/`, named for the fault that it finds.

use lazaret_model::{Finding, Level, Problem, Timestamp};

use crate::{OsSupport, PolicyOptions, Subject};

pub(crate) mod image;

/// A check of one image. Pure: it sees what [`RuleInput`] holds and nothing else.
pub trait Rule: Sync {
    /// Named for the fault, `snake_case`.
    fn id(&self) -> &'static str;
    /// One line for people.
    fn doc(&self) -> &'static str;
    /// The level in the built-in profiles.
    fn levels(&self) -> Levels;
    /// Every fault, worst first, in an order that depends on the input alone.
    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault>;
}

/// Level of a rule in each built-in profile.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Levels {
    pub production: Level,
    pub staging: Level,
    pub observe: Level,
}

/// What a rule may look at.
#[derive(Clone, Copy)]
pub struct RuleInput<'a> {
    pub subject: &'a Subject,
    /// Worst first.
    pub findings: &'a [Finding],
    /// Of the inventory and of the advisory data.
    pub problems: &'a [Problem],
    pub options: &'a PolicyOptions,
    /// Support of the image's operating system, where it is known.
    pub os_support: Option<&'a OsSupport>,
    /// Extended support counts as support.
    pub extended_support: bool,
    pub now: Timestamp,
}

/// One thing that is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Short and actionable; no secret in it.
    pub message: String,
    pub weight: Weight,
}

/// How a fault counts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    /// At the level that the policy gives the rule.
    Full,
    /// Warns at most: what is not sure, or below what the policy asks for.
    Warns,
    /// The verdict cannot be allow; it is incomplete unless something denies.
    Incomplete,
}

impl Fault {
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), weight: Weight::Full }
    }
}
