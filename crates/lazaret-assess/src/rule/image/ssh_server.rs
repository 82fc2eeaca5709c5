//! The image offers a remote shell.

use lazaret_model::Level;

use crate::{Fault, Levels, Rule, RuleInput};

/// Rule `ssh_server`.
pub(crate) struct SshServer;

impl Rule for SshServer {
    fn id(&self) -> &'static str {
        "ssh_server"
    }

    fn doc(&self) -> &'static str {
        "The image holds an SSH server or exposes port 22"
    }

    fn levels(&self) -> Levels {
        Levels { production: Level::Deny, staging: Level::Warn, observe: Level::Observe }
    }

    fn faults(&self, input: &RuleInput<'_>) -> Vec<Fault> {
        let exposed = input.subject.facts.exposed_ports.iter().any(|port| is_ssh(port));
        let port = exposed.then(|| Fault::new("port 22/tcp is exposed; remove EXPOSE 22"));
        let programs = input.subject.inventory.ssh_servers.iter();
        programs.map(|path| Fault::new(format!("SSH server /{path}; remove its package"))).chain(port).collect()
    }
}

/// `22`, `22/tcp`, or a range around it.
fn is_ssh(port: &str) -> bool {
    let (numbers, protocol) = port.trim().split_once('/').unwrap_or((port.trim(), "tcp"));
    let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
    let within = |first: u32, last: u32| (first..=last).contains(&22);
    protocol.eq_ignore_ascii_case("tcp")
        && matches!((first.trim().parse(), last.trim().parse()), (Ok(first), Ok(last)) if within(first, last))
}
