//! Ruby gems: the specifications that RubyGems writes when it installs one, and those that Bundler writes into a
//! checkout. They are Ruby programs of one fixed form; nothing is run, only literal values are read.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::Lines,
    layer::{FileFacts, FoundPackage, Root},
    license,
};

pub(crate) struct Gem;

impl Detector for Gem {
    fn id(&self) -> &'static str {
        "gem"
    }

    fn version(&self) -> u32 {
        2
    }

    fn doc(&self) -> &'static str {
        "https://guides.rubygems.org/specification-reference/"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if file.name.ends_with(".gemspec") && Place::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some(place) = Place::of(file) else { return };
        let stem = file.name.trim_end_matches(".gemspec");
        let found = Specification::read(body);
        if let (Some(name), Some(version)) = (&found.name, &found.version) {
            // a checkout has changes that no released version has
            let uncertain = place == Place::Checkout;
            let package = package(name, version, found.platform.as_deref(), uncertain);
            let license = license::any_of(found.licenses.iter().map(String::as_str));
            return facts.packages.push(FoundPackage { license, roots: roots(file, place), ..package });
        }
        if place == Place::Installed {
            facts.not_understood("no literal name and version in the gem's specification");
        }
        let (name, version) = match place {
            Place::Installed => from_file_name(stem),
            Place::Checkout => (stem, ""),
        };
        let name = found.name.as_deref().unwrap_or(name);
        facts.packages.push(package(
            name,
            found.version.as_deref().unwrap_or(version),
            found.platform.as_deref(),
            true,
        ));
    }
}

/// `gems/<name>-<version>` beside the specifications; gems that come with Ruby have none.
fn roots(file: &Candidate<'_>, place: Place) -> Vec<Root> {
    let directory = file.directory();
    let path = match place {
        Place::Checkout => Some(directory.to_owned()),
        Place::Installed => directory
            .strip_suffix("specifications")
            .map(|base| format!("{base}gems/{}", file.name.trim_end_matches(".gemspec"))),
    };
    path.map(|path| Root { path, everything: true }).into_iter().collect()
}

fn package(name: &str, version: &str, platform: Option<&str>, uncertain: bool) -> FoundPackage {
    FoundPackage {
        arch: platform.filter(|platform| *platform != "ruby").map(str::to_owned),
        uncertain,
        ..FoundPackage::new(PackageType::Gem, name, version)
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    /// `specifications/<name>-<version>[-<platform>].gemspec`; gems that come with Ruby are in `default` below.
    Installed,
    /// `bundler/gems/<repository>-<commit>/<name>.gemspec`, or `<name>/<name>.gemspec` in it.
    Checkout,
}

impl Place {
    fn of(file: &Candidate<'_>) -> Option<Self> {
        let directory = file.directory();
        if last_is(directory.strip_suffix("/default").unwrap_or(directory), "specifications") {
            return Some(Self::Installed);
        }
        let (above, below) = directory.rsplit_once("bundler/gems/")?;
        let stem = file.name.trim_end_matches(".gemspec");
        let own = below.split_once('/').is_none_or(|(_, inner)| inner == stem);
        (own && (above.is_empty() || above.ends_with('/'))).then_some(Self::Checkout)
    }
}

fn last_is(directory: &str, name: &str) -> bool {
    directory.strip_suffix(name).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// What the text says in literals.
#[derive(Default)]
struct Specification {
    name: Option<String>,
    version: Option<String>,
    platform: Option<String>,
    licenses: Vec<String>,
}

impl Specification {
    /// `s.name = "rack".freeze`, `s.version = "2.2.22"`, `s.platform = "java".freeze`; for what is no literal the
    /// comment `# stub: racc 1.6.0 java lib`, from which RubyGems itself reads.
    fn read(body: &Body<'_>) -> Self {
        let (mut found, mut stub) = (Self::default(), Self::default());
        let mut lines = Lines::new(body);
        while let Some(line) = lines.next_line() {
            let line = line.trim();
            if let Some(words) = line.strip_prefix("# stub: ") {
                if stub.name.is_none() {
                    stub = Self::of_stub(words);
                }
                continue;
            }
            let Some((field, value)) = assignment(line) else { continue };
            if matches!(field, "license" | "licenses") && found.licenses.is_empty() {
                found.licenses = texts(value);
                continue;
            }
            let (place, is_right): (_, fn(&str) -> bool) = match field {
                "name" => (&mut found.name, is_name),
                "version" => (&mut found.version, is_version),
                "platform" => (&mut found.platform, is_name),
                _ => continue,
            };
            if place.is_none() {
                *place = literal(value).filter(|text| is_right(text)).map(str::to_owned);
            }
        }
        if found.platform.is_none() && (found.name.is_none() || found.version.is_none()) {
            found.platform = stub.platform;
        }
        Self { name: found.name.or(stub.name), version: found.version.or(stub.version), ..found }
    }

    fn of_stub(words: &str) -> Self {
        let mut words = words.split_whitespace();
        let mut next = |is_right: fn(&str) -> bool| words.next().filter(|word| is_right(word)).map(str::to_owned);
        match (next(is_name), next(is_version), next(is_name)) {
            (Some(name), Some(version), platform) => {
                Self { name: Some(name), version: Some(version), platform, ..Self::default() }
            }
            // the other stub line lists extensions
            _ => Self::default(),
        }
    }
}

/// Field and value of `s.field = value`.
fn assignment(line: &str) -> Option<(&str, &str)> {
    let (target, value) = line.split_once('=')?;
    let (object, field) = target.trim_end().split_once('.')?;
    let is_word = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    (is_word(object) && is_word(field)).then_some((field, value.trim_start()))
}

/// The text of `"x"`, `'x'`, `%q{x}` and `Gem::Version.new("x")`, where nothing in it would have to be computed.
fn literal(value: &str) -> Option<&str> {
    let value = value.strip_prefix("Gem::Version.new(").unwrap_or(value);
    let (text, end) = match value.as_bytes().first()? {
        b'"' => (&value[1..], '"'),
        b'\'' => (&value[1..], '\''),
        _ => (value.strip_prefix("%q{")?, '}'),
    };
    let (text, after) = text.split_once(end)?;
    let computed = after.trim_start().starts_with(['+', '%', '*', '[']) || text.contains(['#', '\\']);
    (!computed).then_some(text)
}

/// The texts in `"MIT".freeze` and `["MIT".freeze, "Ruby".freeze]`.
fn texts(value: &str) -> Vec<String> {
    let quote = if value.contains('"') { '"' } else { '\'' };
    let inside = value.split(quote).skip(1).step_by(2).take(16);
    inside.filter(|text| !text.is_empty() && !text.contains("#{")).map(str::to_owned).collect()
}

fn is_name(name: &str) -> bool {
    (1..=256).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

fn is_version(version: &str) -> bool {
    is_name(version) && version.starts_with(|c: char| c.is_ascii_digit())
}

/// `name-1.0.gemspec`, `name-1.0-x86_64-linux.gemspec`: the version is after the first `-` that a number with a dot
/// follows.
fn from_file_name(stem: &str) -> (&str, &str) {
    for (at, _) in stem.match_indices('-') {
        let version = stem[at + 1..].split('-').next().unwrap_or_default();
        if is_version(version) && version.contains('.') {
            return (&stem[..at], version);
        }
    }
    (stem, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> String {
        let mut facts = FileFacts { path: path.to_owned(), ..FileFacts::default() };
        let file = Candidate::new(path, text.as_bytes(), 0o644);
        if Gem.interest(&file) == Interest::Content {
            Gem.detect(&file, &Body::memory(text.as_bytes()), &Limits::default(), &mut facts);
        }
        let mut all: Vec<_> = facts
            .packages
            .iter()
            .map(|p| {
                let platform = p.arch.as_deref().map_or(String::new(), |arch| format!(" on {arch}"));
                format!("{} {}{platform}{}", p.name, p.version, if p.uncertain { " ?" } else { "" })
            })
            .collect();
        all.extend(facts.problems.iter().map(|p| p.kind.name().to_owned()));
        all.join(", ")
    }

    const PLACE: &str = "usr/local/bundle/specifications/x-1.0.gemspec";

    #[test]
    fn real_specifications() {
        let rack = include_str!("../../testdata/gem/rack-2.2.22.gemspec");
        assert_eq!(found("usr/share/rubygems-integration/all/specifications/rack-2.2.22.gemspec", rack), "rack 2.2.22");
        let default = include_str!("../../testdata/gem/stringio-3.0.1.2.gemspec");
        let path = "usr/lib/ruby/gems/3.1.0/specifications/default/stringio-3.0.1.2.gemspec";
        assert_eq!(found(path, default), "stringio 3.0.1.2");
        let java = include_str!("../../testdata/gem/jruby-openssl-0.15.0-java.gemspec");
        let path = "opt/jruby/lib/ruby/gems/shared/specifications/default/jruby-openssl-0.15.0-java.gemspec";
        assert_eq!(found(path, java), "jruby-openssl 0.15.0 on java");
    }

    #[test]
    fn licences_and_roots() {
        let rack = include_str!("../../testdata/gem/rack-2.2.22.gemspec");
        assert_eq!(
            crate::shown::found(&Gem, "usr/local/bundle/specifications/rack-2.2.22.gemspec", rack),
            "gem rack 2.2.22 (MIT) in usr/local/bundle/gems/rack-2.2.22/*"
        );
        assert_eq!(texts("[\"Ruby\".freeze, \"BSD-2-Clause\".freeze]"), ["Ruby", "BSD-2-Clause"]);
        assert_eq!(texts("'MIT'"), ["MIT"]);
        assert_eq!(texts("LICENSE"), Vec::<String>::new());
    }

    #[test]
    fn places() {
        let text = "s.name = \"x\"\ns.version = \"1.0\"\n";
        for installed in [PLACE, "specifications/x-1.0.gemspec", "a/specifications/default/x-1.0.gemspec"] {
            assert_eq!(found(installed, text), "x 1.0", "{installed}");
        }
        for checkout in ["b/bundler/gems/x-0a1b2c/x.gemspec", "bundler/gems/rails-0a1b2c/x/x.gemspec"] {
            assert_eq!(found(checkout, text), "x 1.0 ?", "{checkout}");
        }
        for source in [
            "gems/x-1.0/x.gemspec",
            "app/x.gemspec",
            "myspecifications/x-1.0.gemspec",
            "a/specifications/b/x-1.0.gemspec",
            "bundler/gems/y-0a1b2c/spec/fixtures/x.gemspec",
            "a/specifications/x-1.0.gemspec.bak",
        ] {
            assert_eq!(found(source, text), "", "{source}");
        }
    }

    #[test]
    fn forms_of_old_and_of_hand() {
        let of = |text: &str| found(PLACE, text);
        assert_eq!(of("  s.name = %q{x}\n  s.version = \"1.0.1\"\n"), "x 1.0.1");
        assert_eq!(of("  spec.name='x'\n  spec.version=Gem::Version.new('2.0')\n"), "x 2.0");
        assert_eq!(
            of("s.name = \"x\"\ns.version = \"1.0\"\ns.platform = \"x86_64-linux\".freeze\n"),
            "x 1.0 on x86_64-linux"
        );
        assert_eq!(of("s.name = \"x\"\ns.version = \"1.0\"\ns.platform = \"ruby\"\n"), "x 1.0");
        // the comment that RubyGems trusts
        assert_eq!(of("# stub: x 1.0 x64-mingw32 lib\ns.name = NAME\ns.version = V\n"), "x 1.0 on x64-mingw32");
        assert_eq!(of("# stub: x 1.0 ruby lib\n# stub: ext/x/extconf.rb\n"), "x 1.0");
        // a later mention in other fields counts for nothing
        assert_eq!(of("s.name = \"x\"\ns.version = \"1.0\"\ns.rubygems_version = \"3.3\"\n"), "x 1.0");
    }

    #[test]
    fn what_would_have_to_be_computed_is_said() {
        let of = |text: &str| found(PLACE, text);
        assert_eq!(of("s.name = \"x\"\ns.version = X::VERSION\n"), "x 1.0 ?, parse_error");
        assert_eq!(of("s.name = \"x\"\ns.version = \"1.#{minor}\"\n"), "x 1.0 ?, parse_error");
        assert_eq!(of(""), "x 1.0 ?, parse_error");
        assert_eq!(of("\u{0}\u{1}s.name = \n=\n.=\"\n"), "x 1.0 ?, parse_error");
        assert_eq!(from_file_name("nokogiri-1.13.8-x86_64-linux"), ("nokogiri", "1.13.8"));
        assert_eq!(from_file_name("net-http2-0.18.0"), ("net-http2", "0.18.0"));
        assert_eq!(from_file_name("x-arm64-darwin-20"), ("x-arm64-darwin-20", ""));
        assert_eq!(found("bundler/gems/x-0a1b2c/x.gemspec", "s.version = X::VERSION"), "x  ?");
    }
}
