//! Where a daemon listens.

use std::{
    io,
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
};

use lazaret_oci::SourceError;

use super::{DaemonOptions, Dialect};

#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Address {
    Socket(PathBuf),
    /// `host:port`, plain.
    Tcp(String),
}

/// The address that the program's variable names, else the first of `sockets` that somebody listens on.
pub(super) fn find(dialect: &Dialect, sockets: &[PathBuf], options: &DaemonOptions) -> Result<Address, SourceError> {
    let Dialect { program, variable, start, .. } = dialect;
    let mut why = Vec::new();
    match &options.host {
        Some(host) => match parse(host, options.tls) {
            Ok(Address::Socket(path)) => match answers(&path) {
                Ok(()) => return Ok(Address::Socket(path)),
                Err(reason) => why.push(format!("{variable} names {}: {reason}", path.display())),
            },
            Ok(tcp) => return Ok(tcp),
            Err(reason) => {
                let what = format!("{variable}={host}");
                return Err(SourceError::NotThis { what, kind: "an address that can be used", reason });
            }
        },
        None => {
            for path in sockets {
                match answers(path) {
                    Ok(()) => return Ok(Address::Socket(path.clone())),
                    Err(reason) => why.push(format!("{}: {reason}", path.display())),
                }
            }
        }
    }
    Err(SourceError::Unreachable { what: (*program).to_owned(), reason: format!("{}; {start}", why.join(", ")) })
}

/// Whether somebody listens there who lets us in; else why not.
pub(crate) fn answers(path: &Path) -> Result<(), String> {
    UnixStream::connect(path).map(drop).map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => "there is no such socket".to_owned(),
        io::ErrorKind::ConnectionRefused => "nobody listens there".to_owned(),
        io::ErrorKind::PermissionDenied => "this user may not connect there".to_owned(),
        _ => error.to_string(),
    })
}

fn parse(host: &str, tls: bool) -> Result<Address, String> {
    let (scheme, rest) = host.split_once("://").ok_or("expected unix:///path or tcp://host:port")?;
    match scheme {
        "unix" if rest.starts_with('/') => Ok(Address::Socket(PathBuf::from(rest))),
        "tcp" | "http" if !tls => {
            let host = rest.trim_end_matches('/');
            let valid = url::Url::parse(&format!("http://{host}"))
                .is_ok_and(|url| url.username().is_empty() && matches!(url.path(), "" | "/") && url.query().is_none());
            if valid { Ok(Address::Tcp(host.to_owned())) } else { Err("expected tcp://host:port".to_owned()) }
        }
        "tcp" | "http" | "https" => {
            Err("TLS to a daemon is not spoken; save the image and scan it as docker-archive:FILE".to_owned())
        }
        "ssh" => {
            Err("ssh is not spoken; forward the socket (`ssh -L /tmp/d.sock:/var/run/docker.sock HOST`), or save \
                      the image there and scan it as docker-archive:FILE"
                .to_owned())
        }
        _ => Err("expected unix:///path or tcp://host:port".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(parse("unix:///run/x.sock", false), Ok(Address::Socket(PathBuf::from("/run/x.sock"))));
        assert_eq!(parse("unix:///run/x.sock", true), Ok(Address::Socket(PathBuf::from("/run/x.sock"))));
        assert_eq!(parse("tcp://127.0.0.1:2375", false), Ok(Address::Tcp("127.0.0.1:2375".to_owned())));
        assert_eq!(parse("tcp://[::1]:2375/", false), Ok(Address::Tcp("[::1]:2375".to_owned())));
        assert!(parse("tcp://127.0.0.1:2376", true).unwrap_err().contains("TLS"));
        assert!(parse("ssh://host", false).unwrap_err().contains("docker-archive:"));
        for bad in ["", "docker.sock", "unix://run/x", "npipe://x", "tcp://", "tcp://a@b:1", "tcp://b/c", "tcp://b?c"] {
            assert!(parse(bad, false).is_err(), "{bad}");
        }
    }
}
