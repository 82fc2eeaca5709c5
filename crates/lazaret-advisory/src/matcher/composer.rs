//! Packagist: releases are matched; a branch (`dev-main`, `2.x-dev`) has no place among them.

use lazaret_model::Package;

use super::{Component, NoComponent, language};

pub(super) fn component(package: &Package) -> Result<Component, NoComponent> {
    if is_branch(package.version.trim()) {
        return Err(NoComponent::Version);
    }
    language::component(package, "Packagist")
}

/// The state of a branch at some commit: what its last release fixed may be missing in it.
fn is_branch(version: &str) -> bool {
    let numbers = version.strip_prefix(['v', 'V']).unwrap_or(version);
    let before_dev = numbers.len().checked_sub(4).and_then(|at| numbers.split_at_checked(at));
    let is_open = |numbers: &str| numbers.ends_with(['x', 'X', '*']) || numbers.ends_with(".9999999");
    !numbers.starts_with(|c: char| c.is_ascii_digit())
        || before_dev.is_some_and(|(numbers, end)| end.eq_ignore_ascii_case("-dev") && is_open(numbers))
}
