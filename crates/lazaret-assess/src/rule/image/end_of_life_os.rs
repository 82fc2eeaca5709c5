//! The operating system's release gets no security fixes any more.

use lazaret_model::Level;

use crate::{Fault, Levels, OsSupport, Rule, RuleInput};

/// Rule `end_of_life_os`.
pub(crate) struct EndOfLifeOs;

impl Rule for EndOfLifeOs {
    fn id(&self) -> &'static str {
        "end_of_life_os"
    }

    fn doc(&self) -> &'static str {
        "The operating system's release is past its end of life"
    }

    fn levels(&self) -> Levels {
        Levels { production: Level::Deny, staging: Level::Warn, observe: Level::Observe }
    }

    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault> {
        let (Some(support), Some(os)) = (input.os_support, &input.subject.inventory.os) else { return Vec::new() };
        let Some(ended) = ended(support, input) else { return Vec::new() };
        let extended = match &support.extended_from {
            Some(until) if !input.extended_support && !passed(until, input) => {
                format!("; extended support, if you have it, lasts until {until}")
            }
            _ => String::new(),
        };
        let message = format!("{} {} is past its end of life since {ended}{extended}", os.id, support.cycle);
        vec![Fault::new(message)]
    }
}

/// The day from which there is no support that counts, when it has come.
fn ended<'a>(support: &'a OsSupport, input: &RuleInput<'_>) -> Option<&'a str> {
    let end = support.eol_from.as_deref()?;
    let end = match support.extended_from.as_deref() {
        Some(extended) if input.extended_support && day(extended) > day(end) => extended,
        _ => end,
    };
    passed(end, input).then_some(end)
}

fn passed(date: &str, input: &RuleInput<'_>) -> bool {
    day(date).is_some_and(|date| date <= input.now.0.to_zoned(jiff::tz::TimeZone::UTC).date())
}

fn day(text: &str) -> Option<jiff::civil::Date> {
    text.parse().ok()
}
