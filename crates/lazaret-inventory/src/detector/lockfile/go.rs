//! Go's module files. `go.sum` is a list of hashes of all that was ever considered, not of what is used: it is not read.

use std::collections::HashMap;

use lazaret_model::PackageType::Golang;

use super::Declared;

/// `go.mod`: `require`, with what `replace` puts in place of it.
pub(super) fn module(text: &str, declared: &mut Declared) {
    let mut block = "";
    let (mut required, mut replaced) = (Vec::new(), HashMap::new());
    for line in text.lines() {
        let line = line.split("//").next().unwrap_or_default().trim();
        if line == ")" {
            block = "";
        } else if let Some(verb) = line.strip_suffix('(') {
            block = verb.trim();
        } else {
            let (verb, rest) = match block {
                "" => line.split_once(' ').unwrap_or((line, "")),
                block => (block, line),
            };
            let words: Vec<_> = rest.split_whitespace().map(|word| word.trim_matches('"')).collect();
            match (verb, &words[..]) {
                ("require", [name, version]) => required.push((*name, *version)),
                ("replace", [old, "=>", new @ ..] | [old, _, "=>", new @ ..]) => {
                    let of = if words.get(1) == Some(&"=>") { "" } else { words[1] };
                    replaced.insert((*old, of), (new.first().copied(), new.get(1).copied()));
                }
                _ => {}
            }
        }
    }
    for (name, version) in required {
        match replaced.get(&(name, version)).or_else(|| replaced.get(&(name, ""))) {
            Some((Some(name), Some(version))) => declared.add(Golang, name, version),
            // by a directory
            Some(_) => declared.add(Golang, name, ""),
            None => declared.add(Golang, name, version),
        }
    }
}

/// `vendor/modules.txt`: `# path version`, `# path version => path version`.
pub(super) fn vendored(text: &str, declared: &mut Declared) {
    for line in text.lines().filter_map(|line| line.strip_prefix("# ")) {
        let words: Vec<_> = line.split_whitespace().collect();
        match &words[..] {
            [_, _, "=>", name, version] | [name, version] => declared.add(Golang, name, version),
            [name, _, "=>", _directory] => declared.add(Golang, name, ""),
            // without a version it stands for all versions, as a note on another line
            _ => {}
        }
    }
}
