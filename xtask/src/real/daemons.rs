//! Programs that hold images, each with folders and a socket of its own, ended when they are dropped.

use super::Stage;
use crate::process::{Background, Tool, find, until};
use crate::test::report::skip;
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A network namespace that goes when it is dropped.
pub(super) struct Namespace(pub(super) String);

impl Namespace {
    pub(super) fn new(purpose: &str) -> Result<Self> {
        let name = format!("lazaret{purpose}{}", std::process::id());
        let made = Tool::new("ip").args(["netns", "add", &name]).end()?;
        if !made.status.success() {
            return Err(skip(format!("no network namespace can be made here: {}", made.tail())));
        }
        let namespace = Self(name);
        Tool::new("ip").args(["-n", &namespace.0, "link", "set", "lo", "up"]).run()?;
        Ok(namespace)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        Tool::new("ip").args(["netns", "delete", &self.0]).end().ok();
    }
}

/// dockerd in a network namespace. Fields are dropped in this order.
pub(super) struct Dockerd {
    daemon: Background,
    folder: PathBuf,
    pub(super) namespace: Namespace,
}

impl Dockerd {
    pub(super) fn start(folder: PathBuf, purpose: &str) -> Result<Self> {
        let Some(program) = find("dockerd") else { return Err(skip("dockerd is not installed")) };
        for tool in ["docker", "ip", "nsenter", "skopeo"] {
            if find(tool).is_none() {
                return Err(skip(format!("{tool} is not installed")));
            }
        }
        if !nix::unistd::Uid::effective().is_root() {
            return Err(skip("dockerd needs root"));
        }
        let namespace = Namespace::new(purpose)?;
        std::fs::create_dir_all(&folder)?;
        let at = |name: &str| folder.join(name).display().to_string();
        let args = [
            format!("--data-root={}", at("data")),
            format!("--exec-root={}", at("exec")),
            format!("--pidfile={}", at("pid")),
            format!("--host=unix://{}", at("docker.sock")),
            format!("--config-file={}", at("daemon.json")),
            "--storage-driver=vfs".to_owned(),
            "--iptables=false".to_owned(),
            "--ip6tables=false".to_owned(),
            "--bridge=none".to_owned(),
        ];
        std::fs::write(folder.join("daemon.json"), "{}")?;
        let log = folder.join("dockerd.log");
        let daemon =
            Background::start(Some(&namespace.0), &program, &args, &[], &log)?.with_grace(Duration::from_secs(15));
        let mut dockerd = Self { daemon, folder, namespace };
        let info = dockerd.wait()?;
        println!("      dockerd {}", info.trim());
        Ok(dockerd)
    }

    fn wait(&mut self) -> Result<String> {
        let mut version = String::new();
        let ready = until(Duration::from_mins(1), || {
            let info = self.docker().args(["info", "--format", "{{.ServerVersion}}"]).seconds(10).end();
            version = info.ok().filter(|ended| ended.status.success()).map(|ended| ended.stdout).unwrap_or_default();
            !self.daemon.runs() || !version.trim().is_empty()
        });
        ensure!(ready && self.daemon.runs(), "dockerd did not become ready: {}", self.daemon.tail());
        Ok(version)
    }

    /// `DOCKER_HOST`.
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.folder.join("docker.sock").display())
    }

    /// Debian's client where it is there; the version of the API is what Debian's daemon speaks.
    pub(super) fn docker(&self) -> Tool {
        let debian = PathBuf::from("/usr/bin/docker");
        let program = if debian.is_file() { debian } else { PathBuf::from("docker") };
        Tool::new(program)
            .env("DOCKER_HOST", self.host())
            .env("DOCKER_API_VERSION", "1.41")
            .env("DOCKER_CONFIG", self.folder.join("config"))
    }

    /// Loads a docker archive; the name that it has then.
    pub(super) fn load(&self, archive: &Path) -> Result<String> {
        let loaded = self.docker().args(["load", "--input"]).arg(archive).run()?;
        let name = loaded.lines().find_map(|line| line.split_once("Loaded image: "));
        Ok(anyhow::Context::context(name, "docker load names no image")?.1.trim().to_owned())
    }

    pub(super) fn stop(mut self) -> Result<()> {
        ensure!(self.daemon.stop(Duration::from_secs(30)), "dockerd did not stop: {}", self.daemon.tail());
        Ok(())
    }
}

/// podman with storage of its own.
pub(super) struct Podman {
    pub(super) root: PathBuf,
}

impl Podman {
    pub(super) fn tool(&self) -> Tool {
        Tool::new("podman").args(self.options()).env("TMPDIR", std::env::temp_dir())
    }

    fn options(&self) -> Vec<String> {
        let at = |name: &str| self.root.join(name).display().to_string();
        let (storage, run, tmp) = (at("storage"), at("run"), at("tmp"));
        let folders = ["--root", &storage, "--runroot", &run, "--tmpdir", &tmp];
        let rest = ["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "file"];
        folders.into_iter().chain(rest).map(str::to_owned).collect()
    }
}

/// podman and its service.
pub(super) struct PodmanService {
    pub(super) podman: Podman,
    service: Background,
}

impl PodmanService {
    pub(super) fn start(root: PathBuf) -> Result<Self> {
        let Some(program) = find("podman") else { return Err(skip("podman is not installed")) };
        std::fs::create_dir_all(&root)?;
        let podman = Podman { root };
        let socket = podman.root.join("podman.sock");
        let mut args = podman.options();
        args.extend(["system", "service", "--time", "0"].map(str::to_owned));
        args.push(format!("unix://{}", socket.display()));
        let service = Background::start(None, &program, &args, &[], &podman.root.join("service.log"))?;
        let mut running = Self { podman, service };
        let ready = until(Duration::from_secs(30), || !running.service.runs() || socket.exists());
        ensure!(ready && running.service.runs(), "podman's service does not start: {}", running.service.tail());
        Ok(running)
    }

    /// `CONTAINER_HOST`.
    pub(super) fn host(&self) -> String {
        format!("unix://{}", self.podman.root.join("podman.sock").display())
    }

    pub(super) fn stop(mut self) {
        self.service.kill();
        self.podman.tool().args(["system", "reset", "--force"]).end().ok();
    }
}

/// containerd without what runs containers.
pub(super) struct Containerd {
    daemon: Background,
    socket: PathBuf,
}

impl Containerd {
    pub(super) fn start(stage: &Stage<'_>) -> Result<Self> {
        let Some(program) = find("containerd") else { return Err(skip("containerd is not installed")) };
        if find("ctr").is_none() || !nix::unistd::Uid::effective().is_root() {
            return Err(skip("ctr is not installed, or this is not root"));
        }
        let folder = stage.work.join("containerd");
        std::fs::create_dir_all(&folder)?;
        let socket = folder.join("containerd.sock");
        let at = |name: &str| folder.join(name).display().to_string();
        let (root, state, at) = (at("root"), at("state"), at("containerd.sock"));
        let config = format!(
            "version = 2\nroot = \"{root}\"\nstate = \"{state}\"\n\
             disabled_plugins = [\"io.containerd.grpc.v1.cri\", \"io.containerd.internal.v1.opt\"]\n\
             [grpc]\naddress = \"{at}\"\n"
        );
        let file = folder.join("config.toml");
        std::fs::write(&file, config)?;
        let args = ["--config".to_owned(), file.display().to_string()];
        let daemon = Background::start(None, &program, &args, &[], &folder.join("containerd.log"))?
            .with_grace(Duration::from_secs(10));
        let mut containerd = Self { daemon, socket };
        let ready = until(Duration::from_secs(30), || {
            let version = containerd.ctr("default").args(["version"]).seconds(10).end();
            !containerd.daemon.runs() || version.is_ok_and(|ended| ended.status.success())
        });
        ensure!(ready && containerd.daemon.runs(), "containerd does not start: {}", containerd.daemon.tail());
        Ok(containerd)
    }

    /// `CONTAINERD_ADDRESS`.
    pub(super) fn address(&self) -> String {
        self.socket.display().to_string()
    }

    pub(super) fn ctr(&self, namespace: &str) -> Tool {
        Tool::new("ctr").arg("--address").arg(&self.socket).args(["--namespace", namespace])
    }
}
