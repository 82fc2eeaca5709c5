//! PAX extended headers (POSIX.1-2001, pax, "pax Extended Header") and GNU's sparse records in them.

/// The records that say where an entry is and how far it reaches. Buffers are kept from entry to entry.
#[derive(Debug, Default)]
pub(super) struct Pax {
    /// Empty: not given.
    pub(super) path: Vec<u8>,
    pub(super) link: Vec<u8>,
    pub(super) size: Option<u64>,
    pub(super) sparse: PaxSparse,
}

/// GNU.sparse.*, versions 0.0, 0.1 and 1.0.
#[derive(Debug, Default)]
pub(super) struct PaxSparse {
    pub(super) major: Vec<u8>,
    pub(super) minor: Vec<u8>,
    pub(super) name: Vec<u8>,
    pub(super) real_size: Option<u64>,
    /// `offset,length,offset,length,...`; the pairs of version 0.0 are brought into the form of 0.1.
    pub(super) map: Vec<u8>,
}

impl Pax {
    pub(super) fn clear(&mut self) {
        self.path.clear();
        self.link.clear();
        self.size = None;
        self.sparse.major.clear();
        self.sparse.minor.clear();
        self.sparse.name.clear();
        self.sparse.real_size = None;
        self.sparse.map.clear();
    }

    /// Takes the records of one block; the last of a key wins. What was read before a fault is kept.
    pub(super) fn read(&mut self, mut block: &[u8]) -> Result<(), &'static str> {
        while !block.is_empty() {
            // Some writers pad with zeros inside the declared size.
            if block.iter().all(|b| *b == 0) {
                return Ok(());
            }
            let (key, value, rest) = record(block).ok_or("a PAX record is not valid")?;
            self.take(key, value)?;
            block = rest;
        }
        Ok(())
    }

    fn take(&mut self, key: &[u8], value: &[u8]) -> Result<(), &'static str> {
        let keep = |buffer: &mut Vec<u8>| {
            buffer.clear();
            buffer.extend_from_slice(value);
        };
        match key {
            b"path" => keep(&mut self.path),
            b"linkpath" => keep(&mut self.link),
            b"size" if value.is_empty() => self.size = None,
            b"size" => self.size = Some(decimal(value).ok_or("the size in a PAX record is not a number")?),
            b"GNU.sparse.major" => keep(&mut self.sparse.major),
            b"GNU.sparse.minor" => keep(&mut self.sparse.minor),
            b"GNU.sparse.name" => keep(&mut self.sparse.name),
            b"GNU.sparse.map" => keep(&mut self.sparse.map),
            b"GNU.sparse.size" | b"GNU.sparse.realsize" => {
                self.sparse.real_size = Some(decimal(value).ok_or("the size of a sparse file is not a number")?);
            }
            b"GNU.sparse.offset" | b"GNU.sparse.numbytes" => {
                if !self.sparse.map.is_empty() {
                    self.sparse.map.push(b',');
                }
                self.sparse.map.extend_from_slice(value);
            }
            _ => {}
        }
        Ok(())
    }
}

/// `"<length> <key>=<value>\n"`, length in decimal and of all of it. Key, value, what follows.
fn record(block: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = block.iter().take(20).position(|b| *b == b' ')?;
    let length = usize::try_from(decimal(&block[..space])?).ok()?;
    let body = block.get(space + 1..length)?.strip_suffix(b"\n")?;
    let equals = body.iter().position(|b| *b == b'=')?;
    let key = &body[..equals];
    (!key.is_empty()).then_some((key, &body[equals + 1..], &block[length..]))
}

/// Decimal digits only, up to 63 bits.
pub(super) fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    let mut value = 0_u64;
    for byte in text {
        let digit = byte.checked_sub(b'0').filter(|d| *d < 10)?;
        value = value.checked_mul(10)?.checked_add(u64::from(digit))?;
    }
    i64::try_from(value).is_ok().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        let mut pax = Pax::default();
        pax.read(b"30 mtime=1350244992.023960108\n13 path=a=b\n\n10 size=7\n17 linkpath=other\n\0\0").unwrap_err();
        pax.clear();
        pax.read(b"30 mtime=1350244992.023960108\n12 path=a=b\n9 size=7\n18 linkpath=other\n\0\0").unwrap();
        assert_eq!((pax.path.as_slice(), pax.size, pax.link.as_slice()), (&b"a=b"[..], Some(7), &b"other"[..]));
        pax.read(b"9 size=8\n8 size=\n").unwrap();
        assert_eq!(pax.size, None);
        for bad in [
            &b"x"[..],
            b"5 a\n",
            b"0 a=b\n",
            b"99 path=a\n",
            b"6 a=b\n!",
            b"11 path=ab!",
            b"99999999999999999999 a=b\n",
            b"10 size=-1\n",
            b"10 size=0x\n",
            b"5 =b\n",
        ] {
            assert!(Pax::default().read(bad).is_err(), "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn sparse_pairs_become_a_map() {
        let mut pax = Pax::default();
        pax.read(
            b"23 GNU.sparse.offset=1\n25 GNU.sparse.numbytes=2\n23 GNU.sparse.offset=9\n25 GNU.sparse.numbytes=0\n",
        )
        .unwrap();
        assert_eq!(pax.sparse.map, b"1,2,9,0");
    }
}
