//! Settings: defaults, then one TOML file, then environment, then flags.
//!
//! One table (`SETTINGS`) names every key; a key `a.b` is also the variable `LAZARET_A_B`. `docs/configuration.md` is
//! generated from the table and compared by a test.

use std::{
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
    time::Duration,
};

use lazaret_inventory::Extra;

/// Every setting as meant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Settings {
    pub(crate) data: Option<PathBuf>,
    pub(crate) listen: SocketAddr,
    pub(crate) insecure_http: bool,
    pub(crate) external_url: Option<url::Url>,
    pub(crate) workers: usize,
    pub(crate) accept_sparse_images: bool,
    pub(crate) accept_starter: bool,
    pub(crate) max_age: Duration,
    pub(crate) mirror: Option<String>,
    pub(crate) default_policy: String,
    pub(crate) extended_support: bool,
    pub(crate) scan_with: Vec<Extra>,
    pub(crate) malware_lists: Vec<PathBuf>,
    pub(crate) token_ttl: Duration,
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) cache_size: u64,
    pub(crate) log_filter: String,
    pub(crate) log_json: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            data: None,
            listen: SocketAddr::from(([127, 0, 0, 1], 5000)),
            insecure_http: false,
            external_url: None,
            workers: 2,
            accept_sparse_images: false,
            accept_starter: false,
            max_age: Duration::from_hours(7 * 24),
            mirror: None,
            default_policy: "production".to_owned(),
            extended_support: false,
            scan_with: vec![Extra::Secrets],
            malware_lists: Vec::new(),
            token_ttl: Duration::from_mins(5),
            cache_dir: None,
            cache_size: 1 << 30,
            log_filter: "info".to_owned(),
            log_json: false,
        }
    }
}

/// One key with what it means and how it is read from text.
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    pub(crate) default: &'static str,
    pub(crate) doc: &'static str,
    set: fn(&mut Settings, &str) -> Result<(), String>,
}

impl Setting {
    /// `advisories.max_age` -> `LAZARET_ADVISORIES_MAX_AGE`.
    pub(crate) fn variable(&self) -> String {
        format!("LAZARET_{}", self.key.replace('.', "_").to_uppercase())
    }
}

/// Every setting there is, in the order of the documentation.
pub(crate) const SETTINGS: &[Setting] = &[
    Setting {
        key: "data",
        default: "$XDG_DATA_HOME/lazaret",
        doc: "Folder that holds everything: database, blobs, spool, advisories.",
        set: |s, v| non_empty(v).map(|v| s.data = Some(PathBuf::from(v))),
    },
    Setting {
        key: "listen",
        default: "127.0.0.1:5000",
        doc: "Address and port of the registry, the API and the console.",
        set: |s, v| {
            v.parse().map(|a| s.listen = a).map_err(|_| "expected ADDRESS:PORT, e.g. 127.0.0.1:5000".to_owned())
        },
    },
    Setting {
        key: "insecure_http",
        default: "false",
        doc: "Allow plain HTTP on an address that is not loopback (a proxy in front then has to do TLS).",
        set: |s, v| boolean(v).map(|b| s.insecure_http = b),
    },
    Setting {
        key: "external_url",
        default: "from the Host header",
        doc: "URL under which clients reach the registry, e.g. https://registry.example.",
        set: |s, v| {
            let bad = || "expected a URL that begins with http:// or https://".to_owned();
            let url = url::Url::parse(v).map_err(|_| bad())?;
            if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
                return Err(bad());
            }
            s.external_url = Some(url);
            Ok(())
        },
    },
    Setting {
        key: "workers",
        default: "2",
        doc: "Threads that analyse and judge, 1 to 64.",
        set: |s, v| match v.parse() {
            Ok(n @ 1..=64) => {
                s.workers = n;
                Ok(())
            }
            _ => Err("expected a whole number from 1 to 64".to_owned()),
        },
    },
    Setting {
        key: "accept_sparse_images",
        default: "false",
        doc: "Take images whose layers are not all in the repository. They are incomplete, so not approved, until the layers come.",
        set: |s, v| boolean(v).map(|b| s.accept_sparse_images = b),
    },
    Setting {
        key: "advisories.accept_starter",
        default: "false",
        doc: "Let the built-in starter set of advisories count as data. For demonstrations: it knows about 150 vulnerabilities.",
        set: |s, v| boolean(v).map(|b| s.accept_starter = b),
    },
    Setting {
        key: "advisories.max_age",
        default: "7d",
        doc: "A feed that was last checked longer ago makes new images incomplete.",
        set: |s, v| duration(v).map(|d| s.max_age = d),
    },
    Setting {
        key: "advisories.mirror",
        default: "the publishers' own addresses",
        doc: "Folder or URL that `db update` reads in place of the publishers.",
        set: |s, v| non_empty(v).map(|v| s.mirror = Some(v.to_owned())),
    },
    Setting {
        key: "policy.default",
        default: "production",
        doc: "Policy of a repository that names none: production, staging or observe.",
        set: |s, v| {
            if lazaret_assess::Policy::named(v).is_none() {
                return Err("expected production, staging or observe".to_owned());
            }
            v.clone_into(&mut s.default_policy);
            Ok(())
        },
    },
    Setting {
        key: "policy.extended_support",
        default: "false",
        doc: "Count the vendor's paid extended support as support when the end of life is judged.",
        set: |s, v| boolean(v).map(|b| s.extended_support = b),
    },
    Setting {
        key: "scan.with",
        default: "secrets",
        doc: "What a server looks for in an image after its first verdict: secrets, integrity, malware, licenses, by commas; or none.",
        set: |s, v| extras(v).map(|extras| s.scan_with = extras),
    },
    Setting {
        key: "malware.lists",
        default: "none",
        doc: "Files with further harmful files, by commas; docs/detectors.md describes their form.",
        set: |s, v| {
            let paths = v.split(',').map(str::trim).filter(|path| !path.is_empty() && *path != "none");
            s.malware_lists = paths.map(PathBuf::from).collect();
            Ok(())
        },
    },
    Setting {
        key: "token.ttl",
        default: "5m",
        doc: "How long a bearer token lives; a revocation ends it at once.",
        set: |s, v| {
            let ttl = duration(v)?;
            if ttl < Duration::from_mins(1) {
                return Err("expected at least 60s: clients assume it".to_owned());
            }
            s.token_ttl = ttl;
            Ok(())
        },
    },
    Setting {
        key: "cache.dir",
        default: "$XDG_CACHE_HOME/lazaret",
        doc: "Folder where `scan` keeps what it found in layers, so that it reads each layer once.",
        set: |s, v| non_empty(v).map(|v| s.cache_dir = Some(PathBuf::from(v))),
    },
    Setting {
        key: "cache.size",
        default: "1g",
        doc: "How large that folder may grow; what was used longest ago goes first.",
        set: |s, v| bytes(v).map(|b| s.cache_size = b),
    },
    Setting {
        key: "log.filter",
        default: "info",
        doc: "What is logged to stderr, e.g. `warn`, `info,lazaret_server=debug`.",
        set: |s, v| non_empty(v).map(|v| v.clone_into(&mut s.log_filter)),
    },
    Setting {
        key: "log.json",
        default: "false",
        doc: "Log lines as JSON.",
        set: |s, v| boolean(v).map(|b| s.log_json = b),
    },
];

fn extras(text: &str) -> Result<Vec<Extra>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty() && *name != "none");
    let expected = || format!("expected some of {}", Extra::ALL.map(Extra::name).join(", "));
    names.map(|name| Extra::named(name).ok_or_else(expected)).collect()
}

/// A setting that cannot be used, with the place where it stands.
#[derive(Debug)]
pub(crate) struct SettingsError(String);

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SettingsError {}

/// Reads `file` (if any) and the variables of `environment`.
pub(crate) fn load(
    file: Option<&Path>,
    environment: &dyn Fn(&str) -> Option<String>,
) -> Result<Settings, SettingsError> {
    let mut settings = Settings::default();
    if let Some(path) = file {
        let text = std::fs::read_to_string(path)
            .map_err(|e| SettingsError(format!("cannot read the config file {}: {e}", path.display())))?;
        apply_file(&mut settings, &text).map_err(|e| SettingsError(format!("{}: {e}", path.display())))?;
    }
    for setting in SETTINGS {
        if let Some(value) = environment(&setting.variable()) {
            (setting.set)(&mut settings, &value)
                .map_err(|e| SettingsError(format!("{}={value:?}: {e}", setting.variable())))?;
        }
    }
    Ok(settings)
}

fn apply_file(settings: &mut Settings, text: &str) -> Result<(), String> {
    let table = toml::de::DeTable::parse(text).map_err(|e| {
        let line = e.span().map_or(0, |s| line_of(text, s.start));
        format!("line {line}: {}", e.message())
    })?;
    apply_table(settings, text, "", table.get_ref())
}

fn apply_table(settings: &mut Settings, text: &str, prefix: &str, table: &toml::de::DeTable<'_>) -> Result<(), String> {
    for (name, value) in table {
        let key = if prefix.is_empty() { name.get_ref().to_string() } else { format!("{prefix}.{}", name.get_ref()) };
        let line = line_of(text, name.span().start);
        if let toml::de::DeValue::Table(inner) = value.get_ref() {
            apply_table(settings, text, &key, inner)?;
            continue;
        }
        let setting = SETTINGS.iter().find(|s| s.key == key).ok_or_else(|| unknown_key(line, &key))?;
        let value = plain_text(value.get_ref()).ok_or_else(|| format!("line {line}: {key}: expected one value"))?;
        (setting.set)(settings, &value).map_err(|e| format!("line {line}: {key} = {value:?}: {e}"))?;
    }
    Ok(())
}

fn unknown_key(line: usize, key: &str) -> String {
    let last = key.rsplit('.').next().unwrap_or(key);
    let near = SETTINGS.iter().find(|s| s.key.ends_with(last)).map(|s| format!("; did you mean {:?}?", s.key));
    format!("line {line}: no setting {key:?}{}", near.unwrap_or_default())
}

fn plain_text(value: &toml::de::DeValue<'_>) -> Option<String> {
    use toml::de::DeValue;
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => Some(number.as_str().to_owned()),
        DeValue::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes().iter().take(offset).filter(|b| **b == b'\n').count() + 1
}

fn non_empty(text: &str) -> Result<&str, String> {
    if text.is_empty() { Err("must not be empty".to_owned()) } else { Ok(text) }
}

fn boolean(text: &str) -> Result<bool, String> {
    match text {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err("expected true or false".to_owned()),
    }
}

/// `90s`, `15m`, `12h`, `7d`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let bad = || "expected a number with s, m, h or d, e.g. 7d".to_owned();
    let unit = text.chars().last().ok_or_else(bad)?;
    let seconds: u64 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86400,
        _ => return Err(bad()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| bad())?;
    let total = number.checked_mul(seconds).filter(|s| *s <= 100 * 366 * 86400);
    total.map(Duration::from_secs).ok_or_else(|| "expected at most 100 years".to_owned())
}

/// `500m`, `2g`.
fn bytes(text: &str) -> Result<u64, String> {
    let bad = || "expected a number with k, m or g, e.g. 500m".to_owned();
    let shift = match text.chars().last().ok_or_else(bad)? {
        'k' => 10,
        'm' => 20,
        'g' => 30,
        _ => return Err(bad()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| bad())?;
    number.checked_mul(1 << shift).ok_or_else(bad)
}

#[cfg(test)]
/// The table as `docs/configuration.md` shows it.
pub(crate) fn documentation() -> String {
    let row = |setting: &Setting| {
        let (key, variable) = (setting.key, setting.variable());
        format!("| `{key}` | `{variable}` | `{}` | {} |\n", setting.default, setting.doc)
    };
    let head = "| Setting | Variable | Default | Meaning |\n|---|---|---|---|\n".to_owned();
    SETTINGS.iter().fold(head, |text, setting| text + &row(setting))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &str) -> Result<Settings, String> {
        let mut settings = Settings::default();
        apply_file(&mut settings, text).map(|()| settings)
    }

    #[test]
    fn defaults_then_file_then_environment() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("lazaret.toml");
        std::fs::write(&path, "listen = \"127.0.0.1:1\"\nworkers = 3\n[advisories]\nmax_age = \"3d\"\n").unwrap();
        let variables = |name: &str| (name == "LAZARET_WORKERS").then(|| "4".to_owned());
        let settings = load(Some(&path), &variables).unwrap();
        assert_eq!((settings.listen.port(), settings.workers, settings.max_age), (1, 4, Duration::from_hours(72)));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        assert_eq!(file("workers = 2\nlistne = \"x\"\n").unwrap_err(), "line 2: no setting \"listne\"");
        assert_eq!(
            file("\n[policy]\nmax_age = \"7d\"").unwrap_err(),
            "line 3: no setting \"policy.max_age\"; did you mean \"advisories.max_age\"?"
        );
        assert_eq!(file("workers = 0").unwrap_err(), "line 1: workers = \"0\": expected a whole number from 1 to 64");
        assert_eq!(file("[cache]\nsize = \"2m\"").unwrap().cache_size, 2 << 20);
        assert!(file("[cache]\nsize = \"2\"").unwrap_err().starts_with("line 2: cache.size = \"2\": expected"));
        assert!(file("a = \n").unwrap_err().starts_with("line 1: "));
        let variables = |name: &str| (name == "LAZARET_LISTEN").then(|| "nowhere".to_owned());
        assert!(load(None, &variables).unwrap_err().to_string().starts_with("LAZARET_LISTEN=\"nowhere\": expected"));
    }

    #[test]
    fn the_documentation_is_the_table() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/configuration.md");
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.contains(&documentation()), "docs/configuration.md must contain:\n{}", documentation());
    }
}
