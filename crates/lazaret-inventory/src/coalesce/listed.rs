//! Lists of files (`info/*.list`) whose package the database beside them does not have: it was cut behind a stanza, or a
//! package was taken out of it by hand. Nothing else tells that something is missing.

use std::collections::{BTreeMap, HashSet};

use lazaret_model::{PackageType, Problem, ProblemKind};

use super::{
    flat::{File, FlatImage},
    packages::Packages,
};
use crate::path_set::PathHash;

pub(super) fn problems(image: &FlatImage<'_>, packages: &Packages<'_>) -> Vec<Problem> {
    let live = packages.entries.iter().filter(|(_, entry)| entry.is_live());
    let live: HashSet<_> = live.map(|(identity, _)| (identity.kind, identity.name)).collect();
    // what was removed but for its configuration keeps its list
    let known: HashSet<PathHash> = image.files().flat_map(|file| file.facts.not_installed.iter()).collect();
    let mut found: BTreeMap<PackageType, (String, String, usize)> = BTreeMap::new();
    for file in image.files() {
        let Some((kind, package)) = list(&file, image) else { continue };
        if !live.contains(&(kind, package)) && !known.contains(&PathHash::of(package)) {
            found.entry(kind).or_insert_with(|| (file.path.to_owned(), package.to_owned(), 0)).2 += 1;
        }
    }
    let problem = |(path, package, count): (String, String, usize)| {
        let more = if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() };
        let message = format!(
            "it lists the files of {package}{more}, which the package database does not have: \
             that was cut, or a package was taken out of it"
        );
        Problem::new(ProblemKind::ParseError, path, message)
    };
    found.into_values().map(problem).collect()
}

/// Kind and package of a list that lies beside a database with all packages in one file, or beside its own description.
fn list<'a>(file: &File<'a, '_>, image: &FlatImage<'a>) -> Option<(PackageType, &'a str)> {
    let owner = file.facts.owner.as_ref()?;
    let (directory, _) = file.path.rsplit_once('/')?;
    let there = match owner.kind {
        PackageType::Alpm => true,
        _ => {
            let status = format!("{}/status", directory.strip_suffix("/info")?);
            image.tree.file(&status).is_some_and(|live| live.facts.database.is_some())
        }
    };
    there.then_some((owner.kind, owner.package.as_str()))
}
