//! Java runtimes: the file `release` that every JDK and JRE has at its top since Java 7.

use std::collections::HashMap;

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    content::Lines,
    layer::{FileFacts, FoundPackage, Root},
};

pub(crate) struct Jvm;

impl Detector for Jvm {
    fn id(&self) -> &'static str {
        "jvm"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://openjdk.org/jeps/223"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let starts = [
            &b"JAVA_"[..],
            b"IMPLEM",
            b"BUILD_",
            b"SOURCE",
            b"GRAALV",
            b"MODULE",
            b"OS_",
            b"JVM_",
            b"IMAGE_",
            b"FULL_",
            b"SEMANT",
            b"component_",
        ];
        let looks = file.name == "release" && starts.iter().any(|start| file.head.starts_with(start));
        if looks { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let release = Release::read(body);
        let Some(java) = release.of("JAVA_VERSION").filter(|version| is_version(version)) else { return };
        let (name, cpe) = release.distribution();
        let version = release.version(name, java);
        let root = Root { path: file.directory().to_owned(), everything: true };
        facts.packages.push(FoundPackage {
            vendor: release.of("IMPLEMENTOR").map(str::to_owned),
            cpe: Some(format!("cpe:2.3:a:{cpe}:{}:*:*:*:*:*:*", of_cpe(java))),
            roots: vec![root],
            ..FoundPackage::new(PackageType::Generic, name, version)
        });
    }
}

/// `KEY="value"` lines.
struct Release(HashMap<String, String>);

impl Release {
    fn read(body: &Body<'_>) -> Self {
        const MOST: usize = 256;
        let mut values = HashMap::new();
        let mut lines = Lines::new(body);
        while let Some(line) = lines.next_line() {
            let Some((key, value)) = line.split_once('=') else { continue };
            if values.len() < MOST {
                values.insert(key.trim().to_owned(), value.trim().trim_matches('"').to_owned());
            }
        }
        Self(values)
    }

    fn of(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// Name, and vendor and product in the form of a CPE. Who builds a JDK says so in one of three fields.
    fn distribution(&self) -> (&'static str, &'static str) {
        const KNOWN: [(&str, &str, &str); 14] = [
            ("corretto", "corretto", "amazon:corretto"),
            ("amazon", "corretto", "amazon:corretto"),
            ("temurin", "temurin", "eclipse:temurin"),
            ("adoptium", "temurin", "eclipse:temurin"),
            ("zulu", "zulu", "azul:zulu"),
            ("azul", "zulu", "azul:zulu"),
            ("semeru", "semeru", "ibm:semeru_runtime"),
            ("ibm", "semeru", "ibm:semeru_runtime"),
            ("microsoft", "microsoft-openjdk", "microsoft:openjdk"),
            ("sap", "sapmachine", "sap:sapmachine"),
            ("bellsoft", "liberica", "bell-sw:liberica"),
            ("alibaba", "dragonwell", "alibaba:dragonwell"),
            ("jetbrains", "jetbrains-runtime", "jetbrains:runtime"),
            ("graalvm", "graalvm", "oracle:graalvm"),
        ];
        if self.of("GRAALVM_VERSION").is_some() {
            return ("graalvm", "oracle:graalvm");
        }
        let said =
            ["IMPLEMENTOR_VERSION", "IMPLEMENTOR"].map(|key| self.of(key).unwrap_or_default().to_ascii_lowercase());
        for text in &said {
            let words = || text.split(|c: char| !c.is_ascii_alphanumeric());
            if let Some((_, name, cpe)) = KNOWN.iter().find(|(word, ..)| words().any(|part| part.starts_with(word))) {
                return (name, cpe);
            }
        }
        // Oracle's own, and not the OpenJDK that it builds
        if self.of("BUILD_TYPE") == Some("commercial") {
            return ("oracle-jdk", "oracle:jdk");
        }
        ("openjdk", "oracle:openjdk")
    }

    /// The distribution's own number where it counts by itself, else Java's with its build.
    fn version(&self, name: &str, java: &str) -> String {
        let own = match name {
            "graalvm" => self.of("GRAALVM_VERSION").map(str::to_owned),
            "corretto" => self.of("IMPLEMENTOR_VERSION").and_then(|v| v.strip_prefix("Corretto-")).map(str::to_owned),
            _ => None,
        };
        let runtime = self.of("JAVA_RUNTIME_VERSION").or(self.of("FULL_VERSION"));
        // what follows the build is the packager's: `17.0.21.1+2-1-deb12u1-Debian`, `17.0.9+9-LTS`
        let runtime = runtime.map(|version| match version.find('+') {
            Some(plus) => version[plus..].find('-').map_or(version, |dash| &version[..plus + dash]),
            None => version,
        });
        let runtime = runtime.filter(|version| version.starts_with(java)).map(str::to_owned);
        own.filter(|version| is_version(version)).or(runtime).unwrap_or_else(|| java.to_owned())
    }
}

/// `1.8.0_392` is version 8, update 392 in a CPE.
fn of_cpe(java: &str) -> String {
    let Some(legacy) = java.strip_prefix("1.") else { return format!("{java}:*") };
    let major = legacy.split('.').next().unwrap_or(legacy);
    match java.split_once('_') {
        Some((_, update)) => format!("{major}:update{}", update.trim_start_matches('0')),
        None => format!("{major}:*"),
    }
}

fn is_version(version: &str) -> bool {
    (1..=128).contains(&version.len())
        && version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::{found, look};

    #[test]
    fn a_real_file() {
        let text = include_str!("../../testdata/jvm/openjdk-17");
        let path = "usr/lib/jvm/java-17-openjdk-amd64";
        let version = text.split("JAVA_VERSION=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let shown = found(&Jvm, &format!("{path}/release"), text);
        assert_eq!(shown, format!("generic openjdk {version}+2 in {path}/*"));
        let facts = look(&Jvm, &format!("{path}/release"), text.as_bytes());
        let cpe = facts.packages[0].cpe.as_deref();
        assert_eq!(cpe, Some(format!("cpe:2.3:a:oracle:openjdk:{version}:*:*:*:*:*:*:*").as_str()));
    }

    #[test]
    fn distributions() {
        let of = |text: &str| {
            let facts = look(&Jvm, "opt/java/release", text.as_bytes());
            let shown =
                facts.packages.first().map(|p| [p.name.as_str(), &p.version, p.cpe.as_deref().unwrap()].join(" "));
            shown.unwrap_or_default()
        };
        assert_eq!(
            of(
                "IMPLEMENTOR=\"Eclipse Adoptium\"\nIMPLEMENTOR_VERSION=\"Temurin-17.0.9+9\"\nJAVA_RUNTIME_VERSION=\"17.0.9+9\"\nJAVA_VERSION=\"17.0.9\"\n"
            ),
            "temurin 17.0.9+9 cpe:2.3:a:eclipse:temurin:17.0.9:*:*:*:*:*:*:*"
        );
        assert_eq!(
            of(
                "IMPLEMENTOR=\"Amazon.com Inc.\"\nIMPLEMENTOR_VERSION=\"Corretto-21.0.1.12.1\"\nJAVA_VERSION=\"21.0.1\"\n"
            ),
            "corretto 21.0.1.12.1 cpe:2.3:a:amazon:corretto:21.0.1:*:*:*:*:*:*:*"
        );
        assert_eq!(
            of("JAVA_VERSION=\"1.8.0_392\"\nOS_NAME=\"Linux\"\n"),
            "openjdk 1.8.0_392 cpe:2.3:a:oracle:openjdk:8:update392:*:*:*:*:*:*"
        );
        assert_eq!(
            of("IMPLEMENTOR=\"GraalVM Community\"\nJAVA_VERSION=\"21.0.1\"\nGRAALVM_VERSION=\"23.1.1\"\n"),
            "graalvm 23.1.1 cpe:2.3:a:oracle:graalvm:21.0.1:*:*:*:*:*:*:*"
        );
        assert!(
            of("BUILD_TYPE=\"commercial\"\nIMPLEMENTOR=\"Oracle Corporation\"\nJAVA_VERSION=\"21\"\n")
                .starts_with("oracle-jdk 21 ")
        );
        assert_eq!(of("OS_NAME=\"Linux\"\n"), "");
        assert_eq!(of("JAVA_VERSION=\"\n"), "");
    }
}
