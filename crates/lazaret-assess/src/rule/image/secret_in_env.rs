//! A secret is written into the image's environment, where everyone who may pull it can read it.

use lazaret_model::Level;

use crate::{Fault, Levels, Rule, RuleInput, hidden::in_setting};

/// Rule `secret_in_env`. Messages name the variable and never show the value.
pub(crate) struct SecretInEnv;

impl Rule for SecretInEnv {
    fn id(&self) -> &'static str {
        "secret_in_env"
    }

    fn doc(&self) -> &'static str {
        "A variable of the image's environment holds a password, key or token"
    }

    fn levels(&self) -> Levels {
        Levels { production: Level::Deny, staging: Level::Warn, observe: Level::Observe }
    }

    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault> {
        input.subject.facts.env.iter().filter_map(|line| fault(line)).collect()
    }
}

fn fault(line: &str) -> Option<Fault> {
    let (name, value) = line.split_once('=')?;
    let what = in_setting(name, value)?;
    let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    Some(Fault::new(format!("ENV {name} holds {what} (value not shown); hand it over at run time and replace it")))
}
