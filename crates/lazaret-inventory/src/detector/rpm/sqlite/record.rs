//! A line of a table: the types of its columns, then their values.

/// A number of one to nine bytes, seven bits in each, eight in the ninth. Gives the bytes that it takes, too.
pub(super) fn varint(bytes: &[u8]) -> Option<(u64, usize)> {
    let mut value = 0_u64;
    for (index, byte) in bytes.iter().take(9).enumerate() {
        if index == 8 {
            return Some((value << 8 | u64::from(*byte), 9));
        }
        value = value << 7 | u64::from(byte & 0x7f);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// Type and bytes of a column.
fn column(record: &[u8], wanted: usize) -> Option<(u64, &[u8])> {
    let (header, start) = varint(record)?;
    let header = usize::try_from(header).ok()?;
    let mut types = record.get(start..header)?;
    let mut at = header;
    for index in 0.. {
        let (kind, length) = varint(types)?;
        types = types.get(length..)?;
        let size = match kind {
            0 | 8 | 9 => 0,
            1..=4 => kind,
            5 => 6,
            6 | 7 => 8,
            10 | 11 => return None,
            _ => (kind - 12) / 2,
        };
        let end = at.checked_add(usize::try_from(size).ok()?)?;
        let value = record.get(at..end)?;
        if index == wanted {
            return Some((kind, value));
        }
        at = end;
    }
    None
}

pub(crate) fn text(record: &[u8], wanted: usize) -> Option<&str> {
    let (kind, value) = column(record, wanted)?;
    if kind >= 13 && kind % 2 == 1 { std::str::from_utf8(value).ok() } else { None }
}

pub(super) fn blob(record: &[u8], wanted: usize) -> Option<&[u8]> {
    let (kind, value) = column(record, wanted)?;
    (kind >= 12 && kind % 2 == 0).then_some(value)
}

pub(crate) fn integer(record: &[u8], wanted: usize) -> Option<i64> {
    let (kind, value) = column(record, wanted)?;
    match kind {
        8 => Some(0),
        9 => Some(1),
        1..=6 => {
            let negative = value.first().is_some_and(|byte| byte & 0x80 != 0);
            Some(value.iter().fold(if negative { -1 } else { 0 }, |number: i64, byte| number << 8 | i64::from(*byte)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!(varint(&[0x7f]), Some((127, 1)));
        assert_eq!(varint(&[0x81, 0]), Some((128, 2)));
        assert_eq!(varint(&[0xff; 9]), Some((u64::MAX, 9)));
        assert_eq!(varint(&[0xff; 8]), None);
        assert_eq!(varint(&[]), None);
    }

    #[test]
    fn columns() {
        // NULL, -2 in one byte, 1 without a byte, "ab", a blob of one byte
        let record = [6, 0, 1, 9, 17, 14, 0xfe, b'a', b'b', 7];
        assert_eq!((integer(&record, 1), integer(&record, 2)), (Some(-2), Some(1)));
        assert_eq!((text(&record, 3), blob(&record, 4)), (Some("ab"), Some(&[7][..])));
        assert_eq!((text(&record, 0), blob(&record, 3), integer(&record, 5)), (None, None, None));
        assert_eq!(blob(&record[..9], 4), None);
    }
}
