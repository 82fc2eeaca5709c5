//! What could not be judged: packages without a release or version, advisory data that is missing, old, or not real.

use std::collections::BTreeSet;

use lazaret_advisory::matcher::{NoComponent, component};
use lazaret_model::{Inventory, Package, Problem, ProblemKind, Timestamp};

use crate::{
    Subject,
    document::SliceDocument,
    slice::{Slice, versionless},
};

/// Problems of the inventory and of the advisory data, sorted, each once.
pub(crate) fn problems(subject: &Subject, slice: &Slice, now: Timestamp) -> Vec<Problem> {
    let matters = |problem: &&Problem| !is_settled(problem, &subject.inventory, slice);
    let mut problems: BTreeSet<_> = subject.inventory.problems.iter().filter(matters).cloned().collect();
    problems.extend(unmatched(&subject.inventory, slice));
    problems.extend(advisories(&slice.document, now));
    problems.into_iter().collect()
}

/// Whether the problem is only that a package has no version, and no version of that package was ever affected: no
/// advisory has named it (mostly it is the image's own program).
fn is_settled(problem: &Problem, inventory: &Inventory, slice: &Slice) -> bool {
    let here = |package: &&Package| {
        package.is_judged() && package.version.is_empty() && package.evidence.iter().any(|e| e.path == problem.path)
    };
    let mut packages = inventory.packages.iter().filter(here).peekable();
    problem.kind == ProblemKind::VersionUnknown
        && packages.peek().is_some()
        && packages.all(|package| never_named(package, inventory, slice))
}

fn never_named(package: &Package, inventory: &Inventory, slice: &Slice) -> bool {
    versionless(package, inventory.os.as_ref()).is_some_and(|named| slice.set(&named).is_none_or(|set| set.known == 0))
}

/// Live packages that no advisory can be matched to. The inventory mostly says so itself; this makes sure.
fn unmatched(inventory: &Inventory, slice: &Slice) -> Vec<Problem> {
    let said = |kind, path: &str| {
        inventory.problems.iter().any(|problem| problem.kind == kind && (path.is_empty() || problem.path == path))
    };
    let mut problems = Vec::new();
    let mut stream_missing = inventory.os.is_some() != inventory.os_packages;
    for package in inventory.packages.iter().filter(|package| package.is_judged()) {
        match component(package, inventory.os.as_ref()) {
            Ok(_) => {}
            Err(NoComponent::Stream) => stream_missing = true,
            Err(NoComponent::Version) => {
                let path = package.evidence.first().map_or("", |evidence| &evidence.path);
                if !never_named(package, inventory, slice) && !said(ProblemKind::VersionUnknown, path) {
                    let message = format!("version of {} is not known, so it cannot be judged", package.name);
                    problems.push(Problem::new(ProblemKind::VersionUnknown, path, message));
                }
            }
        }
    }
    if stream_missing && !said(ProblemKind::OsUnknown, "") {
        let (path, message) = match &inventory.os {
            Some(os) if inventory.os_packages => {
                (os.path.as_str(), format!("no advisories are chosen for {} {}", os.id, os.version_id))
            }
            Some(os) => (os.path.as_str(), format!("{} has no package database that is understood", os.id)),
            None => ("", "packages of an operating system, but no os-release that names it".to_owned()),
        };
        problems.push(Problem::new(ProblemKind::OsUnknown, path, message));
    }
    problems
}

/// Whether there is advisory data for every ecosystem in the image, and fresh.
fn advisories(slice: &SliceDocument, now: Timestamp) -> Vec<Problem> {
    if slice.starter && !slice.accepted {
        let message =
            "only the built-in starter set of advisories is here, which never clears an image; run `lazaret db update`";
        return vec![Problem::new(ProblemKind::AdvisoriesStarter, "", message)];
    }
    let mut problems = Vec::new();
    for (ecosystem, names) in &slice.answering {
        let feeds: Vec<_> = slice.feeds.iter().filter(|feed| names.contains(&feed.name)).collect();
        if feeds.is_empty() {
            let message = format!("no advisory feed has data for {ecosystem}");
            problems.push(Problem::new(ProblemKind::AdvisoriesMissing, ecosystem, message));
        }
        let max_age_ms = i128::from(slice.max_age_s) * 1000;
        // what is built in has no age
        for feed in feeds.into_iter().filter(|_| !slice.starter) {
            if i128::from(now.as_millis()) - i128::from(feed.checked.as_millis()) > max_age_ms {
                let (name, checked, limit) = (&feed.name, feed.checked, age(slice.max_age_s));
                let message =
                    format!("feed {name} was last checked at {checked}, over {limit} ago; run `lazaret db update`");
                problems.push(Problem::new(ProblemKind::AdvisoriesStale, name, message));
            }
        }
    }
    problems
}

/// In days or hours where it is a whole number of them.
fn age(seconds: u64) -> String {
    match seconds {
        s if s > 0 && s % 86400 == 0 => format!("{} d", s / 86400),
        s if s > 0 && s % 3600 == 0 => format!("{} h", s / 3600),
        s => format!("{s} s"),
    }
}
