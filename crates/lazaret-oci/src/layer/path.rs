//! Names of entries, from raw bytes to one normal form.

use crate::Limits;

/// Why a name is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Refused {
    /// A `..` component.
    Parent,
    /// A NUL inside.
    Nul,
    /// The root, but not a directory.
    Empty,
    TooLong,
    TooDeep,
}

impl Refused {
    pub(crate) fn is_limit(self) -> bool {
        matches!(self, Self::TooLong | Self::TooDeep)
    }

    pub(crate) fn message(self, limits: &Limits) -> String {
        match self {
            Self::Parent => "its path has a `..` component".to_owned(),
            Self::Nul => "its path has a NUL byte".to_owned(),
            Self::Empty => "it has no name".to_owned(),
            Self::TooLong => format!("its path is longer than {} bytes", limits.path_bytes),
            Self::TooDeep => format!("its path is deeper than {} components", limits.depth),
        }
    }
}

/// Writes the normal form into `out` (kept buffer): no leading `/`, no empty or `.` components.
pub(crate) fn normalise(raw: &[u8], limits: &Limits, out: &mut String) -> Result<(), Refused> {
    out.clear();
    if raw.len() > limits.path_bytes {
        return Err(Refused::TooLong);
    }
    let mut depth = 0_usize;
    for part in raw.split(|b| *b == b'/') {
        match part {
            b"" | b"." => continue,
            b".." => return Err(Refused::Parent),
            _ if part.contains(&0) => return Err(Refused::Nul),
            _ => {}
        }
        depth += 1;
        if depth > limits.depth {
            return Err(Refused::TooDeep);
        }
        if !out.is_empty() {
            out.push('/');
        }
        push_lossy(part, out);
    }
    Ok(())
}

/// Appends text; bytes that are no UTF-8 become `\xNN`, so that different names stay different.
pub(crate) fn push_lossy(raw: &[u8], out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for chunk in raw.utf8_chunks() {
        out.push_str(chunk.valid());
        for byte in chunk.invalid() {
            out.push_str("\\x");
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}

/// A name for messages: lossy and not longer than a line.
pub(crate) fn display(raw: &[u8]) -> String {
    let mut text = String::new();
    push_lossy(raw.get(..256).unwrap_or(raw), &mut text);
    if raw.len() > 256 {
        text.push_str("...");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(raw: &[u8]) -> Result<String, Refused> {
        let limits = Limits { path_bytes: 20, depth: 3, ..Limits::default() };
        let mut out = "old".to_owned();
        normalise(raw, &limits, &mut out).map(|()| out)
    }

    #[test]
    fn forms() {
        for (raw, wanted) in [
            (&b"./a/b"[..], "a/b"),
            (b"/a//./b/", "a/b"),
            (b"./", ""),
            (b"/", ""),
            (b"", ""),
            (b"..a/b..", "..a/b.."),
            ("é/ü".as_bytes(), "é/ü"),
            (b"a\xff\x80b", "a\\xff\\x80b"),
        ] {
            assert_eq!(normal(raw).as_deref(), Ok(wanted));
        }
        assert_eq!(normal(b"a/../b"), Err(Refused::Parent));
        assert_eq!(normal(b"/.."), Err(Refused::Parent));
        assert_eq!(normal(b"a\0b"), Err(Refused::Nul));
        assert_eq!(normal(b"a/b/c/d"), Err(Refused::TooDeep));
        assert_eq!(normal(&[b'a'; 21]), Err(Refused::TooLong));
    }
}
