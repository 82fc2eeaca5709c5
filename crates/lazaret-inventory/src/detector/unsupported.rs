//! Things that are installed and that no detector reads yet. They are said, so that an image that has them is
//! incomplete and never clean. An entry leaves the table when its detector arrives.

use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::layer::{Database, FileFacts, Unsupported as Fact};

pub(crate) struct Unsupported;

/// What a file of this name, in a directory with this end, stands for.
struct Sign {
    /// Whole name, or its end when it starts with `*`.
    name: &'static str,
    /// Last components of the directory, `*` for any one; empty for any directory.
    directory: &'static str,
    what: &'static str,
    os: bool,
}

const fn os(name: &'static str, directory: &'static str, what: &'static str) -> Sign {
    Sign { name, directory, what, os: true }
}

const fn language(name: &'static str, directory: &'static str, what: &'static str) -> Sign {
    Sign { name, directory, what, os: false }
}

const SIGNS: &[Sign] = &[
    os("db.sqlite", "var/guix/db", "Guix packages"),
    os("*.plist", "var/db/xbps", "XBPS packages"),
    // the packages stay zipped in Yarn's cache
    language(".pnp.cjs", "", "Yarn Plug'n'Play packages"),
    language(".pnp.js", "", "Yarn Plug'n'Play packages"),
];

impl Detector for Unsupported {
    fn id(&self) -> &'static str {
        "unsupported"
    }

    fn version(&self) -> u32 {
        5
    }

    fn doc(&self) -> &'static str {
        "docs/detectors.md"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if sign(file).is_some() { Interest::Name } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, _body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        if let Some(sign) = sign(file) {
            facts.unsupported = Some(Box::new(Fact { what: sign.what.to_owned(), os: sign.os }));
            facts.database = sign.os.then_some(Database::Other);
        }
    }
}

fn sign(file: &Candidate<'_>) -> Option<&'static Sign> {
    SIGNS.iter().find(|sign| {
        let named = match sign.name.strip_prefix('*') {
            Some(end) => file.name.ends_with(end),
            None => file.name == sign.name,
        };
        named && ends_with_directory(file.directory(), sign.directory)
    })
}

fn ends_with_directory(directory: &str, end: &str) -> bool {
    end.is_empty()
        || end.rsplit('/').eq(directory
            .rsplit('/')
            .take(end.split('/').count())
            .zip(end.rsplit('/'))
            .map(|(part, wanted)| if wanted == "*" && !part.is_empty() { wanted } else { part }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs() {
        let what = |path: &str| sign(&Candidate::new(path, b"", 0o644)).map(|sign| sign.what);
        for line in include_str!("../../testdata/unsupported/paths").lines() {
            let (path, wanted) = line.split_once(" -> ").unwrap();
            assert_eq!(what(path), Some(wanted), "{path}");
        }
        for not in [
            "var/lib/rpm/rpmdb.sqlite",
            "usr/lib/pacman/local/ALPM_DB_VERSION",
            "app/specifications.gemspec",
            "app/x.gemspec",
        ] {
            assert_eq!(what(not), None, "{not}");
        }
    }
}
