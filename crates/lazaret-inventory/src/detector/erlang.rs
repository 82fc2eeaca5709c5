//! Erlang and Elixir: the resource file of each application (`ebin/<name>.app`), wherever it is installed: with OTP, in a
//! release, or as a plugin. It is one Erlang term, of which name, version and licences are read.

use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::document,
    layer::{FileFacts, FoundPackage, Root},
    license,
};

mod term;

use term::Application;

pub(crate) struct Erlang;

/// Applications of Erlang's own distribution; releases carry those that they need under the same names.
const OTP: &[&str] = &[
    "asn1",
    "common_test",
    "compiler",
    "crypto",
    "debugger",
    "dialyzer",
    "diameter",
    "edoc",
    "eldap",
    "erl_docgen",
    "erl_interface",
    "erts",
    "et",
    "eunit",
    "ftp",
    "hipe",
    "inets",
    "jinterface",
    "kernel",
    "megaco",
    "mnesia",
    "observer",
    "odbc",
    "os_mon",
    "otp_mibs",
    "parsetools",
    "public_key",
    "reltool",
    "runtime_tools",
    "sasl",
    "snmp",
    "ssh",
    "ssl",
    "stdlib",
    "syntax_tools",
    "tftp",
    "tools",
    "wx",
    "xmerl",
];
/// Applications of Elixir's, which are not on Hex either.
const ELIXIR: &[&str] = &["eex", "elixir", "ex_unit", "iex", "logger", "mix"];

impl Detector for Erlang {
    fn id(&self) -> &'static str {
        "erlang"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://www.erlang.org/doc/apps/kernel/app.html"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if is_resource_file(file) || is_otp_version(file) { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        let Some(bytes) = document(body, limits, facts) else { return };
        let text = String::from_utf8_lossy(&bytes);
        if file.name == "OTP_VERSION" {
            return otp(text.trim(), facts);
        }
        let directory = file.directory();
        let root = directory.strip_suffix("ebin").unwrap_or(directory).trim_end_matches('/');
        let stem = file.name.trim_end_matches(".app");
        let application = Application::read(&text).unwrap_or_else(|| {
            facts.problem(ProblemKind::ParseError, "not an application's resource file");
            Application { name: stem.to_owned(), ..Application::default() }
        });
        facts.packages.push(package(application, root));
    }
}

fn is_resource_file(file: &Candidate<'_>) -> bool {
    file.name.strip_suffix(".app").is_some_and(|stem| !stem.is_empty())
        && file.directory().strip_suffix("ebin").is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// `releases/25/OTP_VERSION`.
fn is_otp_version(file: &Candidate<'_>) -> bool {
    file.name == "OTP_VERSION" && file.directory().rsplit('/').nth(1) == Some("releases")
}

fn otp(version: &str, facts: &mut FileFacts) {
    if !is_version(version) {
        return facts.not_understood("not a version of Erlang/OTP");
    }
    // a patch beyond what was released has `**` behind it
    let version = version.trim_end_matches('*');
    facts.packages.push(FoundPackage {
        cpe: Some(format!("cpe:2.3:a:erlang:erlang\\/otp:{version}:*:*:*:*:*:*:*")),
        ..FoundPackage::new(PackageType::Generic, "erlang", version)
    });
}

fn package(application: Application, root: &str) -> FoundPackage {
    let Application { name, version, licenses } = application;
    let holder = root.rsplit('/').next().unwrap_or_default();
    // one that was never built has a word in place of its version
    let from_path = holder.strip_prefix(name.as_str()).and_then(|rest| rest.strip_prefix('-'));
    let stated = Some(version).filter(|version| is_version(version));
    let uncertain = stated.is_none();
    let version = stated.or_else(|| from_path.filter(|v| is_version(v)).map(str::to_owned)).unwrap_or_default();
    let name_in = |list: &[&str]| list.contains(&name.as_str());
    let (kind, cpe) = match name.as_str() {
        "elixir" => (
            PackageType::Generic,
            Some(format!("cpe:2.3:a:elixir-lang:elixir:{version}:*:*:*:*:*:*:*")).filter(|_| !version.is_empty()),
        ),
        _ if name_in(OTP) || name_in(ELIXIR) => (PackageType::Otp, None),
        _ => (PackageType::Hex, None),
    };
    FoundPackage {
        license: license::any_of(licenses.iter().map(String::as_str)),
        roots: vec![Root { path: root.to_owned(), everything: true }],
        uncertain,
        cpe,
        ..FoundPackage::new(kind, name, version)
    }
}

fn is_version(version: &str) -> bool {
    (1..=256).contains(&version.len())
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, survives};

    #[test]
    fn real_files() {
        let of = |path: &str, text: &str| found(&Erlang, path, text);
        let recon = include_str!("../../testdata/erlang/recon.app");
        let path = "usr/lib/rabbitmq/plugins/recon-2.5.2/ebin/recon.app";
        assert!(
            of(path, recon).starts_with("hex recon 2.5.2 (")
                && of(path, recon).ends_with("in usr/lib/rabbitmq/plugins/recon-2.5.2/*")
        );
        survives(&Erlang, path, recon.as_bytes());
        let erts = include_str!("../../testdata/erlang/erts.app");
        assert_eq!(of("app/lib/erts-13.1.5/ebin/erts.app", erts), "otp erts 13.1.5 in app/lib/erts-13.1.5/*");
        let eex = include_str!("../../testdata/erlang/eex.app");
        assert_eq!(of("usr/lib/elixir/lib/eex/ebin/eex.app", eex), "otp eex 1.14.0 in usr/lib/elixir/lib/eex/*");
        assert_eq!(of("usr/lib/erlang/releases/25/OTP_VERSION", "25.2.3\n"), "generic erlang 25.2.3");
    }

    #[test]
    fn places_and_forms() {
        let of = |path: &str, text: &str| found(&Erlang, path, text);
        let elixir = "{application,elixir,[{vsn,\"1.14.0\"}]}.";
        assert_eq!(of("lib/elixir/ebin/elixir.app", elixir), "generic elixir 1.14.0 in lib/elixir/*");
        for not in ["src/x.app", "ebin/.app", "myebin/x.app", "x.app", "OTP_VERSION"] {
            assert_eq!(of(not, elixir), "", "{not}");
        }
        assert_eq!(of("lib/a-1.2/ebin/a.app", "{application,a,[{vsn,git}]}."), "hex a 1.2 ? in lib/a-1.2/*");
        assert_eq!(of("lib/a/ebin/a.app", ""), "hex a ? in lib/a/*, parse_error");
        assert_eq!(of("releases/25/OTP_VERSION", "x"), "parse_error");
    }
}
