//! Erlang and Elixir, Dart, Haskell.

use lazaret_model::PackageType::{Hackage, Hex, Pub};

use super::{
    Declared,
    lines::{lines, unquoted},
};

/// `mix.lock`: `"jason": {:hex, :jason, "1.4.1", ...}`. The second is the package, whatever it is called here.
pub(super) fn mix(text: &str, declared: &mut Declared) {
    for line in text.lines() {
        let Some((_, entry)) = line.split_once("{:hex, ") else { continue };
        let mut parts = entry.splitn(3, ", ");
        if let (Some(name), Some(version)) = (parts.next(), parts.next()) {
            declared.add(Hex, name.trim_start_matches(':').trim_matches('"'), version.trim_matches(['"', '}', ',']));
        }
    }
}

/// `rebar.lock`: `{<<"cowlib">>,{pkg,<<"cowlib">>,<<"2.12.1">>},0}`.
pub(super) fn rebar(text: &str, declared: &mut Declared) {
    for entry in text.split("{pkg,").skip(1) {
        let mut binaries = entry.split("<<\"").skip(1).filter_map(|part| part.split_once("\">>").map(|(text, _)| text));
        if let (Some(name), Some(version)) = (binaries.next(), binaries.next()) {
            declared.add(Hex, name, version);
        }
    }
}

/// `pubspec.lock`: below `packages`, those from a repository of packages.
pub(super) fn pub_(text: &str, declared: &mut Declared) {
    let (mut inside, mut name, mut hosted) = (false, "", true);
    for line in lines(text) {
        match line.indent {
            0 => inside = line.key == "packages",
            2 if inside => (name, hosted) = (line.key, true),
            4 if inside && line.key == "source" => hosted = line.value == "hosted",
            4 if inside && line.key == "version" && hosted => declared.add(Pub, name, line.value),
            _ => {}
        }
    }
}

/// `stack.yaml.lock`: `hackage: aeson-2.1.2.1@sha256:...,4321` of what is completed.
pub(super) fn stack(text: &str, declared: &mut Declared) {
    for line in lines(text).filter(|line| line.key == "hackage") {
        let name = line.value.split('@').next().unwrap_or_default();
        if let Some((name, version)) = name.rsplit_once('-') {
            declared.add(Hackage, name, version);
        }
    }
}

/// `cabal.project.freeze`: `constraints: any.aeson ==2.1.2.1,`.
pub(super) fn cabal(text: &str, declared: &mut Declared) {
    for part in text.lines().flat_map(|line| line.split(',')) {
        let part = part.trim().strip_prefix("constraints:").unwrap_or(part.trim()).trim();
        if let Some((name, version)) = part.split_once("==") {
            declared.add(Hackage, unquoted(name).trim_start_matches("any."), version);
        }
    }
}
