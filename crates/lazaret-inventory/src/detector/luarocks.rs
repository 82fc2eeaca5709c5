//! Lua rocks: LuaRocks keeps `rocks-5.4/<name>/<version>/` for each one that is installed, with the rockspec and a list of
//! the files that it deployed elsewhere. Both are Lua programs; nothing is run.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::{Lines, document},
    layer::{FileFacts, FoundPackage, Root},
    license,
    path_set::{PathHash, PathSet},
};

pub(crate) struct Luarocks;

const MAX_FILES: usize = 100_000;

impl Detector for Luarocks {
    fn id(&self) -> &'static str {
        "luarocks"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://github.com/luarocks/luarocks/blob/main/docs/rockspec_format.md"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let named = file.name.ends_with(".rockspec") || file.name == "rock_manifest";
        if named && Rock::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(rock) = Rock::of(file) else { return };
        let (mut license, mut owns) = (None, PathSet::default());
        if file.name == "rock_manifest" {
            let Some(bytes) = document(body, limits, facts) else { return };
            owns = rock.deployed(&String::from_utf8_lossy(&bytes));
        } else {
            license = license_of(body);
        }
        facts.packages.push(FoundPackage {
            license,
            owns,
            roots: vec![Root { path: file.directory().to_owned(), everything: true }],
            ..FoundPackage::new(PackageType::Luarocks, rock.name, rock.version)
        });
    }
}

/// What the path says, which is what LuaRocks itself goes by.
struct Rock<'a> {
    name: &'a str,
    version: &'a str,
    /// Before `lib/luarocks`, ending in `/` or empty.
    prefix: &'a str,
    /// `5.4`; empty for trees of one version.
    lua: &'a str,
}

impl<'a> Rock<'a> {
    /// `<prefix>/lib/luarocks/rocks-5.4/<name>/<version>/<file>`, where `rocks-5.4` may be `rocks`.
    fn of(file: &Candidate<'a>) -> Option<Self> {
        let directory = file.directory();
        let (above, version) = directory.rsplit_once('/')?;
        let (above, name) = above.rsplit_once('/')?;
        let (tree, rocks) = above.rsplit_once('/')?;
        let lua = rocks.strip_prefix("rocks")?;
        let lua = if lua.is_empty() { lua } else { lua.strip_prefix('-')? };
        let prefix = tree.strip_suffix("lib/luarocks")?;
        let right = (prefix.is_empty() || prefix.ends_with('/')) && is_version(version);
        right.then_some(Self { name, version, prefix, lua })
    }

    /// `rock_manifest = { lua = { pl = { ["init.lua"] = "<md5>" } }, bin = { x = "<md5>" } }`: what is below `lua`, `lib`
    /// and `bin` lies in the tree's own directories.
    fn deployed(&self, text: &str) -> PathSet {
        let mut directories: Vec<&str> = Vec::new();
        let mut found = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.starts_with('}') {
                directories.pop();
                continue;
            }
            let Some((key, value)) = line.split_once(" = ") else { continue };
            let key = key.strip_prefix("[\"").and_then(|key| key.strip_suffix("\"]")).unwrap_or(key);
            if value.starts_with('{') {
                // an empty table ends on its line
                if !value.trim_end_matches(',').ends_with('}') && directories.len() < 64 {
                    directories.push(key);
                }
            } else if let ["rock_manifest", kind, inner @ ..] = directories.as_slice()
                && let Some(place) = self.place(kind)
                && found.len() < MAX_FILES
            {
                let mut path = format!("{}{place}", self.prefix);
                for part in inner.iter().chain([&key]) {
                    path.push('/');
                    path.push_str(part);
                }
                found.push(PathHash::of(&path));
            }
        }
        found.into_iter().collect()
    }

    fn place(&self, kind: &str) -> Option<String> {
        match kind {
            "lua" => Some(format!("share/lua/{}", self.lua)),
            "lib" => Some(format!("lib/lua/{}", self.lua)),
            "bin" => Some("bin".to_owned()),
            _ => None,
        }
    }
}

/// `license = "MIT/X11"` in the table `description`.
fn license_of(body: &Body<'_>) -> Option<String> {
    let mut lines = Lines::new(body);
    let mut within = false;
    while let Some(line) = lines.next_line() {
        let line = line.trim();
        within |= line.starts_with("description");
        let Some((before, value)) = line.split_once("license").filter(|_| within) else { continue };
        if !before.chars().all(|c| !c.is_alphanumeric() && c != '-' && c != '"') && !before.contains('{') {
            continue;
        }
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        return license::normalise(value[1..].split(quote).next()?);
    }
    None
}

/// `1.13.1-3`: a version and the revision of the rockspec; also `scm-1`, `dev-1`.
fn is_version(version: &str) -> bool {
    let revision = version.rsplit_once('-').map(|(_, revision)| revision);
    revision.is_some_and(|revision| !revision.is_empty() && revision.bytes().all(|b| b.is_ascii_digit()))
        && version.len() <= 256
        && version.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, look, survives};

    const TREE: &str = "usr/local/lib/luarocks/rocks-5.4/penlight/1.13.1-1";

    #[test]
    fn a_rock() {
        let spec = include_str!("../../testdata/luarocks/penlight-1.13.1-1.rockspec");
        let path = format!("{TREE}/penlight-1.13.1-1.rockspec");
        assert_eq!(found(&Luarocks, &path, spec), format!("luarocks penlight 1.13.1-1 (MIT) in {TREE}/*"));
        let manifest = include_bytes!("../../testdata/luarocks/rock_manifest");
        let facts = look(&Luarocks, &format!("{TREE}/rock_manifest"), manifest);
        let owns = &facts.packages[0].owns;
        for file in ["usr/local/share/lua/5.4/pl/List.lua", "usr/local/share/lua/5.4/pl/compat.lua"] {
            assert!(owns.contains(PathHash::of(file)), "{file}");
        }
        survives(&Luarocks, &format!("{TREE}/rock_manifest"), manifest);
    }

    #[test]
    fn places() {
        let of = |path: &str| found(&Luarocks, path, "");
        assert_eq!(
            of("lib/luarocks/rocks/x/scm-1/x-scm-1.rockspec"),
            "luarocks x scm-1 in lib/luarocks/rocks/x/scm-1/*"
        );
        for not in [
            "app/x-1.0-1.rockspec",
            "lib/luarocks/rocks-5.4/x/1.0/x-1.0-1.rockspec",
            "lib/luarocks/rocks-5.4/manifest",
            "mylib/luarocks/rocks-5.4/x/1.0-1/x.rockspec",
            "lib/luarocks/rocks-5.4/x/1.0-1/doc/x.rockspec",
        ] {
            assert_eq!(of(not), "", "{not}");
        }
        let license = |text: &str| found(&Luarocks, "lib/luarocks/rocks/x/1-1/x-1-1.rockspec", text);
        assert!(license("description = { license = 'MIT' }").contains("(MIT)"));
        assert!(!license("license = \"MIT\"").contains("(MIT)"));
        assert!(!license("description = {\n  detailed = \"its license = 'MIT' is\"\n}").contains("(MIT)"));
    }
}
