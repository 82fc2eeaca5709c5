//! A file that a package brings has other bytes than the package says.

use lazaret_model::{Level, ModifiedFile as Modified};

use crate::{Fault, Levels, Rule, RuleInput};

/// Rule `modified_file`.
pub(crate) struct ModifiedFile;

/// How many files are spelled out; the inventory lists all.
const SHOWN: usize = 20;

impl Rule for ModifiedFile {
    fn id(&self) -> &'static str {
        "modified_file"
    }

    fn doc(&self) -> &'static str {
        "The bytes of a file are not those that its package has"
    }

    fn levels(&self) -> Levels {
        Levels { production: Level::Deny, staging: Level::Warn, observe: Level::Observe }
    }

    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault> {
        let modified = &input.subject.inventory.modified;
        let mut faults: Vec<Fault> = modified.iter().take(SHOWN).map(|file| Fault::new(message(file))).collect();
        if modified.len() > SHOWN {
            faults.push(Fault::new(format!("{} more modified files", modified.len() - SHOWN)));
        }
        faults
    }
}

fn message(file: &Modified) -> String {
    let Modified { path, package, expected, actual, .. } = file;
    format!("{path} is not as {package} brings it: {actual} in place of {expected}")
}
