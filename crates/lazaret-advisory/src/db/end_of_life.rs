//! From os-release to a product and cycle of endoflife.date.

/// `ID` of os-release to the product's name.
const PRODUCTS: &[(&str, &str)] = &[
    ("almalinux", "almalinux"),
    ("alpine", "alpine-linux"),
    ("amzn", "amazon-linux"),
    ("centos", "centos"),
    ("debian", "debian"),
    ("devuan", "devuan"),
    ("fedora", "fedora"),
    ("linuxmint", "linuxmint"),
    ("mageia", "mageia"),
    ("nixos", "nixos"),
    ("ol", "oracle-linux"),
    ("opensuse", "opensuse"),
    ("opensuse-leap", "opensuse"),
    ("photon", "photon"),
    ("rhel", "rhel"),
    ("rocky", "rocky-linux"),
    ("sled", "sles"),
    ("sles", "sles"),
    ("ubuntu", "ubuntu"),
];

pub(crate) fn product(os_id: &str) -> Option<&'static str> {
    PRODUCTS.iter().find(|(id, _)| id.eq_ignore_ascii_case(os_id.trim())).map(|(_, product)| *product)
}

/// Whether a cycle's name begins the version, at a boundary: `3.2` is no prefix of `3.20.1`.
pub(super) fn is_cycle_of(cycle: &str, version_id: &str) -> bool {
    version_id
        .strip_prefix(cycle)
        .is_some_and(|rest| !cycle.is_empty() && !rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cycles_end_at_boundaries() {
        assert!(is_cycle_of("3.20", "3.20.3"));
        assert!(is_cycle_of("12", "12"));
        assert!(is_cycle_of("9", "9.4"));
        assert!(!is_cycle_of("3.2", "3.20.3"));
        assert!(!is_cycle_of("1", "12"));
        assert!(!is_cycle_of("", "12"));
        assert_eq!(product("Alpine"), Some("alpine-linux"));
        assert_eq!(product("beos"), None);
    }
}
