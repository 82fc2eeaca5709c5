//! Bottlerocket's packages: `usr/share/bottlerocket/application-inventory.json`, a list that its build writes, as the
//! system has no package manager.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};
use serde::Deserialize;

use super::{Candidate, Detector, Interest, dpkg::Faults, root_before};
use crate::{
    content,
    layer::{Database, FileFacts, FoundPackage},
    room::Room,
};

pub(crate) struct Bottlerocket;

impl Detector for Bottlerocket {
    fn id(&self) -> &'static str {
        "bottlerocket"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://github.com/bottlerocket-os/bottlerocket/blob/develop/README.md"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        let named = file.name == "application-inventory.json";
        if named && root_before(file.directory(), "share/bottlerocket").is_some() {
            Interest::Content
        } else {
            Interest::No
        }
    }

    fn detect(&self, _file: &Candidate<'_>, body: &Body<'_>, limits: &Limits, facts: &mut FileFacts) {
        facts.database = Some(Database::Bottlerocket);
        let Some(bytes) = content::document(body, limits, facts) else { return };
        let list: List = match serde_json::from_slice(&bytes) {
            Ok(list) => list,
            Err(error) => return facts.not_understood(format!("not the list of Bottlerocket's packages: {error}")),
        };
        let (mut room, mut faults) = (Room::default(), Faults::default());
        for (index, item) in list.content.into_iter().enumerate() {
            if room.is_full() {
                break;
            }
            if item.name.is_empty() || item.name.contains(char::is_whitespace) {
                faults.push(facts, format!("package {}: no valid name", index + 1));
                continue;
            }
            let Some(version) = version(&item) else {
                faults.push(facts, format!("package {}: {}: no valid version", index + 1, item.name));
                continue;
            };
            let package = FoundPackage {
                arch: item.architecture.filter(|arch| !arch.is_empty()),
                vendor: item.publisher.filter(|publisher| !publisher.is_empty()),
                ..FoundPackage::new(PackageType::Bottlerocket, item.name, version)
            };
            room.add(facts, package);
        }
        faults.sum_up(facts);
    }
}

#[derive(Deserialize)]
struct List {
    #[serde(rename = "Content")]
    content: Vec<Item>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Item {
    #[serde(default)]
    name: String,
    publisher: Option<String>,
    #[serde(default)]
    version: String,
    #[serde(default)]
    release: String,
    epoch: Option<String>,
    architecture: Option<String>,
}

/// As rpm has it, of which they are made.
fn version(item: &Item) -> Option<String> {
    let valid = |text: &str| !text.is_empty() && !text.contains(char::is_whitespace);
    if !valid(&item.version) {
        return None;
    }
    let epoch = item.epoch.as_deref().filter(|epoch| valid(epoch) && *epoch != "0");
    let epoch = epoch.map(|epoch| format!("{epoch}:")).unwrap_or_default();
    let release = if valid(&item.release) { format!("-{}", item.release) } else { String::new() };
    Some(format!("{epoch}{}{release}", item.version))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{damage, names, read};

    const LIST: &[u8] = include_bytes!("../../testdata/bottlerocket/application-inventory.json");
    const PLACE: &str = "usr/share/bottlerocket/application-inventory.json";

    #[test]
    fn a_list() {
        let facts = read(&Bottlerocket, PLACE, LIST);
        assert_eq!(facts.problems, []);
        assert_eq!(
            names(&facts),
            ["acpid 2.0.34-1.1697758274.f5a8a1e4.br1", "glibc 2.38-1.1697758274.f5a8a1e4.br1", "shim 1:15.7-1.br1"]
        );
        assert_eq!(facts.packages[0].arch.as_deref(), Some("x86_64"));
    }

    #[test]
    fn damaged_files() {
        damage(&Bottlerocket, PLACE, LIST);
        let facts =
            read(&Bottlerocket, PLACE, br#"{"Content":[{"Name":"a"},{"Version":"1"},{"Name":"b","Version":"1"}]}"#);
        assert_eq!((names(&facts), facts.problems.len()), (vec!["b 1".to_owned()], 2));
    }
}
