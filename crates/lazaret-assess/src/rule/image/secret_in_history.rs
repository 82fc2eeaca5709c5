//! A secret stands in a step of the image's history, in a label or in its command: everyone who may pull can read it.

use lazaret_model::{HistoryEntry, Level};

use crate::{
    Fault, Levels, Rule, RuleInput,
    hidden::{Clue, in_command, in_setting, instruction},
};

/// Rule `secret_in_history`. Messages name step, variable or label and never show the value.
pub(crate) struct SecretInHistory;

/// How many places are spelled out.
const SHOWN: usize = 20;

impl Rule for SecretInHistory {
    fn id(&self) -> &'static str {
        "secret_in_history"
    }

    fn doc(&self) -> &'static str {
        "A build step, a label or the command of the image holds a password, key or token"
    }

    fn levels(&self) -> Levels {
        Levels { production: Level::Deny, staging: Level::Warn, observe: Level::Observe }
    }

    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault> {
        let facts = &input.subject.facts;
        let mut messages: Vec<String> = Vec::new();
        for (index, entry) in facts.history.iter().enumerate() {
            let said = |clue: &Clue| clue.name.as_ref().is_some_and(|name| is_in_environment(name, &facts.env));
            let clues = in_command(&entry.created_by).into_iter().filter(|clue| !said(clue));
            messages.extend(clues.map(|clue| of_step(index, entry, &clue)));
        }
        for (name, value) in &facts.labels {
            let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
            messages.extend(in_setting(&name, value).map(|what| format!("label {name} holds {what}")));
        }
        for (what, words) in [("ENTRYPOINT", &facts.entrypoint), ("CMD", &facts.cmd)] {
            let clues = in_command(&words.join(" "));
            messages.extend(clues.iter().map(|clue| format!("{what} holds {}", described(clue))));
        }
        let more = messages.len().saturating_sub(SHOWN);
        messages.truncate(SHOWN);
        let end = "(value not shown); hand it over as a build secret or at run time, and replace it";
        let mut faults: Vec<Fault> = messages.iter().map(|message| Fault::new(format!("{message} {end}"))).collect();
        if more > 0 {
            faults.push(Fault::new(format!("{more} more places of history, labels and command hold secrets")));
        }
        faults
    }
}

/// `secret_in_env` tells of it when it is still set.
fn is_in_environment(name: &str, env: &[String]) -> bool {
    env.iter().filter_map(|line| line.split_once('=')).any(|(n, value)| n == name && in_setting(n, value).is_some())
}

fn of_step(index: usize, entry: &HistoryEntry, clue: &Clue) -> String {
    format!("step {} of the history ({}) holds {}", index + 1, instruction(&entry.created_by), described(clue))
}

fn described(clue: &Clue) -> String {
    match &clue.name {
        Some(name) => format!("{} in {name}", clue.what),
        None => clue.what.clone().into_owned(),
    }
}
