//! What files say of packages that are not theirs to name: licences and repositories beside databases, and programs that
//! say which package they are of.

use std::collections::HashMap;

use lazaret_model::{OsRelease, PackageType};

use super::{flat::FlatImage, owner::Owners, packages::Packages};
use crate::layer::Note;

/// Adds licences and repositories to live packages that have none.
pub(super) fn apply<'a>(image: &FlatImage<'a>, packages: &mut Packages<'a>) {
    let mut notes: HashMap<(PackageType, &str), Vec<&Note>> = HashMap::new();
    for note in image.files().flat_map(|file| &file.facts.notes) {
        notes.entry((note.kind, &note.package)).or_default().push(note);
    }
    if notes.is_empty() {
        return;
    }
    for (identity, entry) in packages.entries.iter_mut().filter(|(_, entry)| entry.is_live()) {
        // what is said of one package counts before what is said of all
        let names = [identity.name, ""];
        let of_names = names.iter().flat_map(|name| notes.get(&(identity.kind, *name)).into_iter().flatten());
        for note in of_names {
            // rpm: no epoch is written where it is 0
            let plain = identity.version.strip_prefix("0:").unwrap_or(identity.version);
            let version = note.version.as_deref().is_none_or(|version| version == plain || version == identity.version);
            let arch = note.arch.as_deref().is_none_or(|arch| Some(arch) == entry.found.arch.as_deref());
            if version && arch {
                entry.license = entry.license.or(note.license.as_deref());
                entry.repository = entry.repository.or(note.repository.as_deref());
            }
        }
    }
}

/// Adds the packages that files say they are of, where no package of the system owns the file.
pub(super) fn claims<'a>(image: &FlatImage<'a>, owners: &Owners, os: Option<&OsRelease>, packages: &mut Packages<'a>) {
    for file in image.files() {
        if let Some(claim) = &file.facts.claim
            && owners.of(file.path).is_none()
        {
            packages.claim(claim, file.path, file.layer, os);
        }
    }
}
