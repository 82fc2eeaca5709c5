//! Go programs: the build information that the linker puts into every executable, whatever the file's name or mode.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest, dpkg::Faults};
use crate::{
    executable::{self, Executable},
    layer::{FileFacts, FoundPackage},
    room::Room,
};

pub(crate) mod build_info;
pub(crate) mod version;

pub(crate) struct Go;

impl Detector for Go {
    fn id(&self) -> &'static str {
        "go"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://pkg.go.dev/debug/buildinfo"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if executable::is_executable(file.head) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, _file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        // what is cut or odd in another language's program is not this detector's business
        let Ok(program) = Executable::parse(body) else { return };
        match build_info::read(&program) {
            Ok(Some(info)) => packages(&info.toolchain, &info.modules, facts),
            Ok(None) => {}
            Err(error) => facts.not_understood(format!("Go build information: {error}")),
        }
    }
}

/// Whether a program is Go's alone, without what other languages' compilers made.
pub(crate) fn is_pure(program: &Executable<'_>) -> bool {
    let info = build_info::read(program).ok().flatten();
    info.is_some_and(|info| info.modules.lines().any(|line| line == "build\tCGO_ENABLED=0"))
}

/// One line of the module information.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Module<'a> {
    path: &'a str,
    version: &'a str,
}

impl<'a> Module<'a> {
    fn parse(line: &'a str) -> Self {
        let mut parts = line.split('\t');
        Self { path: parts.next().unwrap_or_default(), version: parts.next().unwrap_or_default() }
    }

    /// Replaced by a directory of the build machine.
    fn is_local(self) -> bool {
        self.path.starts_with(['.', '/']) || self.path.as_bytes().get(1) == Some(&b':') || self.version.is_empty()
    }
}

fn packages(toolchain: &str, modules: &str, facts: &mut FileFacts) {
    let stdlib = version::of_toolchain(toolchain);
    facts.packages.push(FoundPackage {
        uncertain: stdlib.is_none(),
        ..FoundPackage::new(PackageType::Golang, "stdlib", stdlib.unwrap_or_default())
    });
    let (mut room, mut faults) = (Room::default(), Faults::default());
    let mut linker_flags = None;
    let mut main_module: Option<Module<'_>> = None;
    let mut last: Option<(usize, Module<'_>)> = None;
    for line in modules.lines() {
        let Some((kind, rest)) = line.split_once('\t') else { continue };
        match kind {
            "mod" | "dep" => {
                let module = Module::parse(rest);
                if module.path.is_empty() {
                    let line: String = line.chars().take(64).collect();
                    let message = format!("Go build information: a module without a path: {line:?}");
                    faults.push(facts, message);
                    continue;
                }
                if kind == "mod" {
                    main_module = Some(module);
                }
                last = Some((facts.packages.len(), module));
                room.add(facts, FoundPackage::new(PackageType::Golang, module.path, module.version));
                if room.is_full() {
                    break;
                }
            }
            // the line before is what go.mod asks for, this one is what was built in
            "=>" => {
                let Some((index, replaced)) = last else { continue };
                let replacement = Module::parse(rest);
                let package = &mut facts.packages[index];
                if replacement.is_local() {
                    // a fork of unknown content, known by the name and version that it stands for
                    replaced.version.clone_into(&mut package.version);
                    package.uncertain = true;
                } else {
                    replacement.path.clone_into(&mut package.name);
                    replacement.version.clone_into(&mut package.version);
                }
            }
            "build" => {
                if let Some(flags) = rest.strip_prefix("-ldflags=") {
                    linker_flags = Some(version::unquote(flags));
                }
            }
            _ => {}
        }
    }
    faults.sum_up(facts);
    let Some(main) = main_module else { return };
    for package in &mut facts.packages {
        if package.version == "(devel)" {
            package.version.clear();
        }
        if package.version.is_empty() && package.name == main.path {
            let stated = linker_flags.as_deref().and_then(|flags| version::of_linker_flags(flags, main.path));
            package.uncertain |= stated.is_none();
            package.version = stated.unwrap_or_default();
        } else if package.version.is_empty() {
            package.uncertain = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(facts: &FileFacts) -> Vec<String> {
        facts
            .packages
            .iter()
            .map(|p| format!("{} {}{}", p.name, p.version, if p.uncertain { " ?" } else { "" }))
            .collect()
    }

    fn of_text(toolchain: &str, modules: &str) -> Vec<String> {
        let mut facts = FileFacts::default();
        packages(toolchain, modules, &mut facts);
        listed(&facts)
    }

    #[test]
    fn a_real_program_reduced_to_its_build_info() {
        let bytes = include_bytes!("../../testdata/go/oras-1.3.6.elf");
        let mut facts = FileFacts::default();
        let file = Candidate::new("usr/bin/whatever", &bytes[..512], 0o644);
        assert_eq!(Go.interest(&file), Interest::Content);
        Go.detect(&file, &Body::memory(bytes), &Limits::default(), &mut facts);
        assert_eq!(facts.problems, []);
        let found = listed(&facts);
        assert_eq!(found.len(), 24);
        assert_eq!(found[..3], ["stdlib 1.26.8", "oras.land/oras v1.3.6", "dario.cat/mergo v1.0.2"]);
        assert_eq!(found.last().map(String::as_str), Some("oras.land/oras-go/v2 v2.7.0"));
    }

    #[test]
    fn replacements() {
        let text = "path\ta/cmd\nmod\ta\tv1.0.0\th1:x\ndep\tb\tv1.0.0\n=>\tc\tv1.1.0\th1:y\ndep\td\tv0.5.0\n=>\t./local\t(devel)\ndep\te\tv2.0.0\n=>\t../e\t\n";
        assert_eq!(of_text("go1.21.0", text), ["stdlib 1.21.0", "a v1.0.0", "c v1.1.0", "d v0.5.0 ?", "e v2.0.0 ?"]);
    }

    #[test]
    fn main_module_without_version() {
        let of =
            |flags: &str| of_text("go1.21.0", &format!("path\tx.y/app\nmod\tx.y/app\t(devel)\t\n{flags}"))[1].clone();
        assert_eq!(of(""), "x.y/app  ?");
        assert_eq!(of("build\t-ldflags=\"-s -w -X main.version=1.2.3\"\n"), "x.y/app v1.2.3");
        assert_eq!(of("build\t-ldflags=\"-X other/pkg.version=1.2.3\"\n"), "x.y/app  ?");
    }

    #[test]
    fn a_debian_build_has_no_modules() {
        let text = "path\tgithub.com/docker/distribution/cmd/registry\nbuild\t-compiler=gc\n";
        assert_eq!(of_text("go1.19.8", text), ["stdlib 1.19.8"]);
    }
}
