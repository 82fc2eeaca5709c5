//! What `scan` takes as an image: one syntax for all sources (product.md, "Image sources").

use std::path::{Path, PathBuf};

use lazaret_model::Reference;
use lazaret_oci::{Limits, LocalKind, Source, open_local};
use lazaret_source::{
    ContainerdOptions, ContainerdSource, DaemonOptions, RegistryOptions, RegistrySource, docker_daemon, podman,
};

use crate::{exit::Usage, progress, wire};

/// Opens the source that `text` names.
pub(crate) fn open_image(text: &str, limits: &Limits, plain_http: bool) -> anyhow::Result<Box<dyn Source>> {
    let Some((kind, rest)) = text.split_once(':') else { return open_registry(text, limits, plain_http) };
    match kind {
        "docker-archive" => open_path(LocalKind::DockerArchive, rest, limits),
        "oci" => open_path(LocalKind::OciDir, rest, limits),
        "oci-archive" => open_path(LocalKind::OciArchive, rest, limits),
        "dir" => open_path(LocalKind::Dir, rest, limits),
        "file" => Ok(open_local(LocalKind::File, Path::new(rest), None, limits)?),
        "docker" => {
            let options = daemon_options("DOCKER_HOST", limits);
            Ok(progress::counted("from Docker", |count| docker_daemon::open(rest, &options, count))?)
        }
        "podman" => {
            let options = daemon_options("CONTAINER_HOST", limits);
            Ok(progress::counted("from Podman", |count| podman::open(rest, &options, count))?)
        }
        "containerd" => Ok(Box::new(ContainerdSource::open(rest, &containerd_options())?)),
        "sbom" => Err(Usage("an SBOM is no image: its layers cannot be read here".to_owned()).into()),
        _ => open_registry(text, limits, plain_http),
    }
}

fn open_path(kind: LocalKind, text: &str, limits: &Limits) -> anyhow::Result<Box<dyn Source>> {
    let (path, tag) = split_tag(text);
    Ok(open_local(kind, Path::new(path), tag, limits)?)
}

/// `path[:tag]`; a path that exists as written has no tag.
fn split_tag(text: &str) -> (&str, Option<&str>) {
    match text.rsplit_once(':') {
        Some((path, tag)) if !Path::new(text).exists() && !tag.contains('/') => (path, Some(tag)),
        _ => (text, None),
    }
}

fn containerd_options() -> ContainerdOptions {
    ContainerdOptions { address: set("CONTAINERD_ADDRESS"), namespace: set("CONTAINERD_NAMESPACE") }
}

/// A variable that is not empty.
fn set(name: &str) -> Option<String> {
    wire::environment(name).filter(|value| !value.is_empty())
}

fn daemon_options(variable: &str, limits: &Limits) -> DaemonOptions {
    DaemonOptions {
        host: set(variable),
        runtime_dir: set("XDG_RUNTIME_DIR").map(PathBuf::from),
        tls: set("DOCKER_TLS_VERIFY").is_some(),
        silence: wire::DAEMON_SILENCE,
        limits: limits.clone(),
    }
}

fn open_registry(text: &str, limits: &Limits, plain_http: bool) -> anyhow::Result<Box<dyn Source>> {
    let reference = Reference::parse(text).map_err(|e| Usage(e.to_string()))?;
    let credentials = match (wire::environment("LAZARET_ID"), wire::environment("LAZARET_SECRET")) {
        (Some(id), Some(secret)) => Some((id, secret)),
        _ => docker_login(&reference.registry),
    };
    let options = RegistryOptions {
        credentials,
        plain_http,
        limits: limits.clone(),
        client: wire::http_client(wire::REGISTRY_SILENCE)?,
    };
    Ok(Box::new(RegistrySource::open(&reference, options)?))
}

/// What `docker login` stored as plain base64; credential helpers are not asked.
fn docker_login(registry: &str) -> Option<(String, String)> {
    let folder = wire::environment("DOCKER_CONFIG").map(PathBuf::from).or_else(|| {
        let home = wire::environment("HOME")?;
        Some(Path::new(&home).join(".docker"))
    })?;
    let text = std::fs::read_to_string(folder.join("config.json")).ok()?;
    let config: serde_json::Value = serde_json::from_str(&text).ok()?;
    let encoded = config.get("auths")?.get(registry)?.get("auth")?.as_str()?;
    let decoded = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).ok()?;
    let (id, secret) = String::from_utf8(decoded).ok()?.split_once(':').map(|(i, s)| (i.to_owned(), s.to_owned()))?;
    Some((id, secret))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_follows_the_last_colon() {
        assert_eq!(split_tag("layout:1.0"), ("layout", Some("1.0")));
        assert_eq!(split_tag("/a:b/layout"), ("/a:b/layout", None));
    }
}
