//! The headers of a distribution's metadata.

use lazaret_oci::Body;

use crate::{content::Lines, license, room};

/// Licences that one distribution may state.
const MAX_CLASSIFIERS: usize = 32;

#[derive(Default)]
pub(super) struct Headers {
    pub(super) name: String,
    pub(super) version: String,
    /// PEP 639.
    expression: String,
    /// Free text: a name, or the whole licence.
    free: String,
    /// Last parts of the trove classifiers of licences.
    classifiers: Vec<String>,
}

impl Headers {
    /// Up to the first empty line; of two equal ones the first counts.
    pub(super) fn read(body: &Body<'_>) -> Self {
        let mut found = Self::default();
        let mut lines = Lines::new(body);
        let mut last = None;
        while let Some(line) = lines.next_line() {
            let line = line.strip_prefix('\u{feff}').unwrap_or(&line);
            if line.trim().is_empty() {
                break;
            }
            if line.starts_with([' ', '\t']) {
                if let Some(value) = last.and_then(|field| found.value(field)) {
                    room::extend(value, line.trim());
                }
                continue;
            }
            last = None;
            let Some((field, value)) = line.split_once(':') else { continue };
            let value = value.trim();
            let Some(field) = Field::of(field.trim_end()) else { continue };
            if field == Field::Classifier {
                // the last part is a name, and may have its short form behind it
                if let Some((_, name)) = value.strip_prefix("License ::").and_then(|rest| rest.rsplit_once("::"))
                    && found.classifiers.len() < MAX_CLASSIFIERS
                {
                    found.classifiers.push(name.split(" (").next().unwrap_or(name).trim().to_owned());
                }
            } else if let Some(place) = found.value(field).filter(|place| place.is_empty()) {
                room::extend(place, value);
                last = Some(field);
            }
        }
        found
    }

    fn value(&mut self, field: Field) -> Option<&mut String> {
        match field {
            Field::Name => Some(&mut self.name),
            Field::Version => Some(&mut self.version),
            Field::Expression => Some(&mut self.expression),
            Field::License => Some(&mut self.free),
            Field::Classifier => None,
        }
    }

    /// The expression, else a name, else the classifiers. A whole licence in place of a name is known by its length.
    pub(super) fn license(&self) -> Option<String> {
        const LONGEST_NAME: usize = 100;
        if let Some(license) = license::normalise(&self.expression) {
            return Some(license);
        }
        let classified = license::all_of(self.classifiers.iter().map(String::as_str));
        let named = Some(self.free.as_str()).filter(|text| text.len() <= LONGEST_NAME).and_then(license::normalise);
        match (named, classified) {
            // what has no identifier is a name of someone's own
            (Some(named), Some(classified)) if named.contains("LicenseRef-") => Some(classified),
            (named, classified) => named.or(classified),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Name,
    Version,
    Expression,
    License,
    Classifier,
}

impl Field {
    fn of(name: &str) -> Option<Self> {
        const KNOWN: [(&str, Field); 5] = [
            ("name", Field::Name),
            ("version", Field::Version),
            ("license-expression", Field::Expression),
            ("license", Field::License),
            ("classifier", Field::Classifier),
        ];
        KNOWN.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, field)| *field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences() {
        let of = |text: &str| Headers::read(&Body::memory(text.as_bytes())).license();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(of("License-Expression: MIT OR Apache-2.0\nLicense: BSD\n"), some("MIT OR Apache-2.0"));
        assert_eq!(of("License: MIT\n"), some("MIT"));
        assert_eq!(of("License: UNKNOWN\nClassifier: License :: OSI Approved :: MIT License\n"), some("MIT"));
        let long =
            format!("License: Permission {}\nClassifier: License :: OSI Approved :: MIT License\n", "is ".repeat(50));
        assert_eq!(of(&long), some("MIT"));
        assert_eq!(of("Classifier: Programming Language :: Python\n"), None);
    }
}
