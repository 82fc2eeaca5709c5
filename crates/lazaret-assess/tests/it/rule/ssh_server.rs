use super::{Shown, messages};
use crate::sample::subject;

#[test]
fn exposed_ports() {
    for (port, denied) in [
        ("22/tcp", true),
        ("22", true),
        ("22/TCP", true),
        ("20-25/tcp", true),
        ("22/udp", false),
        ("2222/tcp", false),
        ("220", false),
        ("25-20/tcp", false),
        ("ssh", false),
    ] {
        let mut subject = subject([]);
        subject.facts.exposed_ports = vec!["80/tcp".to_owned(), port.to_owned()];
        assert_eq!(!messages("ssh_server", &subject, &Shown::default()).is_empty(), denied, "{port}");
    }
}

#[test]
fn programs() {
    let mut subject = subject([]);
    subject.inventory.ssh_servers = vec!["usr/sbin/sshd".to_owned()];
    assert_eq!(messages("ssh_server", &subject, &Shown::default()), ["SSH server /usr/sbin/sshd; remove its package"]);
}
