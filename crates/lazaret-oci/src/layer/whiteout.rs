//! Whiteouts: how a layer removes what lower layers hold (OCI image-spec, layer.md, "Whiteouts").

/// What a whiteout entry does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whiteout<'a> {
    /// Removes this path, with all under it.
    Remove(String),
    /// Hides everything that lower layers hold in this directory (empty: the root).
    Opaque(&'a str),
}

/// The whiteout that an entry's (normalised) path stands for, if any. aufs' own bookkeeping
/// (`.wh..wh.plnk`, `.wh..wh.aufs`, ...) removes nothing.
pub fn of(path: &str) -> Option<Whiteout<'_>> {
    let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
    let hidden = name.strip_prefix(".wh.")?;
    if name == ".wh..wh..opq" {
        return Some(Whiteout::Opaque(directory));
    }
    if hidden.is_empty() || hidden.starts_with(".wh.") || hidden == "." || hidden == ".." {
        return None;
    }
    Some(Whiteout::Remove(if directory.is_empty() { hidden.to_owned() } else { format!("{directory}/{hidden}") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds() {
        assert_eq!(of("a/.wh.b"), Some(Whiteout::Remove("a/b".to_owned())));
        assert_eq!(of(".wh.b"), Some(Whiteout::Remove("b".to_owned())));
        assert_eq!(of("a/.wh..wh..opq"), Some(Whiteout::Opaque("a")));
        assert_eq!(of(".wh..wh..opq"), Some(Whiteout::Opaque("")));
        assert_eq!(of(".wh..hidden"), Some(Whiteout::Remove(".hidden".to_owned())));
        for not in ["a/b", "a/.wh.", "a/.wh..wh.plnk", "a/.wh..wh.aufs", "a.wh.b", "a/.wh...", ".wh.x/y"] {
            assert_eq!(of(not), None, "{not}");
        }
    }
}
