//! Which mounted file systems are the kernel's own (proc(5), "/proc/pid/mountinfo").

use std::{collections::HashSet, fs, io::Read};

/// Types of which no file is anybody's, and some are without end.
const KERNELS: [&str; 22] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "cpuset",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "fuse.lxcfs",
    "hugetlbfs",
    "mqueue",
    "nsfs",
    "proc",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "sysfs",
    "tracefs",
];
/// Bytes of the list; a node with thousands of containers has some hundred thousand.
const MAX_LIST: u64 = 64 << 20;

/// Devices of the kernel's file systems.
#[derive(Debug, Default)]
pub(super) struct Mounts(HashSet<u64>);

impl Mounts {
    /// Of this process. Where that cannot be read, none is known.
    pub(super) fn read() -> Self {
        let mut text = String::new();
        let file = fs::File::open("/proc/self/mountinfo");
        match file.and_then(|file| file.take(MAX_LIST).read_to_string(&mut text)) {
            Ok(_) => Self::parse(&text),
            Err(_) => Self::default(),
        }
    }

    fn parse(text: &str) -> Self {
        let device = |line: &str| {
            let (mount, kind) = line.split_once(" - ")?;
            let kind = kind.split(' ').next()?;
            let (major, minor) = mount.split(' ').nth(2)?.split_once(':')?;
            KERNELS.contains(&kind).then_some(number(major.parse().ok()?, minor.parse().ok()?))
        };
        Self(text.lines().filter_map(device).collect())
    }

    pub(super) fn is_kernels(&self, device: u64) -> bool {
        self.0.contains(&device)
    }
}

/// A device's number as `stat` gives it (`makedev` of glibc and musl).
fn number(major: u64, minor: u64) -> u64 {
    ((major & 0xfff) << 8) | ((major & !0xfff) << 32) | (minor & 0xff) | ((minor & !0xff) << 12)
}

#[cfg(test)]
mod tests {
    use std::{os::unix::fs::MetadataExt, path::Path};

    use super::*;

    #[test]
    fn a_list() {
        let text = "22 27 0:20 / /sys rw,nosuid shared:7 - sysfs sysfs rw\n\
                    23 27 0:21 / /proc rw,nosuid shared:14 master:1 - proc proc rw\n\
                    27 0 259:1 / / rw,relatime shared:1 - ext4 /dev/nvme0n1p1 rw\n\
                    30 27 0:300 / /mnt/a\\040b rw - fuse.sshfs host: rw\n\nnonsense - proc\n1 2 x:y / / rw - proc proc";
        let mounts = Mounts::parse(text);
        assert_eq!(mounts.0, HashSet::from([20, 21]));
        assert_eq!(number(259, 1), 0x1_0301);
        assert_eq!(number(0, 300), 0x10_002c);
    }

    #[test]
    fn this_machine() {
        let proc = Path::new("/proc");
        if proc.join("self/mountinfo").exists() {
            assert!(Mounts::read().is_kernels(proc.metadata().unwrap().dev()));
        }
        assert!(!Mounts::read().is_kernels(Path::new(env!("CARGO_MANIFEST_DIR")).metadata().unwrap().dev()));
    }
}
