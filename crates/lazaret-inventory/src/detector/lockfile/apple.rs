//! CocoaPods and the Swift package manager.

use lazaret_model::PackageType::{Cocoapods, Swift};
use serde_json::Value;

use super::{Declared, lines::lines};

/// `Podfile.lock`: `  - Name/Part (1.0.0)` below `PODS`; deeper ones are what these ask for.
pub(super) fn pods(text: &str, declared: &mut Declared) {
    let mut inside = false;
    for line in lines(text) {
        if line.indent == 0 {
            inside = line.key == "PODS";
            continue;
        }
        if !inside || !line.item || line.indent != 4 {
            continue;
        }
        let entry = if line.key.is_empty() { line.value } else { line.key };
        if let Some((name, version)) = entry.trim_end_matches(')').split_once(" (") {
            // parts of one pod have its version
            declared.add(Cocoapods, name.split('/').next().unwrap_or_default(), version);
        }
    }
}

/// `Package.resolved`, versions 1 to 3. The name is the address of the repository, as in advisories and purls.
pub(super) fn swift(text: &str, declared: &mut Declared) {
    let Ok(json) = serde_json::from_str::<Value>(text) else { return };
    let pins = json.get("pins").or_else(|| json.get("object").and_then(|object| object.get("pins")));
    for pin in pins.and_then(Value::as_array).into_iter().flatten() {
        let of = |key: &str| pin.get(key).and_then(Value::as_str);
        let address = of("location").or_else(|| of("repositoryURL")).unwrap_or_default();
        let address = address.split_once("://").map_or(address, |(_, rest)| rest);
        let address = address.rsplit_once('@').map_or(address, |(_, host)| host);
        let name = address.trim_end_matches('/').trim_end_matches(".git").replace(':', "/");
        let version = pin.get("state").and_then(|state| state.get("version")).and_then(Value::as_str);
        declared.add(Swift, &name, version.unwrap_or_default());
    }
}
