//! Licences as SPDX expressions (<https://spdx.github.io/spdx-spec/v2.3/SPDX-license-expressions/>), from what package
//! databases and language packages write: short names of Fedora, SUSE and Debian, Portage's groups, trove classifiers,
//! `GPL (>= 2)` of R, and plain English. What is not understood keeps its words as a `LicenseRef-`; nothing is guessed.
//!
//! A GPL without a version is any version, as the licence itself says of that case. `BSD` and `Apache` alone name
//! several licences, so that they stay references.

use std::collections::BTreeSet;

mod alias;
mod name;
mod text;

pub use text::of_text;

/// Bytes of an expression; the longest real ones (texlive) have some hundred.
const MAX_BYTES: usize = 4 << 10;
const MAX_DEPTH: usize = 16;

/// The expression that a field of a package says; `None` where it says nothing.
pub fn normalise(field: &str) -> Option<String> {
    Some(parse(field)?.to_string())
}

/// The expression of several fields that all hold.
pub fn all_of<'a>(fields: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let nodes: Vec<_> = fields.into_iter().filter_map(parse).collect();
    (!nodes.is_empty()).then(|| Node::all(nodes).to_string())
}

/// The expression of several fields of which one may be chosen.
pub fn any_of<'a>(fields: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let nodes: Vec<_> = fields.into_iter().filter_map(parse).collect();
    (!nodes.is_empty()).then(|| Node::any(nodes).to_string())
}

fn parse(field: &str) -> Option<Node> {
    let field = field.trim();
    let field = &field[..field.floor_char_boundary(MAX_BYTES)];
    if name::is_nothing(field) {
        return None;
    }
    let plain = name::with_plus(field);
    if let Some(id) = name::known(&plain) {
        return Some(Node::one(id));
    }
    let tokens = tokens(&plain);
    let mut parser = Parser { tokens: &tokens, at: 0, depth: 0 };
    let mut nodes = Vec::new();
    while parser.at < tokens.len() {
        match parser.list() {
            Some(node) => nodes.push(node),
            // an operator or a parenthesis without its other side
            None => parser.at += 1,
        }
    }
    (!nodes.is_empty()).then(|| Node::all(nodes))
}

/// An expression; lists have no duplicates and no lists of their own kind.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Node {
    One(String),
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Node {
    /// Of a text that may be an expression itself, as aliases are.
    fn one(id: impl Into<String>) -> Self {
        let id = id.into();
        match id.split_once(" OR ") {
            Some((left, right)) => Self::any(vec![Self::One(left.to_owned()), Self::one(right)]),
            None => match id.split_once(" AND ") {
                Some((left, right)) => Self::all(vec![Self::One(left.to_owned()), Self::one(right)]),
                None => Self::One(id),
            },
        }
    }

    fn all(nodes: Vec<Self>) -> Self {
        let flat = nodes.into_iter().flat_map(|node| if let Self::All(nodes) = node { nodes } else { vec![node] });
        Self::distinct(flat, Self::All)
    }

    fn any(nodes: Vec<Self>) -> Self {
        let flat = nodes.into_iter().flat_map(|node| if let Self::Any(nodes) = node { nodes } else { vec![node] });
        Self::distinct(flat, Self::Any)
    }

    fn distinct(nodes: impl Iterator<Item = Self>, list: fn(Vec<Self>) -> Self) -> Self {
        let mut seen = BTreeSet::new();
        let mut nodes: Vec<_> = nodes.filter(|node| seen.insert(node.to_string())).collect();
        if nodes.len() == 1 { nodes.remove(0) } else { list(nodes) }
    }
}

impl std::fmt::Display for Node {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (nodes, between) = match self {
            Self::One(id) => return f.write_str(id),
            Self::All(nodes) => (nodes, " AND "),
            Self::Any(nodes) => (nodes, " OR "),
        };
        for (index, node) in nodes.iter().enumerate() {
            if index > 0 {
                f.write_str(between)?;
            }
            // AND binds closer; the parentheses that are not needed are not written
            if matches!((self, node), (Self::All(_), Self::Any(_))) {
                write!(f, "({node})")?;
            } else {
                write!(f, "{node}")?;
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token<'a> {
    Open,
    Close,
    Comma,
    And,
    Or,
    With,
    Word(&'a str),
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    for spaced in text.split_whitespace() {
        // a web address is one word, a known name with a slash too
        if spaced.contains("://") || (spaced.contains('/') && name::known(spaced).is_some()) {
            tokens.push(Token::Word(spaced));
            continue;
        }
        let mut rest = spaced;
        while let Some(first) = rest.chars().next() {
            let end = rest.find(['(', ')', ',', ';', '|', '&', '/']).unwrap_or(rest.len());
            if end > 0 {
                tokens.push(word(&rest[..end]));
                rest = &rest[end..];
                continue;
            }
            tokens.push(match first {
                '(' => Token::Open,
                ')' => Token::Close,
                '&' => Token::And,
                '|' | '/' => Token::Or,
                _ => Token::Comma,
            });
            rest = rest[first.len_utf8()..].trim_start_matches(['|', '&']);
        }
    }
    tokens
}

fn word(text: &str) -> Token<'_> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("and") {
        Token::And
    } else if is("or") {
        Token::Or
    } else if is("with") || is("w") {
        Token::With
    } else {
        Token::Word(text)
    }
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn peek(&self) -> Option<Token<'a>> {
        self.tokens.get(self.at).copied()
    }

    fn take(&mut self, token: Token<'_>) -> bool {
        let is = self.peek() == Some(token);
        self.at += usize::from(is);
        is
    }

    /// A comma binds least, as Debian has it: `GPL-2 or MIT, and BSD-2-clause`.
    fn list(&mut self) -> Option<Node> {
        let mut nodes = vec![self.choice()?];
        while self.take(Token::Comma) {
            let _ = self.take(Token::And) || self.take(Token::Or);
            nodes.extend(self.choice());
        }
        Some(Node::all(nodes))
    }

    fn choice(&mut self) -> Option<Node> {
        // Portage writes the operator first: `|| ( GPL-2 MIT )` is a choice of what the parentheses list
        if self.take(Token::Or) {
            let inner = self.factor()?;
            let Node::All(nodes) = inner else { return Some(inner) };
            return Some(self.then(Node::any(nodes)));
        }
        let mut nodes = vec![self.sum()?];
        while self.peek() == Some(Token::Or) {
            // `MIT || ( GPL-2 BSD )` is of Portage too: what follows is a choice of its own
            if self.tokens.get(self.at + 1) == Some(&Token::Open) && self.is_prefix() {
                let Some(next) = self.choice() else { break };
                return Some(Node::all(vec![Node::any(nodes), next]));
            }
            self.at += 1;
            nodes.extend(self.sum());
        }
        Some(Node::any(nodes))
    }

    /// Whether the parentheses that follow list names without operators.
    fn is_prefix(&self) -> bool {
        let inner = self.tokens.get(self.at + 2..).unwrap_or_default();
        let end = inner.iter().position(|token| *token == Token::Close).unwrap_or(inner.len());
        let words = inner[..end].iter().all(|token| matches!(token, Token::Word(name) if name::known(name).is_some()));
        words && end > 1
    }

    /// What follows a choice of Portage holds as well.
    fn then(&mut self, node: Node) -> Node {
        match self.peek() {
            Some(Token::Or | Token::Open | Token::Word(_)) => match self.choice() {
                Some(next) => Node::all(vec![node, next]),
                None => node,
            },
            _ => node,
        }
    }

    fn sum(&mut self) -> Option<Node> {
        let mut nodes = vec![self.factor()?];
        loop {
            let joined = self.take(Token::And);
            match self.peek() {
                Some(Token::Open | Token::Word(_)) => nodes.extend(self.factor()),
                _ if joined => {}
                _ => break,
            }
        }
        Some(Node::all(nodes))
    }

    fn factor(&mut self) -> Option<Node> {
        let node = if self.take(Token::Open) {
            self.depth += 1;
            let inner = if self.depth > MAX_DEPTH { None } else { self.list() };
            self.depth -= 1;
            self.take(Token::Close);
            inner?
        } else {
            let words = self.words();
            if words.is_empty() {
                return None;
            }
            named(&words)
        };
        if !self.take(Token::With) {
            return Some(node);
        }
        let exception = self.words();
        Some(with_exception(&node, &exception))
    }

    /// The words of one name, with what stands in parentheses behind it: `Foo License (bar)`.
    fn words(&mut self) -> Vec<&'a str> {
        let mut words = Vec::new();
        loop {
            match self.peek() {
                Some(Token::Word(word)) => words.push(word),
                Some(Token::Open) if !words.is_empty() && name::known(&words.join(" ")).is_none() => {
                    let inner = self.tokens.get(self.at + 1..).unwrap_or_default();
                    let end = inner.iter().position(|token| !matches!(token, Token::Word(_))).unwrap_or(inner.len());
                    if inner.get(end) != Some(&Token::Close) {
                        return words;
                    }
                    words.extend(
                        inner[..end].iter().filter_map(|t| if let Token::Word(w) = t { Some(*w) } else { None }),
                    );
                    self.at += end + 1;
                }
                _ => return words,
            }
            self.at += 1;
        }
    }
}

/// Names in such lists that do not say which licence.
const LOOSE: [&str; 4] = ["BSD", "custom", "distributable", "proprietary"];

/// One name of several words, or several names of one word each, as apk and Portage list them.
fn named(words: &[&str]) -> Node {
    let whole = words.join(" ");
    if let Some(id) = name::known(&whole) {
        return Node::one(id);
    }
    let loose = |word: &str| LOOSE.iter().any(|loose| word.eq_ignore_ascii_case(loose));
    let one = |word: &&str| {
        let reference = || loose(word).then(|| Node::One(name::reference(word)));
        name::known(word).map(Node::one).or_else(reference)
    };
    let each: Option<Vec<_>> = words.iter().map(one).collect();
    each.map_or_else(|| Node::One(name::reference(&whole)), Node::all)
}

fn with_exception(node: &Node, words: &[&str]) -> Node {
    let said = words.join(" ");
    match (node, name::exception(&said)) {
        (Node::One(id), Some(exception)) if !id.starts_with("LicenseRef-") && !id.contains(" WITH ") => {
            Node::One(format!("{id} WITH {exception}"))
        }
        _ => Node::One(name::reference(&format!("{node} with {said}"))),
    }
}

#[cfg(test)]
mod tests;
