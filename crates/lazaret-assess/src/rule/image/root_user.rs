//! The image's processes run as root.

use lazaret_model::Level;

use crate::{Fault, Levels, Rule, RuleInput};

/// Rule `root_user`.
pub(crate) struct RootUser;

impl Rule for RootUser {
    fn id(&self) -> &'static str {
        "root_user"
    }

    fn doc(&self) -> &'static str {
        "The image runs as root; it must name another user"
    }

    fn levels(&self) -> Levels {
        Levels { production: Level::Deny, staging: Level::Warn, observe: Level::Observe }
    }

    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault> {
        let user = input.subject.facts.user.trim();
        if user.is_empty() {
            return vec![Fault::new("the image names no user, so it runs as root; add USER with a non-zero id")];
        }
        if !is_root(user) {
            return Vec::new();
        }
        let shown: String = user.chars().filter(|c| !c.is_control()).take(40).collect();
        vec![Fault::new(format!("the image runs as root (USER {shown}); name a user with a non-zero id"))]
    }
}

/// `user[:group]`; a name other than `root` is resolved only when the container starts, so it passes here.
fn is_root(user: &str) -> bool {
    let name = user.split_once(':').map_or(user, |(name, _)| name).trim();
    name.is_empty() || name == "root" || name.parse::<u64>() == Ok(0)
}
