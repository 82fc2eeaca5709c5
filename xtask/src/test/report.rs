//! What was checked: passed, failed, or skipped with its reason. Printed as it happens and as a table at the end.

use anyhow::Result;
use std::fmt;
use std::time::{Duration, Instant};

/// The reason why something cannot run here. Not a failure, but never silent.
#[derive(Debug)]
pub(crate) struct Skip(pub(crate) String);

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skip {}

/// An error that skips.
pub(crate) fn skip(reason: impl Into<String>) -> anyhow::Error {
    Skip(reason.into()).into()
}

enum Outcome {
    Passed,
    Failed(String),
    Skipped(String),
}

struct Row {
    part: String,
    name: String,
    outcome: Outcome,
    time: Duration,
}

/// The checks of a run.
#[derive(Default)]
pub(crate) struct Report {
    rows: Vec<Row>,
    /// Tests that cargo counted, beside the rows.
    cargo: [u64; 3],
}

impl Report {
    /// Runs one check.
    pub(crate) fn check(&mut self, part: &str, name: &str, run: impl FnOnce() -> Result<()>) {
        self.value(part, name, run);
    }

    /// Runs one check whose result the next ones need; `None` where it failed or was skipped.
    pub(crate) fn value<T>(&mut self, part: &str, name: &str, run: impl FnOnce() -> Result<T>) -> Option<T> {
        let start = Instant::now();
        let (value, outcome) = match run() {
            Ok(value) => (Some(value), Outcome::Passed),
            Err(error) => match error.downcast_ref::<Skip>() {
                Some(skip) => (None, Outcome::Skipped(skip.0.clone())),
                None => (None, Outcome::Failed(format!("{error:#}"))),
            },
        };
        let row = Row { part: part.to_owned(), name: name.to_owned(), outcome, time: start.elapsed() };
        println!("{row}");
        self.rows.push(row);
        value
    }

    /// Adds what cargo's test runner counted: passed, failed, ignored.
    pub(crate) fn count_cargo(&mut self, counts: [u64; 3]) {
        for (sum, count) in self.cargo.iter_mut().zip(counts) {
            *sum += count;
        }
    }

    /// Prints the table and the closing line; true when nothing failed.
    pub(crate) fn close(&self) -> bool {
        println!("\n-- summary --");
        let mut parts: Vec<&str> = Vec::new();
        for row in &self.rows {
            if !parts.contains(&row.part.as_str()) {
                parts.push(&row.part);
            }
        }
        for part in parts {
            let rows = self.rows.iter().filter(|row| row.part == part);
            let (mut counts, mut seconds) = ([0_u32; 3], 0.0);
            for row in rows {
                counts[row.outcome.column()] += 1;
                seconds += row.time.as_secs_f64();
            }
            println!(
                "{part:<12} {:>4} passed {:>4} failed {:>4} skipped {seconds:>8.1} s",
                counts[0], counts[1], counts[2]
            );
        }
        for row in self.rows.iter().filter(|row| !matches!(row.outcome, Outcome::Passed)) {
            println!("{row}");
        }
        let [passed, failed, skipped] = self.totals();
        println!("\n{passed} passed, {failed} failed, {skipped} skipped");
        failed == 0
    }

    fn totals(&self) -> [u64; 3] {
        let mut totals = self.cargo;
        for row in &self.rows {
            totals[row.outcome.column()] += 1;
        }
        totals
    }
}

impl Outcome {
    fn column(&self) -> usize {
        match self {
            Self::Passed => 0,
            Self::Failed(_) => 1,
            Self::Skipped(_) => 2,
        }
    }
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, name, outcome, time } = self;
        let seconds = time.as_secs_f64();
        match outcome {
            Outcome::Passed => write!(f, "ok    {part}: {name} ({seconds:.1} s)"),
            Outcome::Failed(why) => write!(f, "FAIL  {part}: {name} ({seconds:.1} s)\n      {why}"),
            Outcome::Skipped(why) => write!(f, "skip  {part}: {name}\n      {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_fails_the_run_and_a_skip_does_not() {
        let mut report = Report::default();
        report.check("a", "passes", || Ok(()));
        report.check("a", "skips", || Err(skip("no docker")));
        report.count_cargo([40, 0, 2]);
        assert!(report.close());
        report.check("a", "fails", || anyhow::bail!("bad"));
        assert!(!report.close());
        assert_eq!(report.totals(), [41, 1, 3]);
    }
}
