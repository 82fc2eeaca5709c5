//! Arguments as typed. What they mean is decided in `command/`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use lazaret_model::{Prefix, Role};

const EXIT_CODES: &str = "\
Exit codes: 0 allow or done, 1 lazaret failed or the source cannot be opened, 2 wrong usage,
10 deny, 11 incomplete (something was not looked at, so it does not count as clean).

Settings come from a TOML file (--config or LAZARET_CONFIG), then the environment: the setting
`advisories.max_age` is also LAZARET_ADVISORIES_MAX_AGE. `lazaret doctor --settings` lists them.";

/// A private container registry that lets an image out only when it is fit to run.
#[derive(Parser, Debug)]
#[command(name = "lazaret", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
pub(crate) struct Cli {
    /// TOML file with settings.
    #[arg(long, global = true, env = "LAZARET_CONFIG", value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// One line per command.
#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run the registry, its API and console, and its workers.
    Serve(Serve),
    /// Run workers only, beside `serve --no-worker` on the same data.
    Worker(Worker),
    /// Scan an image and judge it.
    Scan(Scan),
    /// What differs between two images: layers, packages, findings, configuration.
    Diff(Diff),
    /// Lay another scanner's report of an image beside ours: each difference with its cause.
    Compare(Compare),
    /// Write what is in an image as a bill of materials.
    Sbom(Sbom),
    /// Vulnerability data: update, status.
    #[command(subcommand)]
    Db(Db),
    /// Explain why an image of the registry is approved or blocked, and replay its decision.
    Why(Why),
    /// Principals, roles, repositories, states.
    #[command(subcommand)]
    Admin(Admin),
    /// Show the whole main job on sample images: push, quarantine, scan, verdict, pull.
    Demo(Demo),
    /// Check settings, data folder and advisory data.
    Doctor(Doctor),
    /// Print a completion script for a shell.
    Completions { shell: clap_complete::Shell },
}

/// Where the store is.
#[derive(Args, Debug, Clone)]
pub(crate) struct DataDir {
    /// Data folder [default: setting `data`, LAZARET_DATA, or the user's data folder].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lazaret serve --data /var/lib/lazaret
  lazaret serve --data ./data --listen 127.0.0.1:5000 --no-worker
  lazaret serve --listen 0.0.0.0:5000 --insecure-http     # behind a proxy that does TLS")]
pub(crate) struct Serve {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Address to listen on [default: 127.0.0.1:5000, LAZARET_LISTEN].
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen: Option<String>,
    /// Do not run workers in this process.
    #[arg(long)]
    pub(crate) no_worker: bool,
    /// Allow plain HTTP on an address that is not loopback.
    #[arg(long)]
    pub(crate) insecure_http: bool,
}

#[derive(Args, Debug)]
pub(crate) struct Worker {
    #[command(flatten)]
    pub(crate) data: DataDir,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Sources:
  registry.example/app:1.0       a registry (LAZARET_ID and LAZARET_SECRET, or docker's login)
  docker-archive:app.tar         what `docker save` writes
  oci:layout[:tag]               an OCI layout folder
  oci-archive:app.tar            an OCI layout in a tar
  docker:app:1.0                 an image of the Docker daemon (DOCKER_HOST)
  podman:app:1.0                 an image of Podman's service (CONTAINER_HOST)
  containerd:app:1.0             an image of containerd, also k3s' (CONTAINERD_ADDRESS, _NAMESPACE)
  sbom:app.cdx.json              an SBOM in place of the image (CycloneDX, SPDX, syft)
  dir:path                       skopeo's dir, or a root file system
  file:app.jar                   a single file: an archive, a program, a package database

Examples:
  lazaret scan docker-archive:app.tar
  lazaret scan registry.example/app:1.0 --platform all --format json
  lazaret scan oci:build --policy staging --exit-zero")]
pub(crate) struct Scan {
    /// What to scan.
    pub(crate) source: String,
    /// A compiled advisory database [default: the active one of the data folder].
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Policy to judge by: production, staging or observe [default: setting `policy.default`].
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<String>,
    /// Judge as of this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub(crate) clock: Option<String>,
    /// Platform of an index, e.g. linux/arm64, or `all` [default for an index: all].
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Read and hash every layer, also those that were analysed before.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Neither use nor keep what was found in layers (settings `cache.dir`, `cache.size`).
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Deeper looks: secrets, integrity, malware, licenses.
    #[arg(long, value_delimiter = ',', value_name = "WHAT")]
    pub(crate) with: Vec<String>,
    /// How to print the result.
    #[arg(long, value_enum, default_value_t = ScanFormat::Table)]
    pub(crate) format: ScanFormat,
    /// Show the image layer by layer: each Dockerfile step with the packages that it brought, changed and removed.
    #[arg(long)]
    pub(crate) tree: bool,
    /// Exit 0 also for deny and incomplete.
    #[arg(long)]
    pub(crate) exit_zero: bool,
    /// Speak plain HTTP to the registry (loopback does so anyway).
    #[arg(long)]
    pub(crate) plain_http: bool,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Sources are as for `lazaret scan`. Images of two indexes are compared platform by platform.

Examples:
  lazaret diff registry.example/app:1.0 registry.example/app:1.1
  lazaret diff docker-archive:before.tar docker-archive:after.tar --format json
  lazaret diff oci:app oci:app --platform linux/amd64 --to-platform linux/arm64")]
pub(crate) struct Diff {
    /// From this image (or index).
    pub(crate) a: String,
    /// To this one.
    pub(crate) b: String,
    /// Platform of an index, e.g. linux/arm64 [default: all].
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Platform of the second image where it is another one.
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) to_platform: Option<String>,
    #[command(flatten)]
    pub(crate) judging: Judging,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Reports: Trivy (`trivy image --format json --list-all-pkgs`), Syft (`syft -o json`), Grype (`grype -o json`);
which one it is, is known by its content.

Examples:
  lazaret compare docker-archive:app.tar --with trivy.json
  lazaret compare registry.example/app:1.0 --with syft.json --platform linux/amd64 --format json")]
pub(crate) struct Compare {
    /// The image that both looked at; sources are as for `lazaret scan`.
    pub(crate) source: String,
    /// The other scanner's JSON.
    #[arg(long, value_name = "FILE")]
    pub(crate) with: PathBuf,
    /// Platform of an index, e.g. linux/arm64.
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    #[command(flatten)]
    pub(crate) judging: Judging,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

/// By what images are judged, for commands that judge more than one.
#[derive(Args, Debug)]
pub(crate) struct Judging {
    /// A compiled advisory database [default: the active one of the data folder].
    #[arg(long, value_name = "FILE")]
    pub(crate) db: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Policy to judge by: production, staging or observe [default: setting `policy.default`].
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<String>,
    /// Judge as of this time (RFC 3339).
    #[arg(long, value_name = "TIME")]
    pub(crate) clock: Option<String>,
    /// Speak plain HTTP to the registry (loopback does so anyway).
    #[arg(long)]
    pub(crate) plain_http: bool,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ScanFormat {
    Table,
    Json,
    Sarif,
    Cyclonedx,
    Spdx,
    Spdx3,
}

#[derive(Args, Debug)]
#[command(after_help = "\
Sources are those of `lazaret scan`.

Examples:
  lazaret sbom docker-archive:app.tar > app.cdx.json
  lazaret sbom registry.example/app:1.0 --format spdx3
  lazaret sbom sbom:theirs.spdx --format cyclonedx")]
pub(crate) struct Sbom {
    /// What to look at.
    pub(crate) source: String,
    /// CycloneDX 1.6, SPDX 2.3 or SPDX 3.0, as JSON.
    #[arg(long, value_enum, default_value_t = BillFormat::Cyclonedx)]
    pub(crate) format: BillFormat,
    /// The time that the document says (RFC 3339) [default: now].
    #[arg(long, value_name = "TIME")]
    pub(crate) clock: Option<String>,
    /// Platform of an index, e.g. linux/arm64, or `all` [default for an index: all].
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    /// Read and hash every layer, also those that were analysed before.
    #[arg(long)]
    pub(crate) verify: bool,
    /// Neither use nor keep what was found in layers (settings `cache.dir`, `cache.size`).
    #[arg(long)]
    pub(crate) no_cache: bool,
    /// Deeper looks: secrets, integrity, malware, licenses.
    #[arg(long, value_delimiter = ',', value_name = "WHAT")]
    pub(crate) with: Vec<String>,
    /// Speak plain HTTP to the registry (loopback does so anyway).
    #[arg(long)]
    pub(crate) plain_http: bool,
}

/// Formats of bills of materials.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BillFormat {
    Cyclonedx,
    Spdx,
    Spdx3,
}

/// Formats of commands that print one record or a list.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Format {
    #[default]
    Table,
    Json,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Db {
    /// Fetch what changed, compile it, and make it the active snapshot.
    #[command(after_help = "\
Examples:
  lazaret db update                                   # from the publishers
  lazaret db update --mirror /mnt/advisories          # a folder or URL, with or without sources.json
  lazaret db update --db ./advisories.db              # one file, for `scan --db`")]
    Update {
        #[command(flatten)]
        data: DataDir,
        /// Write one compiled file instead of the data folder's snapshot.
        #[arg(long, value_name = "FILE", conflicts_with = "data")]
        db: Option<PathBuf>,
        /// Folder or URL to read in place of the publishers.
        #[arg(long, value_name = "DIR|URL")]
        mirror: Option<String>,
        /// Activate the snapshot although a feed shrank by more than 2 %.
        #[arg(long)]
        accept_shrink: bool,
    },
    /// Show the active snapshot: id, feeds, dates, counts.
    Status {
        #[command(flatten)]
        data: DataDir,
        #[arg(long, value_name = "FILE", conflicts_with = "data")]
        db: Option<PathBuf>,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lazaret why team/app:1.0
  lazaret why team/app@sha256:... --format json")]
pub(crate) struct Why {
    /// `repository:tag` or `repository@digest`; of an index, every platform is explained.
    pub(crate) image: String,
    #[command(flatten)]
    pub(crate) data: DataDir,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Admin {
    /// Service principals and what they may do.
    #[command(subcommand)]
    Principal(PrincipalCommand),
    /// Repositories and their policies.
    #[command(subcommand)]
    Repository(RepositoryCommand),
    /// State of an image, with the reasons.
    State {
        /// `repository@digest` or `repository:tag`.
        image: String,
        #[command(flatten)]
        data: DataDir,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Stop every pull of an image, for cause; only `admin restore` lifts it.
    Revoke {
        image: String,
        /// Why: it is recorded and shown to those who are refused.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        data: DataDir,
    },
    /// Lift a revocation: the image is judged anew.
    Restore {
        image: String,
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        data: DataDir,
    },
    /// Keys that sign decisions.
    #[command(subcommand)]
    Key(KeyCommand),
}

#[derive(Subcommand, Debug)]
pub(crate) enum PrincipalCommand {
    /// Make a principal; its secret is shown once.
    #[command(after_help = "\
Examples:
  lazaret admin principal create ci --role contributor --on 'team/*' --expires 90d
  lazaret admin principal create node --role reader --on '*' --format json")]
    Create {
        name: String,
        /// Role; may be repeated.
        #[arg(long = "role", required = true, value_name = "ROLE")]
        roles: Vec<Role>,
        /// `repo`, `team/*` or `*`.
        #[arg(long, value_name = "PREFIX")]
        on: Prefix,
        /// Life of the principal, e.g. 90d.
        #[arg(long, value_name = "DURATION")]
        expires: Option<String>,
        #[command(flatten)]
        data: DataDir,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// List principals with their roles.
    List {
        #[command(flatten)]
        data: DataDir,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Give a role on a prefix.
    Grant {
        id: String,
        #[arg(long)]
        role: Role,
        #[arg(long, value_name = "PREFIX")]
        on: Prefix,
        /// Life of the binding, e.g. 8h.
        #[arg(long, value_name = "DURATION")]
        expires: Option<String>,
        #[command(flatten)]
        data: DataDir,
    },
    /// Take a role on a prefix away.
    Revoke {
        id: String,
        #[arg(long)]
        role: Role,
        #[arg(long, value_name = "PREFIX")]
        on: Prefix,
        #[command(flatten)]
        data: DataDir,
    },
    /// Refuse the principal from now on.
    Disable {
        id: String,
        #[command(flatten)]
        data: DataDir,
    },
    /// Replace the secret; the old one and its tokens end.
    Rotate {
        id: String,
        #[command(flatten)]
        data: DataDir,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum RepositoryCommand {
    /// List repositories with policy and tags.
    List {
        #[command(flatten)]
        data: DataDir,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Set the policy of a repository; its images are judged again.
    Policy {
        repository: String,
        /// production, staging or observe.
        policy: String,
        #[command(flatten)]
        data: DataDir,
    },
}

#[derive(Subcommand, Debug)]
pub(crate) enum KeyCommand {
    /// List the keys.
    List {
        #[command(flatten)]
        data: DataDir,
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Sign with a new key from the next start on; decisions of the old one still verify.
    Rotate {
        #[command(flatten)]
        data: DataDir,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "\
Examples:
  lazaret demo                    # runs on until Ctrl-C, for docker, skopeo and a browser
  lazaret demo --exit             # prints the table and ends
  lazaret demo --exit --format json")]
pub(crate) struct Demo {
    /// Data folder [default: a fresh temporary one].
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
    /// End after the table instead of serving on.
    #[arg(long)]
    pub(crate) exit: bool,
    #[arg(long, value_enum, default_value_t)]
    pub(crate) format: Format,
}

#[derive(Args, Debug)]
pub(crate) struct Doctor {
    #[command(flatten)]
    pub(crate) data: DataDir,
    /// Only list the settings with their variables and defaults.
    #[arg(long)]
    pub(crate) settings: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn verify_cli() {
        super::Cli::command().debug_assert();
    }
}
