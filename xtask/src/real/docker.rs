//! Debian's docker and dockerd, in a network namespace of their own so that nothing of theirs outlives the run, with a
//! lazaret server beside them on that namespace's loopback (which dockerd takes as an insecure registry by itself).

use super::images::{Archive, Format};
use super::{Stage, skopeo};
use crate::client::Credentials;
use crate::process::{Background, Tool, find, until};
use crate::server::{Options, Server};
use crate::test::report::{Report, skip};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::time::Duration;

pub(super) fn run(report: &mut Report, stage: &Stage<'_>, archives: &[Archive]) {
    let Some(docker) = report.value("docker", "dockerd starts in its own namespace", || Docker::start(stage)) else {
        return;
    };
    for archive in archives.iter().filter(|archive| archive.format == Format::Docker) {
        let what = format!("{}: loaded, pushed, judged, back; a reader as the verdict says", archive.name);
        report.check("docker", &what, || docker.round_trip(stage, archive));
    }
    report.check("docker", "dockerd and the server beside it stop cleanly", || docker.stop());
}

/// A network namespace that goes when it is dropped.
struct Namespace(String);

impl Namespace {
    fn new() -> Result<Self> {
        let name = format!("lazaret{}", std::process::id());
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

/// dockerd, a server that it can reach, and their principals. Fields are dropped in this order.
struct Docker {
    daemon: Background,
    server: Server,
    folder: PathBuf,
    ci: Credentials,
    reader: Credentials,
    quarantine: Credentials,
    namespace: Namespace,
}

impl Docker {
    fn start(stage: &Stage<'_>) -> Result<Self> {
        let Some(program) = find("dockerd") else { return Err(skip("dockerd is not installed")) };
        for tool in ["docker", "ip", "nsenter", "skopeo"] {
            if find(tool).is_none() {
                return Err(skip(format!("{tool} is not installed")));
            }
        }
        if !nix::unistd::Uid::effective().is_root() {
            return Err(skip("dockerd needs root"));
        }
        let namespace = Namespace::new()?;
        let folder = stage.work.join("docker");
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
        let mut daemon =
            Background::start(Some(&namespace.0), &program, &args, &[], &log)?.with_grace(Duration::from_secs(15));
        let socket = folder.join("docker.sock");
        let info = || client(&socket, &folder).args(["info", "--format", "{{.ServerVersion}}"]).seconds(10).end();
        let ready = until(Duration::from_mins(1), || {
            !daemon.runs() || info().is_ok_and(|ended| ended.status.success() && !ended.stdout.trim().is_empty())
        });
        ensure!(ready && daemon.runs(), "dockerd did not become ready: {}", daemon.tail());
        println!("      dockerd {}", info()?.stdout.trim());

        let mut options = Options::offline(stage.binary, &folder.join("lazaret"));
        options.netns = Some(namespace.0.clone());
        let server = Server::start(options)?;
        Ok(Self {
            daemon,
            ci: server.principal("ci", &["contributor"], "docker/*")?,
            reader: server.principal("reader", &["reader"], "docker/*")?,
            quarantine: server.principal("scanner", &["quarantine-reader"], "docker/*")?,
            server,
            folder,
            namespace,
        })
    }

    fn docker(&self) -> Tool {
        client(&self.folder.join("docker.sock"), &self.folder)
    }

    fn login(&self, who: &Credentials) -> Result<()> {
        let args = ["login", "--username", &who.id, "--password-stdin", &self.server.address];
        self.docker().args(args).input(&who.secret).run().map(drop)
    }

    fn round_trip(&self, stage: &Stage<'_>, archive: &Archive) -> Result<()> {
        let loaded = self.docker().args(["load", "--input"]).arg(&archive.path).run()?;
        let name =
            loaded.lines().find_map(|line| line.split_once("Loaded image: ")).context("docker load names no image")?.1;
        let repository = format!("docker/{}", archive.name);
        let tagged = format!("{}/{repository}:1", self.server.address);
        let id = self.id(name.trim())?;
        self.docker().args(["tag", name.trim(), &tagged]).run()?;
        self.login(&self.ci)?;
        let pushed = self.docker().args(["push", &tagged]).run()?;
        let digest = pushed.split_whitespace().find(|word| word.starts_with("sha256:") && word.len() == 71);
        let digest = digest.context("docker push reports no digest")?.to_owned();
        let state = self.server.verdict(&repository, &digest)?;
        let from = format!("{}/{repository}@{digest}", self.server.address);

        let folder = stage.work.join(format!("docker-pulled-{}", archive.name));
        let parts = skopeo::pull(Some(&self.namespace.0), &from, &self.quarantine, &folder, &digest)?;
        super::compare::with_docker_archive(&archive.path, &digest, &parts)?;
        std::fs::remove_dir_all(&folder)?;

        self.docker().args(["rmi", "--force", &id]).run()?;
        self.login(&self.quarantine)?;
        self.docker().args(["pull", &from]).run()?;
        ensure!(self.id(&from)? == id, "docker got another image back");
        self.docker().args(["rmi", "--force", &id]).run()?;

        self.login(&self.reader)?;
        for reference in [&from, &tagged] {
            let ended = self.docker().args(["pull", reference]).end()?;
            let served = state.name == "approved";
            ensure!(ended.status.success() == served, "{}: a reader's docker pull: {}", state.name, ended.tail());
            ensure!(served || ended.tail().contains("denied"), "docker does not show the denial: {}", ended.tail());
        }
        println!("      {} is {} ({})", archive.name, state.name, state.rules.join(", "));
        Ok(())
    }

    fn id(&self, reference: &str) -> Result<String> {
        Ok(self.docker().args(["inspect", "--format", "{{.Id}}", reference]).run()?.trim().to_owned())
    }

    fn stop(self) -> Result<()> {
        let Self { mut daemon, server, .. } = self;
        server.stop()?;
        ensure!(daemon.stop(Duration::from_secs(30)), "dockerd did not stop: {}", daemon.tail());
        Ok(())
    }
}

/// Debian's client where it is there; the version of the API is what Debian's daemon speaks.
fn client(socket: &std::path::Path, folder: &std::path::Path) -> Tool {
    let debian = PathBuf::from("/usr/bin/docker");
    let program = if debian.is_file() { debian } else { PathBuf::from("docker") };
    Tool::new(program)
        .env("DOCKER_HOST", format!("unix://{}", socket.display()))
        .env("DOCKER_API_VERSION", "1.41")
        .env("DOCKER_CONFIG", folder.join("config"))
}
