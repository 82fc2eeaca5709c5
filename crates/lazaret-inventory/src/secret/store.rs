//! Files that hold private keys in a form of their own, known by their first bytes.

/// Longest store that is read; real ones have some kilobytes.
pub(crate) const MAX_STORE: u64 = 4 << 20;

/// Whether the head may be that of a store.
pub(crate) fn may_be_store(head: &[u8]) -> bool {
    head.starts_with(JKS) || head.starts_with(JCEKS) || head.starts_with(KEEPASS) || is_pkcs12(head) || is_pkcs8(head)
}

/// What the file holds, for people; `None` for what has certificates alone, or no key.
pub(crate) fn key_store(bytes: &[u8]) -> Option<&'static str> {
    if bytes.starts_with(JKS) || bytes.starts_with(JCEKS) {
        return has_java_key(bytes).then_some("a Java key store");
    }
    if bytes.starts_with(KEEPASS) {
        return Some("a KeePass database");
    }
    if is_pkcs12(bytes) {
        let has = |bag: &[u8]| memchr::memmem::find(bytes, bag).is_some();
        return (has(KEY_BAG) || has(SHROUDED_KEY_BAG)).then_some("a PKCS #12 file");
    }
    is_pkcs8(bytes).then_some("a private key in DER")
}

const JKS: &[u8] = &[0xfe, 0xed, 0xfe, 0xed];
const JCEKS: &[u8] = &[0xce, 0xce, 0xce, 0xce];
const KEEPASS: &[u8] = &[0x03, 0xd9, 0xa2, 0x9a];
/// 1.2.840.113549.1.12.10.1.1 and .2, as DER (RFC 7292, appendix D).
const KEY_BAG: &[u8] = &[0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x01];
const SHROUDED_KEY_BAG: &[u8] = &[0x06, 0x0b, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x0c, 0x0a, 0x01, 0x02];

/// A sequence that begins with version 3.
fn is_pkcs12(bytes: &[u8]) -> bool {
    inside_sequence(bytes).is_some_and(|inside| inside.starts_with(&[0x02, 0x01, 0x03, 0x30]))
}

/// Version 0, then the algorithm RSA or an elliptic curve (RFC 5208).
fn is_pkcs8(bytes: &[u8]) -> bool {
    const RSA: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
    const CURVE: &[u8] = &[0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
    let Some(inside) = inside_sequence(bytes).and_then(|inside| inside.strip_prefix(&[0x02, 0x01, 0x00])) else {
        return false;
    };
    inside_sequence(inside).is_some_and(|algorithm| algorithm.starts_with(RSA) || algorithm.starts_with(CURVE))
}

/// What follows the header of a DER sequence, also one of indefinite length.
fn inside_sequence(bytes: &[u8]) -> Option<&[u8]> {
    let (tag, rest) = bytes.split_first()?;
    let (length, rest) = rest.split_first()?;
    let more = if length & 0x80 != 0 { usize::from(length & 0x7f) } else { 0 };
    (*tag == 0x30 && more <= 4).then(|| rest.get(more..)).flatten()
}

/// Walks the entries: 1 is a private key, 2 a certificate, 3 a secret key.
fn has_java_key(bytes: &[u8]) -> bool {
    let mut reader = Reader(bytes.get(8..).unwrap_or_default());
    let Some(count) = reader.number() else { return false };
    for _ in 0..count {
        match reader.number() {
            Some(1 | 3) => return true,
            Some(2) => {
                let walked = reader.text().and_then(|()| reader.skip(8)).and_then(|()| reader.text());
                let Some(length) = walked.and_then(|()| reader.number()) else { return false };
                if reader.skip(length as usize).is_none() {
                    return false;
                }
            }
            _ => return false,
        }
    }
    false
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn number(&mut self) -> Option<u32> {
        let (number, rest) = self.0.split_first_chunk::<4>()?;
        self.0 = rest;
        Some(u32::from_be_bytes(*number))
    }

    fn text(&mut self) -> Option<()> {
        let (length, rest) = self.0.split_first_chunk::<2>()?;
        self.0 = rest;
        self.skip(usize::from(u16::from_be_bytes(*length)))
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        self.0 = self.0.get(count..)?;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Magic, version 2, one entry.
    fn java(tag: u8) -> Vec<u8> {
        let mut bytes = [JKS, &[0, 0, 0, 2, 0, 0, 0, 2]].concat();
        bytes.extend([
            0, 0, 0, 2, 0, 1, b'a', 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, b'X', b'.', b'5', b'0', b'9', 0, 0, 0, 2, 1, 2,
        ]);
        bytes
            .extend([0, 0, 0, tag, 0, 1, b'b', 0, 0, 0, 0, 0, 0, 0, 0, 0, 5, b'X', b'.', b'5', b'0', b'9', 0, 0, 0, 0]);
        bytes
    }

    #[test]
    fn keys_not_certificates() {
        assert_eq!(key_store(&java(1)), Some("a Java key store"));
        assert_eq!(key_store(&java(2)), None);
        assert_eq!(key_store(&java(1)[..20]), None);
        let mut trusted = JKS.to_vec();
        trusted.extend([0, 0, 0, 2, 0xff, 0xff, 0xff, 0xff]);
        assert_eq!(key_store(&trusted), None);
        let p12 = |bag: &[u8]| [&[0x30, 0x82, 1, 0, 2, 1, 3, 0x30, 0x80][..], bag].concat();
        assert_eq!(key_store(&p12(SHROUDED_KEY_BAG)), Some("a PKCS #12 file"));
        assert_eq!(key_store(&p12(b"certificates")), None);
        let rsa = [0x30, 0x82, 4, 0xbd, 2, 1, 0, 0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];
        assert!(may_be_store(&rsa));
        assert_eq!(key_store(&rsa), Some("a private key in DER"));
        assert_eq!(key_store(&rsa[..10]), None);
        assert_eq!(key_store(KEEPASS), Some("a KeePass database"));
        assert_eq!(key_store(b"\x7fELF"), None);
    }
}
