//! Licences: SPDX expressions (`OR`, `AND`, `WITH`, parentheses, and the old `/` for `OR`) against an allow list.

use super::{Findings, config::Licences};
use crate::metadata::Package;

/// An SPDX licence expression.
#[derive(Debug, PartialEq, Eq)]
enum Expression {
    /// A licence id, with its `WITH exception` written out when it has one.
    Licence(String),
    Any(Vec<Self>),
    All(Vec<Self>),
}

pub(super) fn check(packages: &[Package], licences: &Licences) -> Findings {
    let mut found = Findings::default();
    for package in packages {
        let who = format!("{} {}", package.name, package.version);
        let Some(text) = &package.license else {
            let instead = package.license_file.as_ref().map_or("and no licence file", |_| "only a licence file");
            found.faults.push(format!("{who} names no licence, {instead}: read it, then add an exception"));
            continue;
        };
        let more = licences.exceptions.iter().filter(|exception| exception.name == package.name);
        let allowed: Vec<&String> = licences.allow.iter().chain(more.flat_map(|exception| &exception.allow)).collect();
        match parse(text) {
            None => found.faults.push(format!("{who}: licence {text:?} is not an SPDX expression")),
            Some(expression) if !satisfied(&expression, &allowed) => {
                found.faults.push(format!("{who}: licence {text} is not allowed by deny.toml"));
            }
            Some(_) => {}
        }
    }
    found
}

/// A choice is satisfied by one side, a conjunction by all of them.
fn satisfied(expression: &Expression, allowed: &[&String]) -> bool {
    match expression {
        Expression::Licence(id) => allowed.contains(&id),
        Expression::Any(parts) => parts.iter().any(|part| satisfied(part, allowed)),
        Expression::All(parts) => parts.iter().all(|part| satisfied(part, allowed)),
    }
}

/// Parses an expression; `None` where it is malformed. `AND` binds tighter than `OR`.
fn parse(text: &str) -> Option<Expression> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ").replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let expression = any(&tokens, &mut at)?;
    (at == tokens.len()).then_some(expression)
}

fn any(tokens: &[&str], at: &mut usize) -> Option<Expression> {
    let mut parts = vec![all(tokens, at)?];
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        parts.push(all(tokens, at)?);
    }
    if parts.len() == 1 { parts.pop() } else { Some(Expression::Any(parts)) }
}

fn all(tokens: &[&str], at: &mut usize) -> Option<Expression> {
    let mut parts = vec![one(tokens, at)?];
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        parts.push(one(tokens, at)?);
    }
    if parts.len() == 1 { parts.pop() } else { Some(Expression::All(parts)) }
}

fn one(tokens: &[&str], at: &mut usize) -> Option<Expression> {
    let token = *tokens.get(*at)?;
    *at += 1;
    match token {
        "(" => {
            let inner = any(tokens, at)?;
            let closed = tokens.get(*at) == Some(&")");
            *at += 1;
            closed.then_some(inner)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        id if tokens.get(*at) == Some(&"WITH") => {
            let exception = tokens.get(*at + 1)?;
            *at += 2;
            Some(Expression::Licence(format!("{id} WITH {exception}")))
        }
        id => Some(Expression::Licence(id.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::super::config::LicenceException;
    use super::*;

    fn allows(text: &str, allowed: &[&str]) -> Option<bool> {
        let allowed: Vec<String> = allowed.iter().map(|id| (*id).to_owned()).collect();
        parse(text).map(|expression| satisfied(&expression, &allowed.iter().collect::<Vec<_>>()))
    }

    #[test]
    fn choices_conjunctions_exceptions_and_slashes() {
        for (text, allowed, expected) in [
            ("MIT", &["MIT"][..], Some(true)),
            ("MIT OR GPL-3.0", &["MIT"], Some(true)),
            ("GPL-3.0/MIT", &["MIT"], Some(true)),
            ("Apache-2.0 / MIT", &["MIT"], Some(true)),
            ("MIT AND GPL-3.0", &["MIT"], Some(false)),
            ("(MIT OR GPL-3.0) AND ISC", &["MIT", "ISC"], Some(true)),
            ("MIT OR GPL-3.0 AND ISC", &["GPL-3.0"], Some(false)),
            ("Apache-2.0 WITH LLVM-exception", &["Apache-2.0"], Some(false)),
            ("Apache-2.0 WITH LLVM-exception", &["Apache-2.0 WITH LLVM-exception"], Some(true)),
            ("", &["MIT"], None),
            ("MIT OR", &["MIT"], None),
            ("(MIT", &["MIT"], None),
            ("MIT ISC", &["MIT"], None),
            ("MIT WITH", &["MIT"], None),
        ] {
            assert_eq!(allows(text, allowed), expected, "{text}");
        }
    }

    fn package(name: &str, license: Option<&str>) -> Package {
        Package {
            name: name.to_owned(),
            version: "1.0.0".to_owned(),
            id: name.to_owned(),
            license: license.map(str::to_owned),
            license_file: None,
            source: None,
            dependencies: Vec::new(),
        }
    }

    #[test]
    fn a_bad_licence_and_a_missing_one_are_faults() {
        let licences = Licences {
            allow: vec!["MIT".to_owned()],
            exceptions: vec![LicenceException {
                name: "roots".to_owned(),
                allow: vec!["CDLA-Permissive-2.0".to_owned()],
            }],
        };
        let packages = [
            package("good", Some("MIT")),
            package("bad", Some("GPL-3.0-only")),
            package("none", None),
            package("roots", Some("CDLA-Permissive-2.0")),
            package("other", Some("CDLA-Permissive-2.0")),
        ];
        let faults = check(&packages, &licences).faults;
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].starts_with("bad 1.0.0: licence GPL-3.0-only"));
        assert!(faults[1].starts_with("none 1.0.0 names no licence"));
        assert!(faults[2].starts_with("other 1.0.0"));
    }
}
