//! Small sample images, built in memory: nothing is downloaded, and the same bytes come out each time.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use lazaret_model::Digest;
use lazaret_oci::{media_type, sha256};
use serde_json::{Value, json};

pub(super) struct Blob {
    pub(super) digest: Digest,
    pub(super) bytes: Vec<u8>,
}

pub(super) struct Child {
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) bytes: Vec<u8>,
}

/// What one tag of the demonstration needs.
pub(super) struct Sample {
    pub(super) repository: String,
    pub(super) tag: String,
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) manifest: Vec<u8>,
    pub(super) children: Vec<Child>,
    pub(super) blobs: Vec<Blob>,
    pub(super) first_layer: Digest,
}

/// Path and content of a file in a layer.
type File<'a> = (&'a str, String);

/// The samples, in the order in which they are shown.
pub(super) fn all() -> anyhow::Result<Vec<Sample>> {
    Ok(vec![clean()?, minor()?, bad()?, two_platforms()?])
}

/// No operating system and nothing known to be vulnerable, so that the verdict holds at any date.
fn clean() -> anyhow::Result<Sample> {
    let files = [npm("lazaret-demo-app", "1.0.0"), npm("lazaret-demo-greeting", "1.0.0"), program()];
    single("demo/clean", "1.0", &config("amd64", "10001", &[], &[]), &[&files])
}

/// One package with one vulnerability of low severity: that is enough to be refused.
fn minor() -> anyhow::Result<Sample> {
    let base = [npm("lazaret-demo-app", "1.0.0"), program()];
    let files = [npm("cookie", "0.6.0")];
    single("demo/minor", "1.0", &config("amd64", "10001", &[], &[]), &[&base, &files])
}

/// An old operating system, known vulnerabilities, root, port 22 and a password.
fn bad() -> anyhow::Result<Sample> {
    let release = "NAME=\"Alpine Linux\"\nID=alpine\nVERSION_ID=3.10.9\nPRETTY_NAME=\"Alpine Linux v3.10\"\n";
    let installed = "P:musl\nV:1.1.22-r4\nA:x86_64\no:musl\n\nP:zlib\nV:1.2.11-r1\nA:x86_64\no:zlib\n\n";
    let base = [
        ("etc/os-release", release.to_owned()),
        ("lib/apk/db/installed", installed.to_owned()),
        ("usr/sbin/sshd", "#!/bin/sh\nexit 1\n".to_owned()),
    ];
    let files = [npm("lodash", "4.17.11"), npm("minimist", "1.2.0"), npm("lazaret-demo-app", "1.0.0"), program()];
    let config = config("amd64", "", &["22/tcp", "8080/tcp"], &["DATABASE_PASSWORD=correct-horse-battery"]);
    single("demo/bad", "1.0", &config, &[&base, &files])
}

/// Two clean platforms under one tag.
fn two_platforms() -> anyhow::Result<Sample> {
    let mut blobs = Vec::new();
    let mut children = Vec::new();
    let mut entries = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let files = [npm("lazaret-demo-greeting", "1.1.0"), (marker(architecture), format!("{architecture}\n"))];
        let image = single("demo/multi", "1.0", &config(architecture, "10001", &[], &[]), &[&files])?;
        entries.push(json!({
            "mediaType": image.media_type, "digest": image.digest, "size": image.manifest.len(),
            "platform": {"os": "linux", "architecture": architecture},
        }));
        blobs.extend(image.blobs);
        children.push(Child { digest: image.digest, media_type: image.media_type, bytes: image.manifest });
    }
    let index = json!({"schemaVersion": 2, "mediaType": media_type::OCI_INDEX, "manifests": entries});
    let manifest = serde_json::to_vec(&index)?;
    let first_layer = blobs.first().map_or_else(|| sha256(b""), |b: &Blob| b.digest.clone());
    Ok(Sample {
        repository: "demo/multi".to_owned(),
        tag: "1.0".to_owned(),
        digest: sha256(&manifest),
        media_type: media_type::OCI_INDEX.to_owned(),
        manifest,
        children,
        blobs,
        first_layer,
    })
}

fn marker(architecture: &str) -> &'static str {
    if architecture == "amd64" { "app/amd64" } else { "app/arm64" }
}

fn npm(name: &'static str, version: &str) -> File<'static> {
    let path = match name {
        "cookie" => "app/node_modules/cookie/package.json",
        "lodash" => "app/node_modules/lodash/package.json",
        "minimist" => "app/node_modules/minimist/package.json",
        "lazaret-demo-app" => "app/package.json",
        _ => "app/node_modules/lazaret-demo-greeting/package.json",
    };
    (path, json!({"name": name, "version": version, "license": "MIT"}).to_string())
}

fn program() -> File<'static> {
    ("app/server.js", "require('lazaret-demo-greeting');\n".to_owned())
}

fn config(architecture: &str, user: &str, ports: &[&str], env: &[&str]) -> Value {
    let exposed: serde_json::Map<_, _> = ports.iter().map(|p| ((*p).to_owned(), json!({}))).collect();
    json!({
        "architecture": architecture, "os": "linux", "created": "2026-01-01T00:00:00Z",
        "config": {
            "User": user, "ExposedPorts": exposed, "Env": env, "Cmd": ["node", "/app/server.js"], "WorkingDir": "/app",
        },
    })
}

/// An image of one platform whose layers hold these files.
fn single(repository: &str, tag: &str, config: &Value, layers: &[&[File<'_>]]) -> anyhow::Result<Sample> {
    let mut blobs = Vec::new();
    let mut descriptors = Vec::new();
    let mut diff_ids = Vec::new();
    let mut history = Vec::new();
    for files in layers {
        let tar = tar(files)?;
        diff_ids.push(sha256(&tar));
        history
            .push(json!({"created_by": format!("COPY {} /", files.iter().map(|f| f.0).collect::<Vec<_>>().join(" "))}));
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(&tar)?;
        let bytes = gzip.finish()?;
        let digest = sha256(&bytes);
        descriptors.push(json!({"mediaType": media_type::OCI_LAYER_GZIP, "digest": digest, "size": bytes.len()}));
        blobs.push(Blob { digest, bytes });
    }
    let first_layer = blobs.first().map_or_else(|| sha256(b""), |b| b.digest.clone());
    let mut config = config.clone();
    config["rootfs"] = json!({"type": "layers", "diff_ids": diff_ids});
    config["history"] = json!(history);
    let config = serde_json::to_vec(&config)?;
    let config_digest = sha256(&config);
    let manifest = serde_json::to_vec(&json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_MANIFEST,
        "config": {"mediaType": media_type::OCI_CONFIG, "digest": config_digest, "size": config.len()},
        "layers": descriptors,
    }))?;
    blobs.push(Blob { digest: config_digest, bytes: config });
    Ok(Sample {
        repository: repository.to_owned(),
        tag: tag.to_owned(),
        digest: sha256(&manifest),
        media_type: media_type::OCI_MANIFEST.to_owned(),
        manifest,
        children: Vec::new(),
        blobs,
        first_layer,
    })
}

fn tar(files: &[File<'_>]) -> anyhow::Result<Vec<u8>> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(if path.starts_with("usr/sbin/") { 0o755 } else { 0o644 });
        builder.append_data(&mut header, path, content.as_bytes())?;
    }
    Ok(builder.into_inner()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_bytes_each_time() {
        let digests = || all().unwrap().into_iter().map(|s| s.digest).collect::<Vec<_>>();
        assert_eq!(digests(), digests());
    }
}
