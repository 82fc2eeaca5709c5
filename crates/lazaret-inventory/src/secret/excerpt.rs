//! What may be shown of a secret: how it begins, as far as all of its kind begin so, and how long it is.

use super::Kind;

/// From this length on, a few characters more help to find the secret and to replace it, and give nothing away.
const LONG: usize = 24;
const MORE: usize = 4;

/// `ghp_a1B2… (40 characters)`; of a password, the length alone.
pub(crate) fn excerpt(kind: &Kind, secret: &[u8]) -> String {
    let more = if secret.len() >= kind.public + LONG { MORE } else { 0 };
    let shown = secret.get(..kind.public + more).unwrap_or_default();
    let shown: String = shown.iter().filter(|b| b.is_ascii_graphic()).map(|b| char::from(*b)).collect();
    format!("{shown}… ({} characters)", secret.len())
}

#[cfg(test)]
mod tests {
    use lazaret_model::Severity;

    use super::*;

    #[test]
    fn little_is_shown() {
        let kind = Kind { id: "x", severity: Severity::High, what: "a token", public: 4 };
        assert_eq!(excerpt(&kind, b"ghp_a1B2c3D4e5F6g7H8i9J0k1L2m3N4"), "ghp_a1B2… (32 characters)");
        assert_eq!(excerpt(&kind, b"ghp_a1B2c3D4"), "ghp_… (12 characters)");
        let plain = Kind::plain("y", Severity::High, "a password");
        assert_eq!(excerpt(&plain, b"hunter2"), "… (7 characters)");
        assert_eq!(excerpt(&plain, "pässwörter\nüber viele Zeilen".as_bytes()), "ps… (31 characters)");
    }
}
