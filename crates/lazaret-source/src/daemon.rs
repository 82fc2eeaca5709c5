//! What Docker and Podman have in common: HTTP over a socket, an image that is exported as a whole in the form of
//! `docker save`, and reading it from where it was put.

pub(crate) mod address;
mod spool;

use std::{io::Read, path::PathBuf, time::Duration};

use lazaret_oci::{Limits, Source, SourceError, open_export};
use reqwest::{
    StatusCode,
    blocking::{Client, Response},
};
use serde::Deserialize;

use self::address::Address;
use crate::words::{chain, printable};

/// Bytes of a description of an image, or of an error.
const MAX_DOCUMENT: u64 = 4 << 20;

/// How to reach a daemon. The environment is read by the caller.
#[derive(Clone, Debug)]
pub struct DaemonOptions {
    /// What the program's own variable says (`DOCKER_HOST`, `CONTAINER_HOST`).
    pub host: Option<String>,
    /// `XDG_RUNTIME_DIR`: where sockets of daemons without root are.
    pub runtime_dir: Option<PathBuf>,
    /// Whether TLS is asked for (`DOCKER_TLS_VERIFY`).
    pub tls: bool,
    /// How long a daemon may be silent: some write the whole image to their own disk before they send a byte.
    pub silence: Duration,
    pub limits: Limits,
}

/// What one program's API calls things.
pub(crate) struct Dialect {
    /// Scheme of the source.
    pub(crate) kind: &'static str,
    /// For people.
    pub(crate) program: &'static str,
    /// The variable that names its address.
    pub(crate) variable: &'static str,
    /// Path before an image's name.
    pub(crate) images: &'static str,
    /// Queries for an export, the best first: not every image can be had in every form.
    pub(crate) exports: &'static [&'static str],
    /// What to do when nobody listens.
    pub(crate) start: &'static str,
}

/// Exports an image and opens what came. `progress` is told the bytes that came so far.
pub(crate) fn open(
    dialect: &Dialect,
    sockets: &[PathBuf],
    image: &str,
    options: &DaemonOptions,
    progress: &dyn Fn(u64),
) -> Result<Box<dyn Source>, SourceError> {
    let name = format!("{}:{image}", dialect.kind);
    // What goes into a request's path as it is.
    let fits = |c: char| c.is_ascii_alphanumeric() || "._-/:@".contains(c);
    if image.is_empty() || image.starts_with('/') || image.contains("..") || !image.chars().all(fits) {
        let reason = "expected a name with an optional tag or digest, or an id".to_owned();
        return Err(SourceError::NotThis { what: name, kind: "an image", reason });
    }
    let daemon = Daemon::connect(dialect, sockets, options)?;
    let id = daemon.id(image)?;
    let mut forms = dialect.exports.iter();
    let answer = loop {
        let form = forms.next().copied().unwrap_or_default();
        let answer = daemon.get(&format!("{}/{id}/get{form}", dialect.images))?;
        if answer.status().is_success() || forms.len() == 0 {
            break daemon.accept(&name, answer)?;
        }
    };
    let file = spool::receive(&name, dialect.program, answer, options.limits.layer_bytes, progress)?;
    open_export(&name, file, &options.limits)
}

struct Daemon<'a> {
    dialect: &'a Dialect,
    client: Client,
    base: String,
    /// For people.
    place: String,
}

/// What a daemon says of an image, or why not.
#[derive(Deserialize)]
struct Described {
    #[serde(rename = "Id", default)]
    id: String,
    #[serde(default)]
    message: String,
}

impl<'a> Daemon<'a> {
    fn connect(dialect: &'a Dialect, sockets: &[PathBuf], options: &DaemonOptions) -> Result<Self, SourceError> {
        let address = address::find(dialect, sockets, options)?;
        let agent = concat!("lazaret/", env!("CARGO_PKG_VERSION"));
        let builder = Client::builder().user_agent(agent).no_proxy().timeout(options.silence);
        let (builder, base, place) = match address {
            Address::Socket(path) => {
                let place = path.display().to_string();
                (builder.unix_socket(path), "http://localhost".to_owned(), place)
            }
            Address::Tcp(host) => (builder, format!("http://{host}"), host),
        };
        let failed = |error: reqwest::Error| SourceError::Unreachable { what: place.clone(), reason: chain(&error) };
        let client = builder.build().map_err(failed)?;
        Ok(Self { dialect, client, base, place })
    }

    fn get(&self, path: &str) -> Result<Response, SourceError> {
        self.client.get(format!("{}{path}", self.base)).send().map_err(|error| SourceError::Unreachable {
            what: format!("{} at {}", self.dialect.program, self.place),
            reason: chain(&error),
        })
    }

    /// The id of an image: what is exported is what was described, whatever is tagged meanwhile.
    fn id(&self, image: &str) -> Result<String, SourceError> {
        let Dialect { kind, program, images, variable, .. } = self.dialect;
        let answer = self.get(&format!("{images}/{image}/json"))?;
        if answer.status() == StatusCode::NOT_FOUND {
            let said = said(answer);
            return Err(SourceError::Missing {
                what: format!("image {image}"),
                place: format!(
                    "{program} at {} ({said}); `{kind} images` lists what is there, `{kind} pull {image}` fetches it, \
                     {variable} names another daemon",
                    self.place
                ),
            });
        }
        let what = format!("{kind}:{image}");
        let answer = self.accept(&what, answer)?;
        let refused = |reason: String| SourceError::Refused { what: what.clone(), reason };
        let mut bytes = Vec::new();
        answer
            .take(MAX_DOCUMENT)
            .read_to_end(&mut bytes)
            .map_err(|e| SourceError::Unreachable { what: self.place.clone(), reason: chain(&e) })?;
        let described: Described = serde_json::from_slice(&bytes)
            .map_err(|e| refused(format!("{program} describes it in a form that is not known: {e}")))?;
        let hex = described.id.strip_prefix("sha256:").unwrap_or(&described.id);
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return Err(refused(format!("{program} gives it the id {:?}, which is none", printable(&described.id))));
        }
        Ok(described.id)
    }

    /// An answer that is a success.
    fn accept(&self, what: &str, answer: Response) -> Result<Response, SourceError> {
        if answer.status().is_success() {
            return Ok(answer);
        }
        let (status, said) = (answer.status(), said(answer));
        let reason = format!("{} at {} answers {status}: {said}", self.dialect.program, self.place);
        Err(SourceError::Refused { what: what.to_owned(), reason })
    }
}

/// The message of an error's body.
fn said(answer: Response) -> String {
    let mut bytes = Vec::new();
    // What cannot be read is not shown; the status remains.
    let _ = answer.take(MAX_DOCUMENT).read_to_end(&mut bytes);
    let message = serde_json::from_slice::<Described>(&bytes).map(|d| d.message).unwrap_or_default();
    if message.is_empty() { "it does not say why".to_owned() } else { printable(&message) }
}
