//! Image configurations (OCI image-spec, config.md; Docker's image specification 1.2).

use std::collections::{BTreeMap, BTreeSet};

use lazaret_model::{Digest, HistoryEntry, ImageFacts, Platform};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use crate::{
    Descriptor,
    json::{self, ANY, Shape},
};

/// Largest configuration that is accepted, in bytes.
pub const MAX_CONFIG: usize = 16 << 20;

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    #[error("image configuration has {0} bytes; at most {MAX_CONFIG} are accepted")]
    TooLarge(usize),
    #[error("image configuration is not valid: {0}")]
    Json(String),
    #[error("image configuration is nested too deeply (more than 127 levels)")]
    TooDeep,
    #[error("image configuration is ambiguous: {0}")]
    Ambiguous(String),
    #[error("image configuration names {diff_ids} diff ids but the manifest has {layers} layers")]
    LayerCount { diff_ids: usize, layers: usize },
    #[error("image has {0} layers; at most {MAX_LAYERS} are accepted (overlay file systems take 500)")]
    TooManyLayers(usize),
}

/// Layers of one image; no container runtime can mount half as many.
pub const MAX_LAYERS: usize = 1000;

/// What rules read of an image: its configuration, in order with the manifest's layers. `digest_kind` is `manifest`
/// or `config`. The caller has verified `config` against `config_digest`.
pub fn image_facts(
    digest: Digest,
    digest_kind: &str,
    layers: &[Descriptor],
    config_digest: Digest,
    config: &[u8],
) -> Result<ImageFacts, ConfigError> {
    if layers.len() > MAX_LAYERS {
        return Err(ConfigError::TooManyLayers(layers.len()));
    }
    if config.len() > MAX_CONFIG {
        return Err(ConfigError::TooLarge(config.len()));
    }
    if !json::is_shallow(config) {
        return Err(ConfigError::TooDeep);
    }
    let wire: Wire = serde_json::from_slice(config).map_err(|e| ConfigError::Json(e.to_string()))?;
    json::check_keys(config, &SHAPE).map_err(|e| ConfigError::Ambiguous(e.to_string()))?;
    let diff_ids = wire.rootfs.diff_ids;
    if diff_ids.len() != layers.len() {
        return Err(ConfigError::LayerCount { diff_ids: diff_ids.len(), layers: layers.len() });
    }
    let history = map_history(wire.history, &diff_ids);
    let base_layers = base_layers(&history);
    let run = wire.config;
    Ok(ImageFacts {
        digest,
        digest_kind: digest_kind.to_owned(),
        config: config_digest,
        platform: Platform {
            os: wire.os.filter(|os| !os.is_empty()).unwrap_or_else(|| "linux".to_owned()),
            architecture: wire.architecture.filter(|a| !a.is_empty()).unwrap_or_else(|| "unknown".to_owned()),
            variant: wire.variant.filter(|v| !v.is_empty()),
        },
        user: run.user,
        exposed_ports: run.exposed_ports.0.into_iter().collect(),
        env: run.env,
        entrypoint: run.entrypoint,
        cmd: run.cmd,
        labels: run.labels.into_iter().map(|(name, value)| (name, value.unwrap_or_default())).collect(),
        created: wire.created,
        layers: layers.iter().map(|l| l.digest.clone()).collect(),
        layer_sizes: layers.iter().map(|l| l.size).collect(),
        diff_ids,
        history,
        base_layers,
    })
}

/// Gives each step that made a layer its layer. Histories are optional and some tools write wrong ones: when the
/// counts differ, no step is given any.
fn map_history(wire: Vec<WireHistory>, diff_ids: &[Digest]) -> Vec<HistoryEntry> {
    let agrees = wire.iter().filter(|h| !h.empty_layer).count() == diff_ids.len();
    let mut next = diff_ids.iter();
    let entry = |h: WireHistory| HistoryEntry {
        layer: if agrees && !h.empty_layer { next.next().cloned() } else { None },
        created_by: h.created_by,
        empty_layer: h.empty_layer,
    };
    wire.into_iter().map(entry).collect()
}

/// How many of the lowest layers the base image made, guessed from the history: a base image ends with the step
/// `CMD` or `ENTRYPOINT`, which makes no layer; so the last such step that layers still follow ends the (nearest)
/// base, and the layers before it are the base's. `None` when there is no such step, no layer before it, or the
/// history does not fit the layers. A Dockerfile that goes on after its own `CMD` misleads this.
fn base_layers(history: &[HistoryEntry]) -> Option<usize> {
    let last_layer = history.iter().rposition(|h| h.layer.is_some())?;
    let end = history[..last_layer].iter().rposition(|h| h.empty_layer && starts_command(&h.created_by))?;
    let count = history[..end].iter().filter(|h| h.layer.is_some()).count();
    (count > 0).then_some(count)
}

/// `CMD [...]` as BuildKit writes it, `/bin/sh -c #(nop)  CMD [...]` as the classic builder does.
fn starts_command(created_by: &str) -> bool {
    let step = created_by.split_once("#(nop)").map_or(created_by, |(_, step)| step).trim_start();
    step.starts_with("CMD") || step.starts_with("ENTRYPOINT")
}

const CONFIG: Shape = Shape(&[
    ("User", &ANY),
    ("ExposedPorts", &ANY),
    ("Env", &ANY),
    ("Entrypoint", &ANY),
    ("Cmd", &ANY),
    ("Labels", &ANY),
]);
const ROOTFS: Shape = Shape(&[("type", &ANY), ("diff_ids", &ANY)]);
const HISTORY: Shape = Shape(&[("created_by", &ANY), ("empty_layer", &ANY)]);
const HISTORIES: Shape = Shape(&[("[]", &HISTORY)]);
const SHAPE: Shape = Shape(&[
    ("created", &ANY),
    ("architecture", &ANY),
    ("os", &ANY),
    ("variant", &ANY),
    ("config", &CONFIG),
    ("rootfs", &ROOTFS),
    ("history", &HISTORIES),
]);

#[derive(Debug, Deserialize)]
struct Wire {
    created: Option<String>,
    architecture: Option<String>,
    os: Option<String>,
    variant: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    config: WireConfig,
    #[serde(default, deserialize_with = "or_default")]
    rootfs: WireRootfs,
    #[serde(default, deserialize_with = "or_default")]
    history: Vec<WireHistory>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireConfig {
    #[serde(deserialize_with = "or_default")]
    user: String,
    #[serde(deserialize_with = "or_default")]
    exposed_ports: Keys,
    #[serde(deserialize_with = "or_default")]
    env: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    entrypoint: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    cmd: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, Option<String>>,
}

#[derive(Debug, Default, Deserialize)]
struct WireRootfs {
    #[serde(default, deserialize_with = "or_default")]
    diff_ids: Vec<Digest>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WireHistory {
    #[serde(deserialize_with = "or_default")]
    created_by: String,
    #[serde(deserialize_with = "or_default")]
    empty_layer: bool,
}

/// The keys of a map whose values say nothing (Go's way to write a set), sorted.
#[derive(Debug, Default)]
struct Keys(BTreeSet<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Keys;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a map")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
                let mut keys = BTreeSet::new();
                while let Some((key, IgnoredAny)) = map.next_entry()? {
                    keys.insert(key);
                }
                Ok(Keys(keys))
            }
        }
        deserializer.deserialize_map(Collect)
    }
}

/// `null` is how Go writes an empty list or map.
fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Docker reads a command that is one string as a list of one.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Form {
        Many(Vec<String>),
        One(String),
    }
    Ok(match Option::deserialize(deserializer)? {
        Some(Form::Many(list)) => list,
        Some(Form::One(text)) => vec![text],
        None => Vec::new(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    fn facts(config: &str, layers: usize) -> Result<ImageFacts, ConfigError> {
        let layers: Vec<_> =
            (0..layers).map(|i| Descriptor::new("x", sha256(format!("blob {i}").as_bytes()), 10)).collect();
        image_facts(sha256(b"m"), "manifest", &layers, sha256(config.as_bytes()), config.as_bytes())
    }

    fn with_history(steps: &[(&str, bool)]) -> ImageFacts {
        let history: Vec<_> = steps
            .iter()
            .map(|(by, empty)| serde_json::json!({ "created_by": by, "empty_layer": empty, "comment": "c" }))
            .collect();
        let count = steps.iter().filter(|s| !s.1).count();
        let diff_ids: Vec<_> = (0..count).map(|i| sha256(format!("diff {i}").as_bytes())).collect();
        let config = serde_json::json!({ "os": "linux", "architecture": "amd64", "history": history,
            "rootfs": { "type": "layers", "diff_ids": diff_ids } });
        facts(&config.to_string(), count).unwrap()
    }

    #[test]
    fn nulls_are_empty() {
        let all = facts(
            r#"{"architecture":"arm64","os":"linux","variant":"v8","created":null,"history":null,"config":{"User":"",
            "ExposedPorts":null,"Env":null,"Entrypoint":null,"Cmd":null,"Labels":null},"rootfs":{"diff_ids":null}}"#,
            0,
        )
        .unwrap();
        assert_eq!(all.platform.to_string(), "linux/arm64/v8");
        assert!(all.entrypoint.is_empty() && all.labels.is_empty() && all.history.is_empty());
        assert!(facts(r#"{"config":null,"rootfs":null}"#, 0).is_ok());
    }

    #[test]
    fn values() {
        let all = facts(
            r#"{"config":{"User":"10001","ExposedPorts":{"22/tcp":{},"80/tcp":null},"Env":["A=b"],
            "Entrypoint":"/bin/a b","Cmd":["x","y"],"Labels":{"k":"v","n":null}}}"#,
            0,
        )
        .unwrap();
        assert_eq!((all.user.as_str(), all.exposed_ports.join(" ").as_str()), ("10001", "22/tcp 80/tcp"));
        assert_eq!((all.entrypoint.join("|"), all.cmd.join("|")), ("/bin/a b".to_owned(), "x|y".to_owned()));
        assert_eq!((all.labels["k"].as_str(), all.labels["n"].as_str()), ("v", ""));
    }

    #[test]
    fn history_and_base() {
        let steps = [
            ("/bin/sh -c #(nop) ADD file:1 in / ", false),
            ("/bin/sh -c #(nop)  CMD [\"bash\"]", true),
            ("RUN /bin/sh -c install python", false),
            ("CMD [\"python3\"]", true),
            ("COPY app /app", false),
            ("USER 10001", true),
            ("ENTRYPOINT [\"/app\"]", true),
        ];
        let all = with_history(&steps);
        assert_eq!(all.history[2].layer.as_ref(), Some(&all.diff_ids[1]));
        assert_eq!(all.history[4].layer.as_ref(), Some(&all.diff_ids[2]));
        assert_eq!((all.history[3].layer.clone(), all.base_layers), (None, Some(2)));
        assert_eq!(with_history(&steps[..2]).base_layers, None, "a base image alone");
        assert_eq!(with_history(&steps[4..]).base_layers, None, "from scratch");
        assert_eq!(with_history(&[("CMD x", true), ("COPY a b", false)]).base_layers, None, "no layer before");
    }

    #[test]
    fn a_history_that_does_not_fit_names_no_layers() {
        let diff_id = sha256(b"d");
        let config = format!(r#"{{"rootfs":{{"diff_ids":["{diff_id}"]}},"history":[{{}},{{}}]}}"#);
        let all = facts(&config, 1).unwrap();
        assert!(all.history.iter().all(|h| h.layer.is_none()) && all.base_layers.is_none());
    }

    #[test]
    fn refused() {
        let diff_id = sha256(b"d");
        let one = format!(r#"{{"rootfs":{{"diff_ids":["{diff_id}"]}}}}"#);
        assert_eq!(facts(&one, 2), Err(ConfigError::LayerCount { diff_ids: 1, layers: 2 }));
        assert!(matches!(facts(r#"{"config":{"User":"1000","user":"0"}}"#, 0), Err(ConfigError::Ambiguous(_))));
        assert!(matches!(facts(r#"{"config":{"User":"1000","User":"0"}}"#, 0), Err(ConfigError::Json(_))));
        assert!(matches!(facts(r#"{"rootfs":{"diff_ids":["sha256:1"]}}"#, 1), Err(ConfigError::Json(_))));
        assert_eq!(facts(&one, MAX_LAYERS + 1), Err(ConfigError::TooManyLayers(MAX_LAYERS + 1)));
        assert_eq!(facts(&"[".repeat(10_000), 0), Err(ConfigError::TooDeep));
        assert!(matches!(facts(&" ".repeat(MAX_CONFIG + 1), 0), Err(ConfigError::TooLarge(_))));
    }
}
