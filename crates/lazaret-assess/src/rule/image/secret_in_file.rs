//! A file of the image holds a secret, in any layer: everyone who may pull the image has it.

use lazaret_model::{Level, Secret, Severity};

use crate::{Fault, Levels, Rule, RuleInput, Weight};

/// Rule `secret_in_file`. Messages show no more of the secret than the inventory does.
pub(crate) struct SecretInFile;

/// How many secrets are spelled out; the inventory lists all.
const SHOWN: usize = 20;

impl Rule for SecretInFile {
    fn id(&self) -> &'static str {
        "secret_in_file"
    }

    fn doc(&self) -> &'static str {
        "A file in a layer of the image, deleted later or not, holds a password, key or token"
    }

    fn levels(&self) -> Levels {
        Levels { production: Level::Deny, staging: Level::Warn, observe: Level::Observe }
    }

    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault> {
        let (sure, unsure): (Vec<&Secret>, Vec<&Secret>) =
            input.subject.inventory.secrets.iter().partition(|secret| secret.severity >= Severity::Medium);
        let mut faults = told(sure, Weight::Full);
        faults.extend(told(unsure, Weight::Warns));
        faults
    }
}

/// Worst first.
fn told(mut secrets: Vec<&Secret>, weight: Weight) -> Vec<Fault> {
    secrets.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.cmp(b)));
    let mut faults: Vec<Fault> =
        secrets.iter().take(SHOWN).map(|secret| Fault { message: message(secret), weight }).collect();
    if let Some(more) = secrets.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        faults.push(Fault { message: format!("{more} more secrets in files"), weight });
    }
    faults
}

fn message(secret: &Secret) -> String {
    let Secret { title, path, line, excerpt, removed_in, .. } = secret;
    let place = if *line > 0 { format!("{path}, line {line}") } else { path.clone() };
    let deleted =
        if removed_in.is_some() { "; a later layer deletes the file, but the layer still has it" } else { "" };
    format!("{place}: {title} {excerpt}{deleted}; replace the secret and build without it")
}
