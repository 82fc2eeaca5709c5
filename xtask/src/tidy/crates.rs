//! The dependency table of ARCHITECTURE.md, as data. A change here is a change of the architecture: review it as one.

/// A crate of the workspace and what its normal dependencies inside the workspace may be.
pub(super) struct Row {
    pub(super) name: &'static str,
    /// Its level; a crate depends only on lower ones.
    pub(super) level: u8,
    pub(super) may_use: &'static [&'static str],
}

/// One row per crate, in the order of their levels.
pub(super) const TABLE: &[Row] = &[
    Row { name: "lazaret-model", level: 0, may_use: &[] },
    Row { name: "lazaret-version", level: 0, may_use: &[] },
    Row { name: "lazaret-oci", level: 1, may_use: &["lazaret-model"] },
    Row { name: "lazaret-advisory", level: 1, may_use: &["lazaret-model", "lazaret-version"] },
    Row { name: "lazaret-store", level: 1, may_use: &["lazaret-model"] },
    Row { name: "lazaret-report", level: 1, may_use: &["lazaret-model"] },
    Row { name: "lazaret-source", level: 2, may_use: &["lazaret-model", "lazaret-oci"] },
    Row { name: "lazaret-inventory", level: 2, may_use: &["lazaret-model", "lazaret-oci"] },
    Row {
        name: "lazaret-assess",
        level: 3,
        may_use: &["lazaret-model", "lazaret-oci", "lazaret-inventory", "lazaret-advisory"],
    },
    Row {
        name: "lazaret-worker",
        level: 4,
        may_use: &[
            "lazaret-model",
            "lazaret-version",
            "lazaret-oci",
            "lazaret-source",
            "lazaret-advisory",
            "lazaret-store",
            "lazaret-report",
            "lazaret-inventory",
            "lazaret-assess",
        ],
    },
    Row {
        name: "lazaret-server",
        level: 4,
        may_use: &["lazaret-model", "lazaret-oci", "lazaret-store", "lazaret-report", "lazaret-assess"],
    },
    Row {
        name: "lazaret",
        level: 5,
        may_use: &[
            "lazaret-model",
            "lazaret-version",
            "lazaret-oci",
            "lazaret-source",
            "lazaret-advisory",
            "lazaret-store",
            "lazaret-report",
            "lazaret-inventory",
            "lazaret-assess",
            "lazaret-worker",
            "lazaret-server",
        ],
    },
    Row { name: "xtask", level: 5, may_use: &[] },
];
