//! Checks of a token's inner structure: what no random text passes.

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};

/// Padding may be there or not, and the last bits may be anything.
const LAX: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const PLAIN: GeneralPurpose = GeneralPurpose::new(&STANDARD, LAX);
const URL: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LAX);

/// What a rule may ask of a secret.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Check {
    /// Lower case, upper case and digits.
    Mixed,
    /// The same, or hexadecimal with letters and digits.
    MixedOrHex,
    /// At least two digits.
    Digits,
    /// The last six characters are the CRC-32 of those after the prefix (GitHub, npm), in base 62.
    Base62Crc32,
    /// Base64 of `user:password`, both printable.
    BasicAuth,
    /// Base64 of something printable.
    Base64Text,
    /// First part is a JSON object that names an algorithm.
    JsonWebToken,
    /// Enough base64 for a key, and no placeholder.
    KeyBody,
    /// Base64 of a PEM private key.
    EncodedKey,
}

impl Check {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "mixed" => Self::Mixed,
            "mixed_or_hex" => Self::MixedOrHex,
            "digits" => Self::Digits,
            "base62_crc32" => Self::Base62Crc32,
            "basic_auth" => Self::BasicAuth,
            "base64_text" => Self::Base64Text,
            "json_web_token" => Self::JsonWebToken,
            "key_body" => Self::KeyBody,
            "encoded_key" => Self::EncodedKey,
            _ => return None,
        })
    }

    pub(crate) fn passes(self, secret: &[u8]) -> bool {
        match self {
            Self::Mixed => is_mixed(secret),
            Self::MixedOrHex => is_mixed(secret) || is_hex(secret),
            Self::Digits => secret.iter().filter(|b| b.is_ascii_digit()).count() >= 2,
            Self::Base62Crc32 => has_checksum(secret),
            Self::BasicAuth => is_basic_auth(secret),
            Self::Base64Text => PLAIN.decode(secret).is_ok_and(|text| text.len() >= 4 && is_printable(&text)),
            Self::JsonWebToken => is_json_web_token(secret),
            Self::KeyBody => is_key_body(secret),
            Self::EncodedKey => {
                let text = PLAIN.decode(secret.get(..secret.len().min(120) / 4 * 4).unwrap_or_default());
                text.is_ok_and(|text| memchr::memmem::find(&text, b"PRIVATE KEY-----").is_some())
            }
        }
    }
}

/// Bits per byte.
pub(crate) fn entropy(bytes: &[u8]) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let all = f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let share = |count: &u32| f64::from(*count) / all;
    -counts.iter().filter(|count| **count > 0).map(|count| share(count) * share(count).log2()).sum::<f64>()
}

pub(crate) fn is_mixed(secret: &[u8]) -> bool {
    secret.iter().any(u8::is_ascii_lowercase)
        && secret.iter().any(u8::is_ascii_uppercase)
        && secret.iter().any(u8::is_ascii_digit)
}

pub(crate) fn is_hex(secret: &[u8]) -> bool {
    secret.len() >= 32
        && secret.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
        && secret.iter().any(u8::is_ascii_digit)
        && secret.iter().any(u8::is_ascii_lowercase)
}

/// <https://github.blog/engineering/behind-githubs-new-authentication-token-formats/>: 30 random characters, then 6 of
/// checksum.
fn has_checksum(token: &[u8]) -> bool {
    let Some(after) = token.iter().position(|b| *b == b'_').map(|at| &token[at + 1..]) else { return false };
    let Some((random, sum)) = after.split_at_checked(30) else { return false };
    sum.len() == 6 && sum == base62(crc32(random))
}

/// Digits, upper case, lower case; six characters.
pub(super) fn base62(mut number: u32) -> [u8; 6] {
    const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let mut text = [b'0'; 6];
    for place in text.iter_mut().rev() {
        *place = DIGITS[(number % 62) as usize];
        number /= 62;
    }
    text
}

/// As in zip and PNG; a few bytes, so bit by bit.
pub(super) fn crc32(bytes: &[u8]) -> u32 {
    let step = |sum: u32| (sum >> 1) ^ (0xedb8_8320 & (sum & 1).wrapping_neg());
    !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), |sum, _| step(sum)))
}

fn is_printable(text: &[u8]) -> bool {
    std::str::from_utf8(text).is_ok_and(|text| text.chars().all(|c| !c.is_control()))
}

fn is_basic_auth(secret: &[u8]) -> bool {
    let Ok(text) = PLAIN.decode(secret) else { return false };
    let Some(at) = memchr::memchr(b':', &text) else { return false };
    at > 0 && text.len() > at + 2 && is_printable(&text) && !super::allow::is_placeholder(&text[at + 1..])
}

fn is_json_web_token(token: &[u8]) -> bool {
    let Some(head) = token.split(|b| *b == b'.').next() else { return false };
    let object = URL.decode(head).ok().and_then(|text| serde_json::from_slice::<serde_json::Value>(&text).ok());
    object.is_some_and(|object| object.get("alg").is_some_and(|alg| alg.is_string() && alg != "none"))
}

/// A key has at least 32 bytes; its base64 is neither one letter again and again nor a row of dots.
fn is_key_body(body: &[u8]) -> bool {
    let letters: Vec<u8> = body.iter().copied().filter(u8::is_ascii_alphanumeric).take(400).collect();
    letters.len() >= 40 && entropy(&letters) >= 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checksums() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(&base62(61), b"00000z");
        let random = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5";
        let sum = base62(crc32(random.as_bytes()));
        let token = format!("ghp_{random}{}", String::from_utf8_lossy(&sum));
        assert!(Check::Base62Crc32.passes(token.as_bytes()));
        assert!(!Check::Base62Crc32.passes(format!("ghp_{random}abcdef").as_bytes()));
        assert!(!Check::Base62Crc32.passes(b"ghp_short"));
    }

    #[test]
    fn structure() {
        assert!(Check::BasicAuth.passes(PLAIN.encode("app:s3cr3t-v4lue").as_bytes()));
        assert!(!Check::BasicAuth.passes(PLAIN.encode("user:password").as_bytes()));
        assert!(!Check::BasicAuth.passes(PLAIN.encode([1, 2, b':', 9, 200, 7]).as_bytes()));
        assert!(!Check::BasicAuth.passes(b"QUJDREVGR0g="));
        let head = URL.encode(r#"{"alg":"HS256"}"#);
        assert!(Check::JsonWebToken.passes(format!("{head}.x.y").as_bytes()));
        assert!(!Check::JsonWebToken.passes(format!("{}.x.y", URL.encode(r#"{"alg":"none"}"#)).as_bytes()));
        assert!(!Check::JsonWebToken.passes(b"eyJhbGciOi!.x.y"));
        assert!(!Check::KeyBody.passes("A".repeat(200).as_bytes()));
        assert!(entropy(b"aaaa") < 0.1 && entropy(b"abcdefgh") > 2.9);
        assert!(entropy(b"").is_nan() || entropy(b"") == 0.0);
    }
}
