//! The two text forms of Java archives: manifest and properties.

use std::collections::HashMap;

/// Main attributes of a manifest, names in lower case. A line that starts with a space continues the one before.
pub(super) fn manifest(text: &str) -> HashMap<String, String> {
    let mut attributes: HashMap<String, String> = HashMap::new();
    let mut last = String::new();
    for line in text.trim_start_matches('\u{feff}').lines() {
        if line.trim().is_empty() {
            // what follows describes single entries
            break;
        }
        if let Some(more) = line.strip_prefix(' ') {
            if let Some(value) = attributes.get_mut(&last) {
                value.push_str(more);
            }
        } else if let Some((name, value)) = line.split_once(':') {
            last = name.trim().to_ascii_lowercase();
            attributes.insert(last.clone(), value.trim().to_owned());
        }
    }
    attributes
}

/// Keys and values of a properties file, as far as build tools use the format.
pub(super) fn properties(text: &str) -> HashMap<String, String> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with(['#', '!']));
    lines
        .filter_map(|line| line.split_once(['=', ':']))
        .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_manifest() {
        let found = manifest(include_str!("../../../testdata/java/commons-io.MF"));
        assert_eq!(found["implementation-vendor-id"], "commons-io");
        assert!(found["bundle-description"].ends_with("endian transformation classes, and much more."));
        assert_eq!(found["bundle-version"], "2.11.0");
    }

    #[test]
    fn only_the_main_section() {
        let found = manifest("Manifest-Version: 1.0\r\nA: b\r\n c\r\n\r\nName: x\r\nA: d\r\n");
        assert_eq!(found["a"], "bc");
        assert!(!found.contains_key("name"));
    }

    #[test]
    fn real_properties() {
        let found = properties(include_str!("../../../testdata/java/guava.properties"));
        assert_eq!((found["groupId"].as_str(), found["version"].as_str()), ("com.google.guava", "31.1-jre"));
    }
}
