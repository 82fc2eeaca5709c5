//! How much one file may say. A database of 2 GB is read line by line, but what is found in it is kept.

use lazaret_model::ProblemKind;

use crate::layer::{FileFacts, FoundMalware, FoundPackage, FoundSecret, Hits, Note};

/// Packages of one file; the largest systems have some ten thousand.
const MAX_PACKAGES: usize = 100_000;
/// Bytes of their names, versions and the like.
const MAX_TEXT: usize = 32 << 20;
/// Bytes of one value; the longest real ones have some hundred.
pub(crate) const MAX_VALUE: usize = 4 << 10;

/// What is left for one file.
#[derive(Default)]
pub(crate) struct Room {
    packages: usize,
    text: usize,
    full: bool,
}

impl Room {
    /// Adds a package while there is room. The first one that does not fit is told: then nothing more need be read.
    pub(crate) fn add(&mut self, facts: &mut FileFacts, mut package: FoundPackage) {
        if self.full {
            return;
        }
        if shorten(&mut package) {
            let name: String = package.name.chars().take(64).collect();
            facts.problem(ProblemKind::LimitExceeded, format!("{name}: a value is longer than {MAX_VALUE} bytes"));
        }
        self.packages += 1;
        self.text += text(&package);
        if self.packages > MAX_PACKAGES || self.text > MAX_TEXT {
            self.full = true;
            let message = format!("more packages than {MAX_PACKAGES}, or more text; the rest is not read");
            return facts.problem(ProblemKind::LimitExceeded, message);
        }
        facts.packages.push(package);
    }

    pub(crate) fn is_full(&self) -> bool {
        self.full
    }
}

/// Bytes of the texts of a package.
pub(crate) fn text(package: &FoundPackage) -> usize {
    let of = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let source = package.source.as_ref().map_or(0, |source| source.name.len() + source.version.len());
    let rare = of(&package.module) + of(&package.vendor) + of(&package.license) + of(&package.repository);
    let rare = rare + of(&package.bundled_in) + of(&package.cpe);
    let rare = rare + package.roots.iter().map(|root| root.path.len()).sum::<usize>();
    package.name.len() + package.version.len() + of(&package.arch) + of(&package.inner) + source + rare
}

/// Bytes of what is wrong with a file.
pub(crate) fn hits(hits: &Hits) -> usize {
    let secrets = hits.secrets.iter().map(|secret| size_of::<FoundSecret>() + secret.rule.len() + secret.excerpt.len());
    let malware = hits.malware.iter().map(|m| size_of::<FoundMalware>() + m.name.len() + m.evidence.len());
    secrets.sum::<usize>() + malware.sum::<usize>()
}

/// Bytes of what a file says of packages that others name.
pub(crate) fn notes(notes: &[Note]) -> usize {
    let of = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    let text = |note: &Note| {
        note.package.len() + of(&note.version) + of(&note.arch) + of(&note.license) + of(&note.repository)
    };
    notes.iter().map(|note| size_of::<Note>() + text(note)).sum()
}

/// Cuts values that are too long; whether there were any.
fn shorten(package: &mut FoundPackage) -> bool {
    let source = package.source.iter_mut().flat_map(|source| [&mut source.name, &mut source.version]);
    let rare = package.arch.iter_mut().chain(&mut package.module).chain(&mut package.vendor);
    let rare = rare.chain(&mut package.license).chain(&mut package.repository).chain(&mut package.cpe);
    let values = [&mut package.name, &mut package.version].into_iter().chain(rare).chain(source);
    let mut cut = false;
    for value in values.filter(|value| value.len() > MAX_VALUE) {
        value.truncate(value.floor_char_boundary(MAX_VALUE));
        cut = true;
    }
    cut
}

/// Appends to a value that goes on over lines, up to a length above what is taken for a value.
pub(crate) fn extend(value: &mut String, more: &str) {
    if value.len() <= MAX_VALUE {
        value.push_str(more);
    }
}

#[cfg(test)]
mod tests {
    use lazaret_model::PackageType;

    use super::*;

    fn package(name: &str) -> FoundPackage {
        FoundPackage::new(PackageType::Apk, name, "1")
    }

    #[test]
    fn there_is_an_end() {
        let (mut room, mut facts) = (Room::default(), FileFacts::default());
        for _ in 0..MAX_PACKAGES + 5 {
            room.add(&mut facts, package("a"));
        }
        assert!(room.is_full());
        assert_eq!((facts.packages.len(), facts.problems.len()), (MAX_PACKAGES, 1));
        let (mut room, mut facts) = (Room::default(), FileFacts::default());
        for _ in 0..MAX_TEXT / MAX_VALUE + 5 {
            room.add(&mut facts, package(&"x".repeat(MAX_VALUE)));
        }
        assert!(room.is_full() && facts.packages.len() * MAX_VALUE <= MAX_TEXT);
    }

    #[test]
    fn long_values_are_cut_and_told() {
        let (mut room, mut facts) = (Room::default(), FileFacts::default());
        room.add(&mut facts, package(&"ü".repeat(MAX_VALUE)));
        assert_eq!((facts.packages[0].name.len(), facts.problems.len()), (MAX_VALUE, 1));
        let mut value = String::new();
        for _ in 0..1000 {
            extend(&mut value, &"x".repeat(1000));
        }
        assert!(value.len() < 2 * MAX_VALUE);
    }
}
