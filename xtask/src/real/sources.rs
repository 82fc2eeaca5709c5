//! One image from everywhere: as an archive, a layout, from the daemons of Docker, Podman and containerd. The same
//! packages, findings and problems each time.

use super::Stage;
use super::daemons::{Containerd, Dockerd, PodmanService};
use super::images::{Archive, Format};
use crate::client::digest;
use crate::images::{Fitness, Packing, Sample, gzip, oci_archive, tar};
use crate::process::{Tool, find};
use crate::test::report::{Report, skip};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub(super) fn run(report: &mut Report, stage: &Stage<'_>, archives: &[Archive]) {
    let folder = stage.work.join("sources");
    let Some(own) = report.value("sources", "an image with packages is made", || own(&folder)) else { return };
    let docker = report.value("sources", "dockerd starts", || Dockerd::start(folder.join("docker"), "src"));
    let podman = report.value("sources", "podman's service starts", || PodmanService::start(folder.join("podman")));
    let containerd = report.value("sources", "containerd starts", || Containerd::start(stage));
    for archive in archives.iter().chain([&own]) {
        let several = archive.name.contains("multiarch") || archive.name.contains("index");
        let here = Here { stage, folder: &folder, archive };
        let mut check = |kind: &str, run: &dyn Fn() -> Result<()>| {
            report.check("sources", &format!("{}: the same from {kind}", archive.name), run);
        };
        if let Some(containerd) = &containerd {
            check("containerd:", &|| here.containerd_gives_it(containerd));
        }
        // One platform of several is another answer.
        if several {
            continue;
        }
        check("oci:", &|| here.layout_gives_it());
        // Docker's form has no zstd, and Debian's dockerd neither.
        let zstd = archive.name.contains("zstd") || archive.name.contains("shop-api");
        if let Some(docker) = docker.as_ref().filter(|_| !zstd) {
            check("docker:", &|| here.docker_gives_it(docker));
        }
        if let Some(podman) = &podman {
            check("podman:", &|| here.podman_gives_it(podman));
        }
    }
    if let Some(podman) = podman {
        podman.stop();
    }
    if let Some(docker) = docker {
        report.check("sources", "dockerd stops cleanly", || docker.stop());
    }
}

/// Packages of three kinds, one of them with a known vulnerability.
fn own(folder: &Path) -> Result<Archive> {
    std::fs::create_dir_all(folder)?;
    let tar = tar(&[
        ("app/node_modules/lodash/package.json", br#"{"name":"lodash","version":"4.17.11"}"#),
        ("etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\n"),
        ("usr/lib/python3/dist-packages/six-1.16.0.dist-info/METADATA", b"Name: six\nVersion: 1.16.0\n"),
        (
            "var/lib/dpkg/status",
            b"Package: zlib1g\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1:1.2.13.dfsg-1\n",
        ),
    ])?;
    let sample = Sample::of_layer(Fitness::Fit, Packing::Gzip, gzip(&tar)?, &digest(&tar))?;
    let path = folder.join("own-packages.oci.tar");
    oci_archive(&path, &[("amd64", &sample)])?;
    Ok(Archive { name: "own-packages".to_owned(), path, format: Format::Oci })
}

struct Here<'a> {
    stage: &'a Stage<'a>,
    folder: &'a Path,
    archive: &'a Archive,
}

impl Here<'_> {
    fn layout_gives_it(&self) -> Result<()> {
        let folder = self.folder.join(format!("{}-layout", self.archive.name));
        self.copy(&format!("oci:{}:a", folder.display()))?;
        self.same(&format!("oci:{}:a", folder.display()), &[])?;
        Ok(std::fs::remove_dir_all(&folder)?)
    }

    fn docker_gives_it(&self, docker: &Dockerd) -> Result<()> {
        let saved = self.docker_archive()?;
        let name = docker.load(&saved)?;
        self.same(&format!("docker:{name}"), &[("DOCKER_HOST", docker.host())])?;
        docker.docker().args(["rmi", "--force", &name]).run()?;
        let gone = self.scan(&format!("docker:{name}"), &[("DOCKER_HOST", docker.host())]).map(drop);
        let gone = gone.err().context("an image that is gone was scanned")?.to_string();
        ensure!(gone.contains("docker pull"), "it is not said what to do: {gone}");
        if self.archive.format == Format::Oci {
            std::fs::remove_file(saved)?;
        }
        Ok(())
    }

    fn podman_gives_it(&self, service: &PodmanService) -> Result<()> {
        let loaded = service.podman.tool().args(["pull", "--quiet", &self.archive.source()]).run()?;
        let id = loaded.trim().rsplit(':').next().unwrap_or_default().to_owned();
        self.same(&format!("podman:{id}"), &[("CONTAINER_HOST", service.host())])?;
        service.podman.tool().args(["rmi", "--force", &id]).run().map(drop)
    }

    fn containerd_gives_it(&self, containerd: &Containerd) -> Result<()> {
        let (space, base) = (&self.archive.name, format!("lazaret.test/{}", self.archive.name));
        let import = ["images", "import", "--all-platforms", "--no-unpack", "--digests", "--base-name", &base];
        containerd.ctr(space).args(import).arg(&self.archive.path).run()?;
        let listed = containerd.ctr(space).args(["images", "ls", "--quiet"]).run()?;
        let name = listed.lines().next().context("ctr imported no image")?.trim().to_owned();
        let at = [("CONTAINERD_ADDRESS", containerd.address()), ("CONTAINERD_NAMESPACE", space.clone())];
        self.same(&format!("containerd:{name}"), &at)?;
        let names: Vec<_> = listed.lines().collect();
        containerd.ctr(space).args(["images", "rm", "--sync"]).args(names).run().map(drop)
    }

    /// The archive in Docker's form.
    fn docker_archive(&self) -> Result<PathBuf> {
        if self.archive.format == Format::Docker {
            return Ok(self.archive.path.clone());
        }
        let path = self.folder.join(format!("{}.docker.tar", self.archive.name));
        self.copy(&format!("docker-archive:{}:lazaret.test/{}:1", path.display(), self.archive.name))?;
        Ok(path)
    }

    fn copy(&self, to: &str) -> Result<()> {
        if find("skopeo").is_none() {
            return Err(skip("skopeo is not installed"));
        }
        Tool::new("skopeo").args(["copy", "--quiet", "--insecure-policy", &self.archive.source(), to]).run().map(drop)
    }

    /// Scans the archive and `source`.
    fn same(&self, source: &str, envs: &[(&str, String)]) -> Result<()> {
        let (wanted, found) = (self.scan(&self.archive.source(), &[])?, self.scan(source, envs)?);
        let (mut wanted, mut found) = (essence(&wanted), essence(&found));
        ensure!(wanted.iter().any(|image| image["config"].is_string()), "the archive holds no image");
        if self.archive.format == Format::Docker && source.starts_with("oci:") {
            // skopeo writes the configuration anew when it makes an OCI image of it.
            wanted.iter_mut().chain(&mut found).for_each(|image| image["config"] = Value::Null);
        }
        ensure!(wanted == found, "another answer: {} not {}", json!(found), json!(wanted));
        Ok(())
    }

    fn scan(&self, source: &str, envs: &[(&str, String)]) -> Result<Value> {
        let mut tool = Tool::new(self.stage.binary).args(["scan", source, "--no-cache", "--format", "json", "--data"]);
        tool = tool.arg(self.folder.join("data"));
        for (name, value) in envs {
            tool = tool.env(name, value);
        }
        let ended = tool.end()?;
        serde_json::from_str(&ended.stdout).with_context(|| ended.tail())
    }
}

/// What a scan says of each image, without how it was packed.
fn essence(scan: &Value) -> Vec<Value> {
    let images = match scan["platforms"].as_array() {
        Some(platforms) => platforms.iter().collect(),
        None => vec![scan],
    };
    let one = |image: &Value| {
        let layers = image["image"]["layers"].as_array();
        let layers: Vec<_> = layers.into_iter().flatten().map(|layer| layer["diff_id"].clone()).collect();
        json!({
            "config": image["image"]["config"], "platform": image["image"]["platform"], "os": image["image"]["os"],
            "layers": layers, "verified": image["layers_verified"],
            "packages": image["packages"], "findings": image["findings"], "problems": image["problems"],
        })
    };
    images.into_iter().map(one).collect()
}
