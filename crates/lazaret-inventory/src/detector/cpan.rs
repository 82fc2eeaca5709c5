//! Perl distributions from CPAN: what cpanm writes of each one (`.meta/<dist>-<version>/`), what MakeMaker's and
//! Module::Build's installers add to `perllocal.pod`, and Perl itself by its `Config.pm`.

use std::collections::BTreeMap;

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};
use serde::Deserialize;
use serde_json::Value;

use super::{Candidate, Detector, Interest};
use crate::{
    content::{Lines, document},
    layer::{FileFacts, FoundPackage},
    license,
    room::Room,
};

pub(crate) struct Cpan;

impl Detector for Cpan {
    fn id(&self) -> &'static str {
        "cpan"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://metacpan.org/pod/CPAN::Meta::Spec"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let wanted = match file.name {
            "install.json" | "MYMETA.json" => distribution(file).is_some(),
            "perllocal.pod" => true,
            "Config.pm" => file.path.contains("perl"),
            _ => false,
        };
        if wanted { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        match file.name {
            "perllocal.pod" => modules(body, facts),
            "Config.pm" => perl(body, facts),
            _ => {
                let Some(bytes) = document(body, limits, facts) else { return };
                metadata(file, &bytes, facts);
            }
        }
    }
}

/// `.meta/Moose-2.2203`: name and version.
fn distribution<'a>(file: &Candidate<'a>) -> Option<(&'a str, &'a str)> {
    let (above, holder) = file.directory().rsplit_once('/')?;
    let meta = above.strip_suffix(".meta")?;
    (meta.is_empty() || meta.ends_with('/')).then(|| split(holder)).flatten()
}

/// At the last `-` that a version follows: `Foo-Bar-v1.2.3-TRIAL` is `Foo-Bar`, `v1.2.3-TRIAL`.
fn split(distribution: &str) -> Option<(&str, &str)> {
    let at = distribution.match_indices('-').map(|(at, _)| at).find(|at| is_version(&distribution[at + 1..]))?;
    (at > 0).then(|| (&distribution[..at], &distribution[at + 1..]))
}

fn is_version(version: &str) -> bool {
    let numbers = version.strip_prefix('v').unwrap_or(version);
    (1..=128).contains(&version.len())
        && numbers.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-+".contains(&b))
}

/// Of cpanm's two files. Values may have any type: a version is a text or a number.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Metadata {
    /// `install.json`: with the version.
    dist: Value,
    /// `MYMETA.json`: the distribution's name; in `install.json` the main module's.
    name: Value,
    version: Value,
    license: Value,
}

fn metadata(file: &Candidate<'_>, bytes: &[u8], facts: &mut FileFacts) {
    let Some((name, version)) = distribution(file) else { return };
    let found = serde_json::from_slice::<Metadata>(bytes).unwrap_or_else(|error| {
        facts.not_understood(format!("metadata of a CPAN distribution: {error}"));
        Metadata::default()
    });
    // the directory's name is the archive's on CPAN, and cpanm goes by it
    let stated = match (&found.dist, &found.name, &found.version) {
        (Value::String(dist), ..) => split(dist),
        (_, Value::String(name), Value::String(version)) if is_version(version) => {
            Some((name.as_str(), version.as_str()))
        }
        _ => None,
    };
    let (name, version) = stated.unwrap_or((name, version));
    let version = version.strip_suffix("-TRIAL").unwrap_or(version);
    let licenses: Vec<&str> = match &found.license {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one],
        _ => Vec::new(),
    };
    facts.packages.push(FoundPackage {
        license: license::any_of(licenses.into_iter().filter_map(keyword)),
        ..FoundPackage::new(PackageType::Cpan, name, version)
    });
}

/// CPAN::Meta::Spec's words for licences.
fn keyword(word: &str) -> Option<&str> {
    Some(match word {
        "agpl_3" => "AGPL-3.0-only",
        "apache_1_1" => "Apache-1.1",
        "apache_2_0" => "Apache-2.0",
        "artistic_1" => "Artistic-1.0",
        "artistic_2" => "Artistic-2.0",
        "bsd" => "BSD-3-Clause",
        "freebsd" => "BSD-2-Clause",
        "gfdl_1_2" => "GFDL-1.2-only",
        "gfdl_1_3" => "GFDL-1.3-only",
        "gpl_1" => "GPL-1.0-only",
        "gpl_2" => "GPL-2.0-only",
        "gpl_3" => "GPL-3.0-only",
        "lgpl_2_1" => "LGPL-2.1-only",
        "lgpl_3_0" => "LGPL-3.0-only",
        "mit" => "MIT",
        "mozilla_1_0" => "MPL-1.0",
        "mozilla_1_1" => "MPL-1.1",
        "openssl" => "OpenSSL",
        "perl_5" => "Artistic-1.0-Perl OR GPL-1.0-or-later",
        "qpl_1_0" => "QPL-1.0",
        "zlib" => "Zlib",
        _ => return None,
    })
}

/// ``=head2 <date>: C<Module> L<Acme::Look|Acme::Look>``, then ``C<VERSION: 1.203>``. Of the same module installed twice
/// the later entry counts. The distribution may have another name than its main module, so the name is a guess.
fn modules(body: &Body<'_>, facts: &mut FileFacts) {
    let mut found = BTreeMap::new();
    let mut module = String::new();
    let mut lines = Lines::new(body);
    while let Some(line) = lines.next_line() {
        if let Some(title) = line.strip_prefix("=head2 ") {
            let name = title.split_once("C<Module> L<").and_then(|(_, rest)| rest.split(['|', '>']).next());
            name.unwrap_or_default().clone_into(&mut module);
        } else if let Some(version) = line.trim().strip_prefix("C<VERSION: ").and_then(|rest| rest.strip_suffix('>'))
            && !module.is_empty()
            && is_version(version)
        {
            found.insert(std::mem::take(&mut module).replace("::", "-"), version.to_owned());
        }
    }
    let mut room = Room::default();
    for (name, version) in found {
        room.add(facts, FoundPackage { uncertain: true, ..FoundPackage::new(PackageType::Cpan, name, version) });
    }
}

/// `version => '5.36.0',` in what starts as Perl's own configuration.
fn perl(body: &Body<'_>, facts: &mut FileFacts) {
    let mut lines = Lines::new(body);
    if lines.next_line().as_deref() != Some("# This file was created by configpm when Perl was built. Any changes") {
        return;
    }
    while let Some(line) = lines.next_line() {
        let Some(value) = line.trim().strip_prefix("version => '") else { continue };
        let Some(version) = value.strip_suffix("',").filter(|version| is_version(version)) else { continue };
        return facts.packages.push(FoundPackage {
            license: keyword("perl_5").map(str::to_owned),
            cpe: Some(format!("cpe:2.3:a:perl:perl:{version}:*:*:*:*:*:*:*")),
            ..FoundPackage::new(PackageType::Generic, "perl", version)
        });
    }
    facts.not_understood("no version in Perl's Config.pm");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, survives};

    const PLACE: &str = "usr/local/lib/perl5/site_perl/5.36.0/x86_64-linux-gnu/.meta/Acme-Look-1.203";

    #[test]
    fn written_by_cpanm() {
        let install = include_str!("../../testdata/cpan/install.json");
        assert_eq!(found(&Cpan, &format!("{PLACE}/install.json"), install), "cpan Acme-Look 1.203");
        let meta = include_str!("../../testdata/cpan/MYMETA.json");
        let path = format!("{PLACE}/MYMETA.json");
        assert_eq!(found(&Cpan, &path, meta), "cpan Acme-Look 1.203 (Artistic-1.0-Perl OR GPL-1.0-or-later)");
        survives(&Cpan, &path, meta.as_bytes());
        assert_eq!(found(&Cpan, &path, "{"), "cpan Acme-Look 1.203, parse_error");
        assert_eq!(found(&Cpan, "srv/MYMETA.json", meta), "");
    }

    #[test]
    fn written_by_makemaker() {
        let text = include_str!("../../testdata/cpan/perllocal.pod");
        assert_eq!(found(&Cpan, "usr/lib/perllocal.pod", text), "cpan Acme-Look 1.203 ?");
        let twice = format!("{text}{}", text.replace("1.203", "1.300"));
        assert_eq!(found(&Cpan, "perllocal.pod", twice), "cpan Acme-Look 1.300 ?");
        assert_eq!(found(&Cpan, "perllocal.pod", "=head2 x\nC<VERSION: 1>\n"), "");
    }

    #[test]
    fn perl_itself() {
        let text = include_str!("../../testdata/cpan/Config.pm");
        assert_eq!(
            found(&Cpan, "usr/local/lib/perl5/5.36.0/x86_64-linux-gnu/Config.pm", text),
            "generic perl 5.36.0 (Artistic-1.0-Perl OR GPL-1.0-or-later)"
        );
        assert_eq!(found(&Cpan, "usr/share/perl5/Foo/Config.pm", "package Foo::Config;\n"), "");
    }

    #[test]
    fn names_and_versions() {
        assert_eq!(split("Foo-Bar-v1.2.3-TRIAL"), Some(("Foo-Bar", "v1.2.3-TRIAL")));
        assert_eq!(split("Net-SSLeay-1.92"), Some(("Net-SSLeay", "1.92")));
        assert_eq!(split("IO-Compress-2.204"), Some(("IO-Compress", "2.204")));
        assert_eq!(split("Foo"), None);
    }
}
