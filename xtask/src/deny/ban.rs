//! Crates that must not be in the graph, crates that are in it twice, and where crates come from.

use super::Findings;
use super::config::{Bans, Level, Sources};
use crate::metadata::{Dependency, Metadata, Package};
use std::collections::{BTreeMap, BTreeSet};

const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn check(metadata: &Metadata, bans: &Bans) -> Findings {
    let mut found = Findings::default();
    for ban in &bans.deny {
        let users: BTreeSet<&str> = metadata
            .packages
            .iter()
            .filter(|package| package.dependencies.iter().any(|dependency| dependency.name == ban.name))
            .map(|package| package.name.as_str())
            .collect();
        if !metadata.packages.iter().any(|package| package.name == ban.name) {
            continue;
        }
        let others: Vec<&str> =
            users.into_iter().filter(|user| !ban.wrappers.iter().any(|wrapper| wrapper == user)).collect();
        if ban.wrappers.is_empty() || !others.is_empty() {
            found.faults.push(format!("{} is banned ({}); used by {}", ban.name, ban.reason, others.join(", ")));
        }
    }
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in &metadata.packages {
        versions.entry(&package.name).or_default().insert(&package.version);
    }
    for (name, versions) in versions.iter().filter(|(_, versions)| versions.len() > 1) {
        let list = versions.iter().copied().collect::<Vec<_>>().join(", ");
        say(&mut found, bans.multiple_versions, format!("{name} is there in {} versions: {list}", versions.len()));
    }
    for member in metadata.members() {
        for dependency in member.dependencies.iter().filter(|dependency| is_wildcard(dependency, bans)) {
            say(&mut found, bans.wildcards, format!("{} takes any version of {}", member.name, dependency.name));
        }
    }
    found
}

pub(super) fn check_sources(packages: &[Package], sources: &Sources) -> Findings {
    let mut found = Findings::default();
    for package in packages {
        let who = format!("{} {}", package.name, package.version);
        match package.source.as_deref() {
            Some(CRATES_IO) => {}
            Some(source) if source.starts_with("git+") => {
                say(&mut found, sources.unknown_git, format!("{who} comes from {source}"));
            }
            Some(source) => say(&mut found, sources.unknown_registry, format!("{who} comes from {source}")),
            None => say(&mut found, sources.unknown_registry, format!("{who} comes from a path outside the workspace")),
        }
    }
    found
}

fn is_wildcard(dependency: &Dependency, bans: &Bans) -> bool {
    dependency.req == "*" && !(bans.allow_wildcard_paths && dependency.path.is_some())
}

fn say(found: &mut Findings, level: Level, text: String) {
    match level {
        Level::Allow => {}
        Level::Warn => found.warnings.push(text),
        Level::Deny => found.faults.push(text),
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::Ban;
    use super::*;

    fn package(name: &str, version: &str, uses: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            id: format!("{name}@{version}"),
            license: None,
            license_file: None,
            source: Some(CRATES_IO.to_owned()),
            dependencies: uses
                .iter()
                .map(|used| Dependency { name: (*used).to_owned(), req: "*".to_owned(), path: None, kind: None })
                .collect(),
        }
    }

    fn bans(wrappers: &[&str]) -> Bans {
        Bans {
            multiple_versions: Level::Warn,
            wildcards: Level::Deny,
            allow_wildcard_paths: true,
            deny: vec![Ban {
                name: "ring".to_owned(),
                reason: "a second TLS stack".to_owned(),
                wrappers: wrappers.iter().map(|name| (*name).to_owned()).collect(),
            }],
        }
    }

    fn graph() -> Metadata {
        Metadata {
            packages: vec![
                package("ours", "0.1.0", &["rustls"]),
                package("rustls", "0.23.0", &["ring"]),
                package("ring", "0.17.0", &[]),
                package("rand", "0.8.0", &[]),
                package("rand", "0.9.0", &[]),
            ],
            workspace_members: vec!["ours@0.1.0".to_owned()],
        }
    }

    #[test]
    fn a_banned_crate_is_a_fault_unless_wrapped() {
        let found = check(&graph(), &bans(&[]));
        assert!(found.faults[0].contains("ring is banned (a second TLS stack); used by rustls"), "{:?}", found.faults);
        let wrapped = check(&graph(), &bans(&["rustls"]));
        assert!(!wrapped.faults.iter().any(|fault| fault.contains("ring")), "{:?}", wrapped.faults);
        assert!(check(&graph(), &bans(&["other"])).faults[0].contains("used by rustls"));
    }

    #[test]
    fn duplicates_warn_and_wildcards_fail() {
        let found = check(&graph(), &bans(&["rustls"]));
        assert_eq!(found.warnings, ["rand is there in 2 versions: 0.8.0, 0.9.0"]);
        assert_eq!(found.faults, ["ours takes any version of rustls"]);
    }

    #[test]
    fn git_and_other_registries_are_faults() {
        let mut stray = package("stray", "1.0.0", &[]);
        stray.source = Some("git+https://example.org/stray".to_owned());
        let mut odd = package("odd", "1.0.0", &[]);
        odd.source = Some("registry+https://example.org/index".to_owned());
        let sources = Sources { unknown_registry: Level::Deny, unknown_git: Level::Deny };
        assert_eq!(check_sources(&[stray, odd, package("good", "1.0.0", &[])], &sources).faults.len(), 2);
    }
}
