//! What package databases say of the bytes of files: dpkg's `info/*.md5sums` (and `status.d` of distroless), `*.conffiles`
//! and `diversions`; apk's database; RECORD of Python wheels. The files themselves are hashed by `integrity/hashing.rs`.

use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, root_before};
use crate::{
    detector_set::Extra,
    integrity::{Expected, sums},
    layer::FileFacts,
};

pub(crate) struct Integrity;

impl Detector for Integrity {
    fn id(&self) -> &'static str {
        "integrity"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://manpages.debian.org/bookworm/dpkg-dev/deb-md5sums.5.en.html"
    }

    fn extra(&self) -> Option<Extra> {
        Some(Extra::Integrity)
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let expected = match Place::of(file) {
            Some(Place::Md5sums { root, package }) => sums::md5sums(body, root, package, facts),
            Some(Place::Conffiles { root }) => sums::conffiles(body, root),
            Some(Place::Diversions { root }) => sums::diversions(body, root),
            Some(Place::Installed { root }) => sums::installed(body, root, facts),
            Some(Place::Record { dist_info }) => sums::record(body, dist_info, facts),
            None => Expected::default(),
        };
        if !expected.is_empty() {
            facts.expected = Some(Box::new(expected));
        }
    }
}

/// Which list a path is. `root` is where its paths start, ending in `/` or empty.
#[derive(PartialEq, Eq, Debug)]
enum Place<'a> {
    Md5sums { root: &'a str, package: &'a str },
    Conffiles { root: &'a str },
    Diversions { root: &'a str },
    Installed { root: &'a str },
    Record { dist_info: &'a str },
}

impl<'a> Place<'a> {
    fn of(file: &Candidate<'a>) -> Option<Self> {
        let directory = file.directory();
        if file.name == "RECORD" {
            return directory.ends_with(".dist-info").then_some(Self::Record { dist_info: directory });
        }
        if file.name == "installed" {
            return above(root_before(directory, "lib/apk/db")?, &["usr/"]).map(|root| Self::Installed { root });
        }
        if file.name == "diversions" {
            return above(root_before(directory, "lib/dpkg")?, &["var/", "usr/"]).map(|root| Self::Diversions { root });
        }
        let package = file.name.strip_suffix(".md5sums");
        if package.is_none() && !file.name.ends_with(".conffiles") {
            return None;
        }
        let before = root_before(directory, "lib/dpkg/info").or_else(|| root_before(directory, "lib/dpkg/status.d"))?;
        let root = above(before, &["var/", "usr/"])?;
        Some(package.map_or(Self::Conffiles { root }, |package| Self::Md5sums { root, package }))
    }
}

/// Paths start above the `var/` or `usr/` that the database is in.
fn above<'a>(before: &'a str, inner: &[&str]) -> Option<&'a str> {
    let stripped = inner.iter().find_map(|inner| before.strip_suffix(inner)).unwrap_or(before);
    (stripped.is_empty() || stripped.ends_with('/')).then_some(stripped)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrity::Sum;

    fn read(path: &str, text: &str) -> FileFacts {
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        let file = Candidate::new(path, text.as_bytes(), 0o644);
        assert_eq!(Integrity.interest(&file), Interest::Content, "{path}");
        Integrity.detect(&file, &Body::memory(text.as_bytes()), &Limits::default(), &mut facts);
        facts
    }

    fn listed(facts: &FileFacts) -> Vec<(String, String)> {
        let expected = facts.expected.as_ref().unwrap();
        let files = expected.packages.iter().flat_map(|files| {
            files.iter().map(|(directory, name, sum)| (format!("{directory}/{name}"), files.sum.text(sum)))
        });
        files.collect()
    }

    #[test]
    fn dpkg_lists() {
        let facts =
            read("var/lib/dpkg/info/hostname.md5sums", include_str!("../../testdata/integrity/hostname.md5sums"));
        assert_eq!(facts.problems, []);
        let files = listed(&facts);
        assert!(files.iter().any(|(path, sum)| path == "bin/hostname" && sum.len() == 36), "{files:?}");
        let facts = read("r/var/lib/dpkg/status.d/base.md5sums", "d41d8cd98f00b204e9800998ecf8427e  etc/x\nbad\n");
        assert_eq!(listed(&facts)[0].0, "r/etc/x");
        assert_eq!(facts.problems.len(), 1);
        let facts = read("var/lib/dpkg/diversions", "/bin/sh\n/bin/sh.distrib\ndash\n/a\n/b\n");
        let expected = facts.expected.unwrap();
        let diverted = ("bin/sh".to_owned(), "bin/sh.distrib".to_owned(), "dash".to_owned());
        assert_eq!(expected.diversions, [diverted]);
        let facts = read("var/lib/dpkg/info/x.conffiles", "/etc/a\nremove-on-upgrade /etc/b\n");
        assert_eq!(facts.expected.unwrap().editable.len(), 2);
    }

    #[test]
    fn apk_and_wheels() {
        let facts = read("lib/apk/db/installed", include_str!("../../testdata/integrity/installed"));
        assert_eq!(facts.problems, []);
        let files = listed(&facts);
        assert!(files.iter().any(|(path, sum)| path == "lib/ld-musl-x86_64.so.1" && sum.starts_with("sha1:")));
        assert!(files.iter().all(|(path, _)| !path.starts_with("etc/")), "{files:?}");
        let facts = read(
            "usr/local/lib/python3.11/site-packages/tabulate-0.9.0.dist-info/RECORD",
            include_str!("../../testdata/integrity/RECORD"),
        );
        let expected = facts.expected.clone().unwrap();
        assert_eq!((expected.packages[0].name.as_str(), expected.packages[0].sum), ("tabulate", Sum::Sha256));
        let files = listed(&facts);
        let path = |path: &str| files.iter().any(|(found, _)| found == path);
        assert!(path("usr/local/lib/python3.11/site-packages/tabulate/version.py"), "{files:?}");
        assert!(path("usr/local/bin/tabulate"), "{files:?}");
        assert_eq!(files.len(), 10, "files without a digest are not listed: {files:?}");
    }

    #[test]
    fn other_places() {
        for path in
            ["RECORD", "a/RECORD", "var/lib/dpkg/info/x.list", "etc/diversions", "lib/apk/installed", "x.md5sums"]
        {
            let file = Candidate::new(path, b"", 0o644);
            assert_eq!(Integrity.interest(&file), Interest::No, "{path}");
        }
        assert_eq!(
            listed(&read("a/lib/apk/db/installed", "P:x\nF:\nR:y\nZ:Q1AAAAAAAAAAAAAAAAAAAAAAAAAAA=\n"))[0].0,
            "a/y"
        );
    }
}
