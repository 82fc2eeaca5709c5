//! Debian's docker and dockerd, in a network namespace of their own so that nothing of theirs outlives the run, with a
//! lazaret server beside them on that namespace's loopback (which dockerd takes as an insecure registry by itself).

use super::daemons::Dockerd;
use super::images::{Archive, Format};
use super::{Stage, skopeo};
use crate::client::Credentials;
use crate::process::Tool;
use crate::server::{Options, Server};
use crate::test::report::Report;
use anyhow::{Context, Result, ensure};

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

/// dockerd, a server that it can reach, and their principals. Fields are dropped in this order.
struct Docker {
    server: Server,
    ci: Credentials,
    reader: Credentials,
    quarantine: Credentials,
    daemon: Dockerd,
}

impl Docker {
    fn start(stage: &Stage<'_>) -> Result<Self> {
        let folder = stage.work.join("docker");
        let daemon = Dockerd::start(folder.clone(), "")?;
        let mut options = Options::offline(stage.binary, &folder.join("lazaret"));
        options.netns = Some(daemon.namespace.0.clone());
        let server = Server::start(options)?;
        Ok(Self {
            ci: server.principal("ci", &["contributor"], "docker/*")?,
            reader: server.principal("reader", &["reader"], "docker/*")?,
            quarantine: server.principal("scanner", &["quarantine-reader"], "docker/*")?,
            server,
            daemon,
        })
    }

    fn docker(&self) -> Tool {
        self.daemon.docker()
    }

    fn login(&self, who: &Credentials) -> Result<()> {
        let args = ["login", "--username", &who.id, "--password-stdin", &self.server.address];
        self.docker().args(args).input(&who.secret).run().map(drop)
    }

    fn round_trip(&self, stage: &Stage<'_>, archive: &Archive) -> Result<()> {
        let name = self.daemon.load(&archive.path)?;
        let repository = format!("docker/{}", archive.name);
        let tagged = format!("{}/{repository}:1", self.server.address);
        let id = self.id(&name)?;
        self.docker().args(["tag", &name, &tagged]).run()?;
        self.login(&self.ci)?;
        let pushed = self.docker().args(["push", &tagged]).run()?;
        let digest = pushed.split_whitespace().find(|word| word.starts_with("sha256:") && word.len() == 71);
        let digest = digest.context("docker push reports no digest")?.to_owned();
        let state = self.server.verdict(&repository, &digest)?;
        let from = format!("{}/{repository}@{digest}", self.server.address);

        let folder = stage.work.join(format!("docker-pulled-{}", archive.name));
        let parts = skopeo::pull(Some(&self.daemon.namespace.0), &from, &self.quarantine, &folder, &digest)?;
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
        let Self { daemon, server, .. } = self;
        server.stop()?;
        daemon.stop()
    }
}
