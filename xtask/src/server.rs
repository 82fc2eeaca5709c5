//! A `lazaret serve` of our own: on loopback, with its data in a folder of the caller's, ended with its owner.

use crate::client::{Credentials, Registry};
use crate::process::{Background, Tool, until};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How a server is started.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) binary: PathBuf,
    pub(crate) data: PathBuf,
    pub(crate) netns: Option<String>,
    /// More arguments of `serve`.
    pub(crate) args: Vec<String>,
    pub(crate) envs: Vec<(String, String)>,
}

impl Options {
    /// A server that judges with the built-in advisories, so that a verdict needs no download.
    pub(crate) fn offline(binary: &Path, data: &Path) -> Self {
        let accept = ("LAZARET_ADVISORIES_ACCEPT_STARTER".to_owned(), "true".to_owned());
        Self {
            binary: binary.to_path_buf(),
            data: data.to_path_buf(),
            netns: None,
            args: Vec::new(),
            envs: vec![accept],
        }
    }
}

/// A running server.
pub(crate) struct Server {
    options: Options,
    process: Background,
    /// `127.0.0.1:PORT`.
    pub(crate) address: String,
}

/// A state as `admin state` prints it.
#[derive(Debug, Clone)]
pub(crate) struct State {
    pub(crate) name: String,
    /// The ids of the rules that it names, each once.
    pub(crate) rules: Vec<String>,
}

impl Server {
    /// Starts one on a free port and waits until it is ready.
    pub(crate) fn start(options: Options) -> Result<Self> {
        let port = free_port()?;
        Self::start_on(options, port)
    }

    /// Starts one on `port`: the address of one that was killed stays good.
    pub(crate) fn start_on(options: Options, port: u16) -> Result<Self> {
        let address = format!("127.0.0.1:{port}");
        std::fs::create_dir_all(&options.data)?;
        let data = options.data.display().to_string();
        let mut args = ["serve", "--data", &data, "--listen", &address].map(str::to_owned).to_vec();
        args.extend(options.args.iter().cloned());
        let log = log_path(&options.data);
        let process = Background::start(options.netns.as_deref(), &options.binary, &args, &options.envs, &log)?;
        let mut server = Self { options, process, address };
        let ready = until(Duration::from_mins(1), || !server.process.runs() || server.is_ready());
        ensure!(ready && server.process.runs(), "the server did not become ready: {}", server.process.tail());
        Ok(server)
    }

    /// In a namespace of its own only a program in there can ask.
    fn is_ready(&self) -> bool {
        match self.options.netns.as_deref() {
            None => Registry::anonymous(&self.address).is_ready(),
            netns => Tool::inside(netns, "bash")
                .args(["-c", &format!("exec 3<>/dev/tcp/{} && printf 'GET /readyz HTTP/1.0\\r\\n\\r\\n' >&3 && head -1 <&3 | grep -q ' 200'", self.address.replace(':', "/"))])
                .seconds(5)
                .end()
                .is_ok_and(|ended| ended.status.success()),
        }
    }

    /// What the server said last.
    pub(crate) fn tail(&self) -> String {
        self.process.tail()
    }

    /// The registry as `who` sees it.
    pub(crate) fn registry(&self, who: &Credentials) -> Registry {
        Registry::new(&self.address, who)
    }

    /// `lazaret ARGS --data DIR`, beside the running server.
    pub(crate) fn lazaret(&self, args: &[&str]) -> Result<String> {
        self.tool().args(args).arg("--data").arg(&self.options.data).run()
    }

    fn tool(&self) -> Tool {
        self.options.envs.iter().fold(Tool::new(&self.options.binary), |tool, (name, value)| tool.env(name, value))
    }

    /// Makes a principal with `roles` on `prefix`.
    pub(crate) fn principal(&self, name: &str, roles: &[&str], prefix: &str) -> Result<Credentials> {
        let mut args = vec!["admin", "principal", "create", name];
        args.extend(roles.iter().flat_map(|role| ["--role", role]));
        args.extend(["--on", prefix, "--format", "json"]);
        let answer: Value = serde_json::from_str(&self.lazaret(&args)?).context("admin principal create: no JSON")?;
        let field = |name: &str| answer[name].as_str().map(str::to_owned).context(format!("no {name} in {answer}"));
        Ok(Credentials { id: field("id")?, secret: field("secret")? })
    }

    /// Gives `who` one more role.
    pub(crate) fn grant(&self, who: &Credentials, role: &str, prefix: &str) -> Result<()> {
        self.lazaret(&["admin", "principal", "grant", &who.id, "--role", role, "--on", prefix]).map(drop)
    }

    /// The state of an image, and why.
    pub(crate) fn state(&self, repository: &str, digest: &str) -> Result<State> {
        let text = self.lazaret(&["admin", "state", &format!("{repository}@{digest}"), "--format", "json"])?;
        let answer: Value = serde_json::from_str(&text).context("admin state printed no JSON")?;
        let rules = answer["reasons"].as_array().into_iter().flatten();
        let rules: BTreeSet<&str> = rules.filter_map(|reason| reason["rule"].as_str()).collect();
        Ok(State {
            name: answer["state"].as_str().context("admin state names no state")?.to_owned(),
            rules: rules.into_iter().map(str::to_owned).collect(),
        })
    }

    /// Waits for the verdict: the first state that is not `quarantined`.
    pub(crate) fn verdict(&self, repository: &str, digest: &str) -> Result<State> {
        let mut last = Err(anyhow::anyhow!("never asked"));
        until(Duration::from_mins(2), || {
            last = self.state(repository, digest);
            last.as_ref().is_ok_and(|state| state.name != "quarantined")
        });
        let state = last?;
        ensure!(state.name != "quarantined", "{repository}@{digest} has no verdict after 120 s: {}", self.tail());
        Ok(state)
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// SIGTERM; fails where the server does not end cleanly within 30 s.
    pub(crate) fn stop(mut self) -> Result<()> {
        let clean = self.process.stop(Duration::from_secs(30));
        ensure!(clean, "the server did not stop cleanly on SIGTERM: {}", self.process.tail());
        Ok(())
    }
}

/// The server's log, beside its data.
fn log_path(data: &Path) -> PathBuf {
    data.with_extension("log")
}

/// A port that was free a moment ago.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0").context("no free loopback port")?.local_addr()?.port())
}
