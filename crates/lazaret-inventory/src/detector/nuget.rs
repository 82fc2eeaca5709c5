//! .NET: what an application's `*.deps.json` says that it runs with, also where that is inside of the application's one
//! file, and the shared frameworks.

use std::{borrow::Cow, collections::BTreeMap};

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{Candidate, Detector, Interest};
use crate::{
    content::document,
    executable,
    layer::{FileFacts, FoundPackage, Root},
    path_set::{PathHash, PathSet},
};

mod bundle;

pub(crate) struct Nuget;

impl Detector for Nuget {
    fn id(&self) -> &'static str {
        "nuget"
    }

    fn version(&self) -> u32 {
        3
    }

    fn doc(&self) -> &'static str {
        "https://github.com/dotnet/sdk/blob/main/documentation/specs/runtime-configuration-file.md"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if is_list(file.name) || executable::is_executable(file.head) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        if !is_list(file.name) {
            return match bundle::dependencies(body, limits) {
                Ok(Some(bytes)) => list(&bytes, facts),
                Ok(None) => {}
                Err(error) => facts.not_understood(format!("a .NET application in one file: {error}")),
            };
        }
        let Some(bytes) = document(body, limits, facts) else { return };
        let found = read(&bytes, facts);
        if let Some((framework, version)) = framework(file.path) {
            let root = Root { path: file.directory().to_owned(), everything: true };
            facts.packages.push(FoundPackage { roots: vec![root], ..found.runtime_pack(framework, version) });
        }
        found.packages(Some(file.directory()), facts);
    }
}

fn is_list(name: &str) -> bool {
    name.strip_suffix(".deps.json").is_some_and(|stem| !stem.is_empty())
}

/// The list of an application in one file.
fn list(bytes: &[u8], facts: &mut FileFacts) {
    read(bytes, facts).packages(None, facts);
}

fn read<'a>(bytes: &'a [u8], facts: &mut FileFacts) -> Dependencies<'a> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    serde_json::from_slice(bytes).unwrap_or_else(|error| {
        facts.not_understood(format!("not a list of .NET dependencies: {error}"));
        Dependencies::default()
    })
}

/// `shared/Microsoft.NETCore.App/8.0.1/Microsoft.NETCore.App.deps.json`: name and version.
fn framework(path: &str) -> Option<(&str, &str)> {
    let mut parts = path.rsplit('/');
    let (file, version, name) = (parts.next()?, parts.next()?, parts.next()?);
    let named = file.strip_suffix(".deps.json") == Some(name) && is_name(name) && is_version(version);
    (named && parts.next() == Some("shared")).then_some((name, version))
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase")]
struct Dependencies<'a> {
    #[serde(borrow)]
    runtime_target: Option<RuntimeTarget<'a>>,
    #[serde(borrow, default)]
    targets: BTreeMap<Cow<'a, str>, BTreeMap<Cow<'a, str>, Assets<'a>>>,
    #[serde(borrow, default)]
    libraries: BTreeMap<Cow<'a, str>, Library<'a>>,
}

#[derive(Deserialize)]
struct RuntimeTarget<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
}

/// Paths, each with what is said of it.
type Files<'a> = BTreeMap<Cow<'a, str>, &'a RawValue>;

/// Files that a library brings, by kind.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Assets<'a> {
    #[serde(borrow)]
    runtime: Files<'a>,
    #[serde(borrow)]
    native: Files<'a>,
    #[serde(borrow)]
    runtime_targets: Files<'a>,
    #[serde(borrow)]
    resources: Files<'a>,
}

impl Assets<'_> {
    /// Whether there is any file; `_._` stands for none.
    fn any(&self) -> bool {
        let kinds = [&self.runtime, &self.native, &self.runtime_targets, &self.resources];
        kinds.into_iter().flat_map(BTreeMap::keys).any(|path| !path.ends_with("_._"))
    }
}

#[derive(Deserialize)]
struct Library<'a> {
    /// `package`, `project`, `runtimepack`, `reference` and others.
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

impl Dependencies<'_> {
    /// Microsoft's advisories name a framework by the package that brings it to self-contained applications.
    fn runtime_pack(&self, framework: &str, version: &str) -> FoundPackage {
        let target = self.runtime_target.as_ref().map(|target| target.name.as_ref()).unwrap_or_default();
        let platform = target.split_once('/').map(|(_, platform)| platform).filter(|platform| is_name(platform));
        let name = platform.map_or(framework.to_owned(), |platform| format!("{framework}.Runtime.{platform}"));
        FoundPackage { uncertain: platform.is_none(), ..FoundPackage::new(PackageType::Nuget, name, version) }
    }

    /// `directory`: where the files of the libraries lie, if they are files.
    fn packages(&self, directory: Option<&str>, facts: &mut FileFacts) {
        let mut odd = 0_usize;
        for (key, library) in &self.libraries {
            let kind = library.kind.as_deref().unwrap_or_default();
            let pack = kind.eq_ignore_ascii_case("runtimepack");
            if !(pack || kind.eq_ignore_ascii_case("package")) || !self.runs_with(key) {
                continue;
            }
            let Some((name, version)) = key.split_once('/').filter(|(name, v)| is_name(name) && is_version(v)) else {
                odd += 1;
                continue;
            };
            let name = name.strip_prefix("runtimepack.").filter(|_| pack).unwrap_or(name);
            let found = FoundPackage {
                owns: directory.map(|directory| self.files(key, directory)).unwrap_or_default(),
                ..FoundPackage::new(PackageType::Nuget, name, version)
            };
            if !facts.packages.contains(&found) {
                facts.packages.push(found);
            }
        }
        if odd > 0 {
            facts.not_understood(format!("list of .NET dependencies: {odd} libraries without a name or version"));
        }
    }

    /// Where an application has a library's files: its own directory, those of a language in one of that name, and those
    /// of a platform where the package had them.
    fn files(&self, key: &str, directory: &str) -> PathSet {
        let chosen = self.runtime_target.as_ref().and_then(|target| self.targets.get(target.name.as_ref()));
        let Some(assets) = chosen.and_then(|target| target.get(key)) else { return PathSet::default() };
        let below = |path: &str| if directory.is_empty() { path.to_owned() } else { format!("{directory}/{path}") };
        let last = |path: &'_ str, parts: usize| {
            let from = path.rmatch_indices('/').nth(parts - 1).map_or(0, |(at, _)| at + 1);
            path[from..].to_owned()
        };
        let flat = assets.runtime.keys().chain(assets.native.keys()).map(|path| last(path, 1));
        let languages = assets.resources.keys().map(|path| last(path, 2));
        let platforms = assets.runtime_targets.keys().map(ToString::to_string);
        flat.chain(languages).chain(platforms).map(|path| PathHash::of(&below(&path))).collect()
    }

    /// Whether a library brings files to the application; one that no target speaks of is believed to.
    fn runs_with(&self, key: &str) -> bool {
        let chosen = self.runtime_target.as_ref().and_then(|target| self.targets.get(target.name.as_ref()));
        let mut stated = match chosen {
            Some(target) => target.get(key).into_iter().collect::<Vec<_>>(),
            None => self.targets.values().filter_map(|target| target.get(key)).collect(),
        };
        let spoken_of = !stated.is_empty();
        stated.retain(|assets| assets.any());
        !spoken_of || !stated.is_empty()
    }
}

fn is_name(name: &str) -> bool {
    (1..=256).contains(&name.len()) && name.chars().all(|c| c.is_alphanumeric() || "._-".contains(c))
}

fn is_version(version: &str) -> bool {
    version.len() <= 256
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::brief;

    fn found(path: &str, text: &str) -> String {
        brief(&Nuget, path, text)
    }

    #[test]
    fn a_real_library() {
        let text = include_str!("../../testdata/nuget/Python.Runtime.deps.json");
        assert_eq!(
            found("app/Python.Runtime.deps.json", text),
            "Microsoft.CSharp 4.7.0, System.Buffers 4.6.1, System.IO.Hashing 10.0.12, System.Memory 4.6.3, \
             System.Numerics.Vectors 4.6.1, System.Reflection.Emit.ILGeneration 4.7.0, System.Reflection.Emit 4.7.0, \
             System.Runtime.CompilerServices.Unsafe 6.1.2",
            "the project itself and a package without files are not there"
        );
    }

    #[test]
    fn a_real_framework_reduced() {
        let text = include_str!("../../testdata/nuget/Microsoft.NETCore.App.deps.json");
        let place = "usr/share/dotnet/shared/Microsoft.NETCore.App/3.1.23/Microsoft.NETCore.App.deps.json";
        let listed = "runtime.linux-x64.Microsoft.NETCore.App 3.1.23-servicing.22122.4, \
                      runtime.linux-x64.Microsoft.NETCore.DotNetHostPolicy 3.1.23";
        assert_eq!(found(place, text), format!("Microsoft.NETCore.App.Runtime.linux-x64 3.1.23, {listed}"));
        assert_eq!(found("app/Microsoft.NETCore.App.deps.json", text), listed);
        assert_eq!(found(place, "{"), "Microsoft.NETCore.App 3.1.23 ?, parse_error");
    }

    /// After the form that the SDK writes for a self-contained application.
    #[test]
    fn a_self_contained_application() {
        let text = r#"{"runtimeTarget":{"name":".NETCoreApp,Version=v8.0/linux-musl-x64","signature":""},
            "targets":{".NETCoreApp,Version=v8.0":{},".NETCoreApp,Version=v8.0/linux-musl-x64":{
              "Shop/1.0.0":{"runtime":{"Shop.dll":{}}},
              "runtimepack.Microsoft.NETCore.App.Runtime.linux-musl-x64/8.0.1":{"runtime":{"System.Private.CoreLib.dll":{}}},
              "Placeholder/1.0.0":{"runtime":{"lib/net8.0/_._":{}}},
              "Native/2.0.0":{"native":{"libx.so":{}}},"Locale/3.0.0":{"resources":{"de/x.dll":{"locale":"de"}}},
              "Many/4.0.0":{"runtimeTargets":{"runtimes/unix/lib/x.dll":{"rid":"unix","assetType":"runtime"}}}}},
            "libraries":{"Shop/1.0.0":{"type":"project"},"Placeholder/1.0.0":{"type":"package"},
              "runtimepack.Microsoft.NETCore.App.Runtime.linux-musl-x64/8.0.1":{"type":"runtimepack"},
              "Native/2.0.0":{"type":"package"},"Locale/3.0.0":{"type":"package"},"Many/4.0.0":{"type":"package"},
              "Untold/5.0.0":{"type":"package"},"Local/6.0.0.0":{"type":"reference"}}}"#;
        assert_eq!(
            found("app/Shop.deps.json", text),
            "Locale 3.0.0, Many 4.0.0, Native 2.0.0, Untold 5.0.0, Microsoft.NETCore.App.Runtime.linux-musl-x64 8.0.1"
        );
    }

    #[test]
    fn places() {
        let text = r#"{"libraries":{"A/1.0.0":{"type":"package"}}}"#;
        assert_eq!(found("srv/x.deps.json", text), "A 1.0.0");
        assert_eq!(found("srv/x.deps.json", "\u{feff}{}"), "", "nothing of .NET");
        assert_eq!(found(".deps.json", text), "");
        assert_eq!(framework("shared/A/1.0/A.deps.json"), Some(("A", "1.0")));
        for not in ["A/1.0/A.deps.json", "shared/A/1.0/B.deps.json", "shared/A/x/A.deps.json", "A.deps.json"] {
            assert_eq!(framework(not), None, "{not}");
        }
    }

    #[test]
    fn files_of_an_application() {
        let text = r#"{"runtimeTarget":{"name":"t"},"targets":{"t":{"A/1.0":{"runtime":{"lib/net8.0/A.dll":{}},
            "resources":{"lib/net8.0/de/A.resources.dll":{"locale":"de"}},
            "runtimeTargets":{"runtimes/unix/lib/A.dll":{"rid":"unix"}}}}},"libraries":{"A/1.0":{"type":"package"}}}"#;
        let facts = crate::shown::look(&Nuget, "app/x.deps.json", text.as_bytes());
        let owns = &facts.packages[0].owns;
        for path in ["app/A.dll", "app/de/A.resources.dll", "app/runtimes/unix/lib/A.dll"] {
            assert!(owns.contains(PathHash::of(path)), "{path}");
        }
        assert_eq!(owns.len(), 3);
    }

    #[test]
    fn an_application_in_one_file() {
        let program = include_bytes!("../../testdata/nuget/bundle.elf");
        assert_eq!(crate::shown::found(&Nuget, "app/shop", program), "nuget A 1.0.0, nuget B 2.0.0");
        crate::shown::survives(&Nuget, "app/shop", program);
        let cut = &program[..program.len() - 90];
        assert!(crate::shown::found(&Nuget, "app/shop", cut).ends_with("parse_error"));
    }

    #[test]
    fn what_is_not_understood_is_said() {
        for bad in
            ["", "[]", "{", r#"{"libraries":7}"#, r#"{"targets":{"a":{"b":{"runtime":[]}}}}"#, &"[".repeat(10_000)]
        {
            assert_eq!(found("x.deps.json", bad), "parse_error", "{}", &bad[..bad.len().min(20)]);
        }
        let partly = r#"{"libraries":{"A":{"type":"package"},"B/x":{"type":"package"},"C/1.0":{"type":"package"}}}"#;
        assert_eq!(found("x.deps.json", partly), "C 1.0, parse_error");
    }
}
