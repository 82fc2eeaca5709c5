//! What the matrix is asked with.

/// What the caller may do in the repository, bindings of now and token taken together.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Rights {
    pub pull: bool,
    pub read_unapproved: bool,
}

/// How a blob stands to a repository.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Reach {
    /// Not in this repository, whatever others hold.
    Absent,
    /// In this repository, in no manifest of it at all: a push is under way, or its manifest was deleted.
    Loose,
    /// In this repository, in no manifest of it that is served.
    Unserved,
    /// Config or layer of a served manifest of this repository.
    Served,
}

impl Reach {
    pub const ALL: [Self; 4] = [Self::Absent, Self::Loose, Self::Unserved, Self::Served];
}
