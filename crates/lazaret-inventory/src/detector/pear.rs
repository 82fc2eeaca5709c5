//! PHP packages of PEAR and PECL: the registry, one file for each package, in the form of PHP's `serialize`.

use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::document,
    layer::{FileFacts, FoundPackage},
    license,
    path_set::PathHash,
};

mod serialized;

use serialized::{Event, Reader};

pub(crate) struct Pear;

/// Where packages without a channel are from.
const DEFAULT_CHANNEL: &str = "pear.php.net";
/// Files of one package.
const MAX_FILES: usize = 100_000;

impl Detector for Pear {
    fn id(&self) -> &'static str {
        "pear"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://github.com/pear/pear-core/blob/master/PEAR/Registry.php"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if is_entry(file.name) && channel(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(place) = channel(file) else { return };
        let Some(bytes) = document(body, limits, facts) else { return };
        let entry = Entry::read(&bytes);
        if !entry.whole {
            facts.problem(ProblemKind::ParseError, "an entry of PEAR's registry that is cut off or damaged");
        }
        if entry.name.is_empty() || !is_version(&entry.version) {
            if entry.whole {
                facts.not_understood("an entry of PEAR's registry without a name or version");
            }
            // the file's name is the package's, in lower case
            let name = file.name.trim_end_matches(".reg");
            let name = if entry.name.is_empty() { name } else { &entry.name };
            let found = FoundPackage::new(PackageType::Pear, format!("{place}/{name}"), "");
            return facts.packages.push(FoundPackage { uncertain: true, ..found });
        }
        let channel = if entry.channel.is_empty() { place } else { &entry.channel };
        facts.packages.push(FoundPackage {
            license: license::normalise(&entry.license),
            owns: entry.files.iter().map(|path| PathHash::of(path)).collect(),
            ..FoundPackage::new(PackageType::Pear, format!("{channel}/{}", entry.name), entry.version)
        });
    }
}

fn is_entry(name: &str) -> bool {
    name.strip_suffix(".reg").is_some_and(|stem| !stem.is_empty())
}

/// `php/.registry/x.reg` is of the default channel, `php/.registry/.channel.pecl.php.net/x.reg` of the one it names.
fn channel<'a>(file: &Candidate<'a>) -> Option<&'a str> {
    let directory = file.directory();
    let (above, last) = directory.rsplit_once('/').unwrap_or(("", directory));
    if last == ".registry" {
        return Some(DEFAULT_CHANNEL);
    }
    let channel = last.strip_prefix(".channel.")?;
    (above == ".registry" || above.ends_with("/.registry")).then_some(channel)
}

/// What matters of an entry, of both versions of the format.
#[derive(Default)]
struct Entry {
    name: String,
    channel: String,
    version: String,
    license: String,
    /// Normalised paths.
    files: Vec<String>,
    /// Whether it was read to its end.
    whole: bool,
}

impl Entry {
    fn read(bytes: &[u8]) -> Self {
        let mut entry = Self::default();
        let mut reader = Reader::new(bytes);
        while let Some(event) = reader.next_event() {
            let Event::Text { keys, value } = event else { continue };
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            let place = match keys.as_slice() {
                ["name" | "package"] if entry.name.is_empty() => &mut entry.name,
                ["channel"] => &mut entry.channel,
                ["version"] | ["version", "release"] if entry.version.is_empty() => &mut entry.version,
                ["license" | "release_license"] | ["license", "_content"] if entry.license.is_empty() => {
                    &mut entry.license
                }
                ["filelist", _, "installed_as"] if entry.files.len() < MAX_FILES => {
                    entry.files.push(value.trim_start_matches('/').to_owned());
                    continue;
                }
                _ => continue,
            };
            *place = value.into_owned();
        }
        entry.whole = reader.is_done();
        entry
    }
}

fn is_version(version: &str) -> bool {
    (1..=256).contains(&version.len())
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, look, survives};

    const PLACE: &str = "usr/share/php/.registry/console_getopt.reg";

    #[test]
    fn a_real_entry() {
        let bytes = include_bytes!("../../testdata/pear/console_getopt.reg");
        assert_eq!(found(&Pear, PLACE, bytes), "pear pear.php.net/Console_Getopt 1.4.3 (BSD-2-Clause) +5");
        let facts = look(&Pear, PLACE, bytes);
        assert!(facts.packages[0].owns.contains(PathHash::of("usr/share/php/Console/Getopt.php")));
        survives(&Pear, PLACE, bytes);
    }

    #[test]
    fn of_other_channels() {
        let place = "usr/local/lib/php/.registry/.channel.pecl.php.net/memcached.reg";
        let six = r#"a:3:{s:4:"name";s:9:"memcached";s:7:"channel";s:12:"pecl.php.net";s:7:"version";a:2:{s:7:"release";s:5:"3.2.0";s:3:"api";s:5:"3.1.0";}}"#;
        assert_eq!(found(&Pear, place, six), "pear pecl.php.net/memcached 3.2.0");
        let five = r#"a:2:{s:4:"name";s:9:"memcached";s:7:"version";a:1:{s:7:"release";s:5:"3.2.0";}}"#;
        assert_eq!(found(&Pear, place, five), "pear pecl.php.net/memcached 3.2.0");
        let one = r#"a:2:{s:7:"package";s:4:"Mail";s:7:"version";s:5:"1.0.0";}"#;
        assert_eq!(found(&Pear, "php/.registry/mail.reg", one), "pear pear.php.net/Mail 1.0.0");
        for not in ["php/.channels/pecl.php.net.reg", "x.reg", "php/.registry/a/x.reg", "php/.channel.x/x.reg"] {
            assert_eq!(found(&Pear, not, one), "", "{not}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for bad in ["", "x", "i:1;", "a:1:{", r#"a:1:{s:4:"name";s:4:"Mail""#, r#"a:1:{s:999:"name";N;}"#] {
            assert_eq!(found(&Pear, "php/.registry/mail.reg", bad).rsplit(", ").next(), Some("parse_error"), "{bad}");
        }
        assert_eq!(found(&Pear, "php/.registry/mail.reg", "a:0:{}"), "pear pear.php.net/mail ?, parse_error");
        let deep = "a:1:{i:0;".repeat(100_000);
        assert_eq!(found(&Pear, "php/.registry/mail.reg", deep), "pear pear.php.net/mail ?, parse_error");
    }
}
