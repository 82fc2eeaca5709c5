//! PHP's `serialize`: `a:1:{s:4:"name";s:4:"Mail";}`. Read value by value, nothing is built.

use std::borrow::Cow;

/// Arrays in arrays; PEAR's entries have six.
const MAX_DEPTH: usize = 64;

pub(super) enum Event<'a> {
    /// A text, with the keys of the arrays that hold it, outermost first.
    Text {
        keys: &'a [String],
        value: Cow<'a, str>,
    },
    Other,
}

enum Value<'a> {
    Text(&'a [u8]),
    /// A number, nothing, or the beginning of an array.
    Other,
}

pub(super) struct Reader<'a> {
    rest: &'a [u8],
    /// Of each open array the key at which it is.
    keys: Vec<String>,
    /// Of each open array the number of entries that are to come.
    left: Vec<u64>,
    failed: bool,
    started: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes, keys: Vec::new(), left: Vec::new(), failed: false, started: false }
    }

    /// Whether the one value that the bytes are was read to its end.
    pub(super) fn is_done(&self) -> bool {
        self.started && !self.failed && self.left.is_empty()
    }

    pub(super) fn next_event(&mut self) -> Option<Event<'_>> {
        let value = self.step();
        match value {
            None => {
                self.failed |= !self.is_done();
                None
            }
            Some(Value::Other) => Some(Event::Other),
            Some(Value::Text(text)) => Some(Event::Text { keys: &self.keys, value: String::from_utf8_lossy(text) }),
        }
    }

    /// `None` at the end, and where what comes is not understood.
    fn step(&mut self) -> Option<Value<'a>> {
        if self.failed {
            return None;
        }
        while let Some(left) = self.left.last_mut() {
            if *left > 0 {
                *left -= 1;
                let key = self.key()?;
                if let Some(last) = self.keys.last_mut() {
                    *last = key;
                }
                return self.value();
            }
            self.sign(b'}')?;
            self.left.pop();
            self.keys.pop();
        }
        if std::mem::replace(&mut self.started, true) {
            return None;
        }
        let value = self.value();
        self.failed |= value.is_none();
        value
    }

    fn key(&mut self) -> Option<String> {
        match self.kind()? {
            b's' => {
                let text = self.text()?;
                Some(String::from_utf8_lossy(&text[..text.len().min(1024)]).into_owned())
            }
            b'i' => {
                let (number, rest) = split(self.rest, b';')?;
                self.rest = rest;
                Some(String::from_utf8_lossy(&number[..number.len().min(24)]).into_owned())
            }
            _ => None,
        }
    }

    fn value(&mut self) -> Option<Value<'a>> {
        match self.kind()? {
            b's' => Some(Value::Text(self.text()?)),
            b'a' => {
                let count = self.number(b':')?;
                self.sign(b'{')?;
                if self.left.len() >= MAX_DEPTH {
                    return None;
                }
                self.left.push(count);
                self.keys.push(String::new());
                Some(Value::Other)
            }
            b'N' => Some(Value::Other),
            b'i' | b'b' | b'd' => {
                self.rest = split(self.rest, b';')?.1;
                Some(Value::Other)
            }
            // objects and references are in no registry
            _ => None,
        }
    }

    /// The letter and the sign behind it.
    fn kind(&mut self) -> Option<u8> {
        let (kind, rest) = self.rest.split_first()?;
        let (sign, rest) = rest.split_first()?;
        let wanted = if *kind == b'N' { b';' } else { b':' };
        self.rest = rest;
        (*sign == wanted).then_some(*kind)
    }

    /// `4:"name";`
    fn text(&mut self) -> Option<&'a [u8]> {
        let length = usize::try_from(self.number(b':')?).ok()?;
        self.sign(b'"')?;
        let (text, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        self.sign(b'"')?;
        self.sign(b';')?;
        Some(text)
    }

    fn number(&mut self, end: u8) -> Option<u64> {
        let (digits, rest) = split(self.rest, end)?;
        self.rest = rest;
        std::str::from_utf8(digits).ok()?.parse().ok()
    }

    fn sign(&mut self, sign: u8) -> Option<()> {
        self.rest = self.rest.strip_prefix(&[sign])?;
        Some(())
    }
}

/// Before and after the first of a sign, which is not far.
fn split(bytes: &[u8], sign: u8) -> Option<(&[u8], &[u8])> {
    let at = memchr::memchr(sign, &bytes[..bytes.len().min(64)])?;
    Some((&bytes[..at], &bytes[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (String, bool) {
        let mut reader = Reader::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(event) = reader.next_event() {
            if let Event::Text { keys, value } = event {
                all.push(format!("{}={value}", keys.join(".")));
            }
        }
        (all.join(" "), reader.is_done())
    }

    #[test]
    fn values() {
        let text = r#"a:4:{s:1:"a";s:2:"é";i:7;a:1:{s:1:"b";s:1:"c";}s:1:"n";N;s:1:"d";d:0.5;}"#;
        assert_eq!(read(text), ("a=é 7.b=c".to_owned(), true));
        assert_eq!(read(r#"s:3:"a"b";"#), ("=a\"b".to_owned(), true));
        assert_eq!(read("a:0:{}"), (String::new(), true));
        assert_eq!(read(r#"a:1:{s:1:"a";b:1;}"#), (String::new(), true));
    }

    #[test]
    fn what_is_not_understood_ends_it() {
        for bad in ["", "a", "a:", "a:1:{", "a:1:{}", "s:3:\"ab\";", "O:1:\"A\":0:{}", "a:1:{a:0:{}N;}", "x;"] {
            assert!(!read(bad).1, "{bad}");
        }
        assert!(!read(&"a:1:{i:0;".repeat(1000)).1);
    }
}
