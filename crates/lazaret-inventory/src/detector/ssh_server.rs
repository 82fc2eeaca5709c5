//! SSH server programs, by name and place.

use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::layer::FileFacts;

pub(crate) struct SshServer;

impl Detector for SshServer {
    fn id(&self) -> &'static str {
        "ssh_server"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://man.openbsd.org/sshd.8"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if is_server(file) { Interest::Name } else { Interest::No }
    }

    fn detect(&self, _file: &Candidate<'_>, _body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        facts.ssh_server = true;
    }
}

/// An executable of the name, where programs lie or in a program's form; `etc/pam.d/sshd` and `etc/init.d/sshd`
/// are none.
fn is_server(file: &Candidate<'_>) -> bool {
    if !matches!(file.name, "sshd" | "dropbear" | "dropbearmulti" | "tinysshd" | "lsh-server" | "lshd") {
        return false;
    }
    let directory = file.directory();
    let last = directory.rsplit_once('/').map_or(directory, |(_, last)| last);
    file.mode & 0o111 != 0 && (matches!(last, "bin" | "sbin" | "libexec") || file.head.starts_with(b"\x7fELF"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_only() {
        let is = |path: &str, mode: u32, head: &[u8]| is_server(&Candidate::new(path, head, mode));
        assert!(is("usr/sbin/sshd", 0o755, b"\x7fELF"));
        assert!(is("opt/ssh/dropbear", 0o755, b"\x7fELF"));
        assert!(is("sbin/dropbear", 0o777, b""));
        assert!(!is("etc/pam.d/sshd", 0o644, b"# PAM"));
        assert!(!is("etc/init.d/sshd", 0o755, b"#!/sbin/openrc-run"));
        assert!(!is("usr/sbin/sshd", 0o644, b"\x7fELF"));
        assert!(!is("usr/bin/ssh", 0o755, b"\x7fELF"));
    }
}
