//! JSON that two readers must not understand differently. Go's `encoding/json`, which docker and containerd read
//! manifests and configurations with, matches keys without regard to case and lets the last one win; a document
//! that says `User` to us and `user` to them is refused here.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Deepest nesting that is accepted; `serde_json` itself stops at 128.
pub(crate) const MAX_DEPTH: usize = 127;

/// Whether no value is nested deeper than [`MAX_DEPTH`]. Says nothing about validity.
pub(crate) fn is_shallow(bytes: &[u8]) -> bool {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for byte in bytes {
        if in_string {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_string = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_string = true,
            b'[' | b'{' => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return false;
                }
            }
            b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    true
}

/// The keys of an object that have a meaning, each with the shape of its value. `"[]"` stands for every element
/// of a list.
#[derive(Debug)]
pub(crate) struct Shape(pub(crate) &'static [(&'static str, &'static Self)]);

/// A value whose inside has no meaning here.
pub(crate) const ANY: Shape = Shape(&[]);

/// Refuses a document in which a key that has a meaning is there twice, or in another case.
pub(crate) fn check_keys(bytes: &[u8], shape: &'static Shape) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    Walk(shape).deserialize(&mut json)?;
    json.end()
}

#[derive(Clone, Copy)]
struct Walk(&'static Shape);

impl<'de> DeserializeSeed<'de> for Walk {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.0.0.is_empty() {
            return deserializer.deserialize_ignored_any(IgnoredAny).map(drop);
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = vec![false; self.0.0.len()];
        while let Some(key) = map.next_key::<std::borrow::Cow<'de, str>>()? {
            let mut inner = &ANY;
            for (slot, (known, shape)) in seen.iter_mut().zip(self.0.0) {
                if *known == key {
                    if *slot {
                        return Err(A::Error::custom(format_args!("the key {known:?} is there twice")));
                    }
                    *slot = true;
                    inner = shape;
                } else if folds_to(&key, known) {
                    return Err(A::Error::custom(format_args!("the key {key:?} would be {known:?} to some readers")));
                }
            }
            map.next_value_seed(Self(inner))?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let inner = self.0.0.iter().find(|(key, _)| *key == "[]").map_or(&ANY, |(_, shape)| shape);
        while seq.next_element_seed(Self(inner))?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

/// Equal under Unicode simple folding, as far as it reaches ASCII: the long s and the Kelvin sign do.
fn folds_to(key: &str, known: &str) -> bool {
    let fold = |c: char| match c {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        c => c.to_ascii_lowercase(),
    };
    key.chars().map(fold).eq(known.chars().map(fold))
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: Shape = Shape(&[("User", &ANY), ("Links", &ANY)]);
    const LIST: Shape = Shape(&[("[]", &INNER)]);
    const OUTER: Shape = Shape(&[("config", &INNER), ("list", &LIST)]);

    #[test]
    fn depth() {
        assert!(is_shallow(br#"{"a":"[[[[","b":["\"[",{}]}"#));
        assert!(is_shallow("[".repeat(127).as_bytes()));
        assert!(!is_shallow("[".repeat(10_000).as_bytes()));
    }

    #[test]
    fn keys() {
        let check = |text: &str| check_keys(text.as_bytes(), &OUTER);
        check(r#"{"config":{"User":"1","other":{"USER":1}},"list":[{"User":[]},3,null],"x":[{"Config":1}]}"#).unwrap();
        for (bad, why) in [
            (r#"{"config":1,"config":2}"#, "twice"),
            (r#"{"Config":1}"#, "some readers"),
            (r#"{"config":{"user":"0"}}"#, "some readers"),
            (r#"{"list":[{"U\u017fer":"0"}]}"#, "some readers"),
            (r#"{"config":{"Lin\u212as":"0"}}"#, "some readers"),
            ("{} {}", "trailing"),
        ] {
            assert!(check(bad).unwrap_err().to_string().contains(why), "{bad}");
        }
    }
}
