//! As much XML as build files need: elements, attributes, text. Document types and their entities are passed over, never
//! expanded.

use std::borrow::Cow;

/// What comes next.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Event<'a> {
    Start {
        name: &'a str,
        attributes: Vec<(&'a str, Cow<'a, str>)>,
        empty: bool,
    },
    End(&'a str),
    /// Trimmed; never empty.
    Text(Cow<'a, str>),
}

/// Events until the end, or until what is no XML.
pub(super) fn events(text: &str) -> impl Iterator<Item = Event<'_>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        loop {
            let at = rest.find('<')?;
            let before = rest[..at].trim();
            if !before.is_empty() {
                rest = &rest[at..];
                return Some(Event::Text(unescaped(before)));
            }
            rest = &rest[at + 1..];
            if let Some(comment) = rest.strip_prefix("!--") {
                rest = &comment[comment.find("-->")? + 3..];
            } else if let Some(data) = rest.strip_prefix("![CDATA[") {
                let end = data.find("]]>")?;
                rest = &data[end + 3..];
                let data = data[..end].trim();
                if !data.is_empty() {
                    return Some(Event::Text(Cow::Borrowed(data)));
                }
            } else if rest.starts_with(['!', '?']) {
                rest = &rest[rest.find('>')? + 1..];
            } else {
                let end = tag_end(rest)?;
                let tag = &rest[..end];
                rest = &rest[end + 1..];
                return Some(match tag.strip_prefix('/') {
                    Some(name) => Event::End(local(name.trim())),
                    None => start(tag),
                });
            }
        }
    })
}

/// The `>` that is in no attribute.
fn tag_end(text: &str) -> Option<usize> {
    let mut quote = None;
    for (at, byte) in text.bytes().enumerate() {
        match (quote, byte) {
            (Some(open), _) if byte == open => quote = None,
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'>') => return Some(at),
            _ => {}
        }
    }
    None
}

fn start(tag: &str) -> Event<'_> {
    let (tag, empty) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
    let end = tag.find(char::is_whitespace).unwrap_or(tag.len());
    let mut attributes = Vec::new();
    let mut rest = &tag[end..];
    while let Some((name, after)) = rest.split_once('=') {
        let after = after.trim_start();
        let Some(quote) = after.chars().next().filter(|c| matches!(c, '"' | '\'')) else { break };
        let Some((value, after)) = after[1..].split_once(quote) else { break };
        attributes.push((local(name.trim()), unescaped(value)));
        rest = after;
    }
    Event::Start { name: local(&tag[..end]), attributes, empty }
}

/// Without the prefix of a namespace.
fn local(name: &str) -> &str {
    name.rsplit_once(':').map_or(name, |(_, name)| name)
}

/// The five entities that XML has of its own.
fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&apos;", "'");
    Cow::Owned(text.replace("&amp;", "&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let text =
            "<?xml version='1'?><!DOCTYPE a [<!ENTITY x 'y'>]><a><!-- <b> --><n:b c=\"1>2\" d='&amp;x;'/> t &lt; </a>";
        let all: Vec<_> = events(text).collect();
        let b = Event::Start { name: "b", attributes: vec![("c", "1>2".into()), ("d", "&x;".into())], empty: true };
        assert!(all.contains(&b), "{all:?}");
        assert!(all.contains(&Event::Text("t <".into())) && all.contains(&Event::End("a")), "{all:?}");
        for cut in ["<a", "<!--", "<a b='", "<![CDATA[x", "a", "<", "<!"] {
            assert!(events(cut).count() <= 1, "{cut}");
        }
    }
}
