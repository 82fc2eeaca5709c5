//! Just enough of Erlang's terms for `{application, Name, [{vsn, "1.0"}, {licenses, ["MIT"]}, ...]}.`

/// What a resource file says.
#[derive(Default, PartialEq, Eq, Debug)]
pub(super) struct Application {
    pub(super) name: String,
    /// As written; empty where it is no text.
    pub(super) version: String,
    pub(super) licenses: Vec<String>,
}

/// Licences that one application may state.
const MAX_LICENSES: usize = 32;

impl Application {
    /// `None` where the text does not begin as such a file does.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut tokens = Tokens { rest: text.trim_start_matches('\u{feff}') };
        let mut expect = |wanted: &Token| (tokens.next_token()? == *wanted).then_some(());
        expect(&Token::Sign('{'))?;
        expect(&Token::Atom("application".to_owned()))?;
        expect(&Token::Sign(','))?;
        let Some(Token::Atom(name)) = tokens.next_token() else { return None };
        let mut found = Self { name, ..Self::default() };
        // opening signs before the token; the properties are tuples in the list in the tuple
        let mut depth = 1_usize;
        let mut key = String::new();
        let mut at_key = false;
        while let Some(token) = tokens.next_token() {
            match token {
                Token::Sign('{' | '[' | '(') => {
                    depth += 1;
                    at_key = depth == 3;
                    if at_key {
                        key.clear();
                    }
                    continue;
                }
                Token::Sign('}' | ']' | ')') => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        break;
                    }
                }
                Token::Atom(atom) if at_key => key = atom,
                Token::Text(text) => match (key.as_str(), depth) {
                    ("vsn", 3) if found.version.is_empty() => found.version = text,
                    ("licenses", 4) if found.licenses.len() < MAX_LICENSES => found.licenses.push(text),
                    _ => {}
                },
                _ => {}
            }
            at_key = false;
        }
        Some(found)
    }
}

#[derive(PartialEq, Eq, Debug)]
enum Token {
    Sign(char),
    Atom(String),
    /// `"x"`; Elixir writes binaries, `<<"x">>`, whose angles are signs.
    Text(String),
    Other,
}

struct Tokens<'a> {
    rest: &'a str,
}

impl Tokens<'_> {
    fn next_token(&mut self) -> Option<Token> {
        loop {
            self.rest = self.rest.trim_start();
            match self.rest.strip_prefix('%') {
                Some(comment) => self.rest = comment.find('\n').map_or("", |end| &comment[end..]),
                None => break,
            }
        }
        let first = self.rest.chars().next()?;
        match first {
            '"' | '\'' => {
                let text = self.quoted(first);
                Some(if first == '"' { Token::Text(text) } else { Token::Atom(text) })
            }
            'a'..='z' => Some(Token::Atom(self.word())),
            'A'..='Z' | '_' | '0'..='9' => {
                self.word();
                Some(Token::Other)
            }
            sign => {
                self.rest = &self.rest[sign.len_utf8()..];
                Some(Token::Sign(sign))
            }
        }
    }

    fn word(&mut self) -> String {
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '@';
        let end = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word.to_owned()
    }

    /// To the closing quote; of an escape the character itself is kept.
    fn quoted(&mut self, quote: char) -> String {
        let mut text = String::new();
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            if c == quote {
                self.rest = &self.rest[at + quote.len_utf8()..];
                return text;
            }
            text.push(if c == '\\' { chars.next().map_or('\\', |(_, c)| c) } else { c });
        }
        self.rest = "";
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(String, String, String)> {
        Application::read(text).map(|a| (a.name, a.version, a.licenses.join("|")))
    }

    fn of(name: &str, version: &str, licenses: &str) -> (String, String, String) {
        (name.to_owned(), version.to_owned(), licenses.to_owned())
    }

    #[test]
    fn forms() {
        assert_eq!(read("%% x {\n{application, 'a-b', [{vsn, \"1.0\"}]}."), Some(of("a-b", "1.0", "")));
        assert_eq!(
            read("{application,a,[{description,\"{vsn, \\\"9\\\"}\"},{vsn,\"1.0\"}]}."),
            Some(of("a", "1.0", ""))
        );
        assert_eq!(read("{application,a,[{env,[{vsn,\"9\"}]},{vsn,\"1.0\"}]}."), Some(of("a", "1.0", "")));
        assert_eq!(read("{application,a,[{licenses,[\"MIT\",\"BSD\"]},{vsn,\"1\"}]}."), Some(of("a", "1", "MIT|BSD")));
        assert_eq!(read("{application,a,[{licenses,[<<\"MIT\">>]}]}."), Some(of("a", "", "MIT")));
        assert_eq!(read("{application,a,[{vsn,git}]}."), Some(of("a", "", "")));
        assert_eq!(read("{application,a,[{vsn,\"1.0"), Some(of("a", "1.0", "")));
    }

    #[test]
    fn what_is_none() {
        for bad in ["", "{", "[]", "{application}", "{application,1,[]}", "{release,{\"a\",\"1\"}}", "\"", "%"] {
            assert_eq!(read(bad), None, "{bad}");
        }
        assert_eq!(read(&format!("{{application,a,{}", "[".repeat(100_000))), Some(of("a", "", "")));
        assert_eq!(read(&format!("{{application,a,{}", "]".repeat(100_000))), Some(of("a", "", "")));
    }
}
