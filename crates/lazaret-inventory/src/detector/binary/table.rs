//! The table of signatures: `signatures/*.toml`, read once, when the first program passes.

use std::{
    collections::{BTreeMap, HashMap},
    sync::LazyLock,
};

use serde::Deserialize;

use super::{
    search::{Search, WINDOW},
    template::{Template, TemplateError},
};

const FILES: [&str; 3] = [
    include_str!("signatures/libraries.toml"),
    include_str!("signatures/programs.toml"),
    include_str!("signatures/runtimes.toml"),
];

/// Evidence of one sort that a row may have: a bit each.
pub(super) const MOST: usize = 32;

static TABLE: LazyLock<Result<Table, TableError>> = LazyLock::new(|| Table::parse(&FILES));

/// All rows, ready to be searched for.
pub(super) struct Table {
    pub(super) rows: Vec<Row>,
    /// Literals in texts.
    pub(super) texts: Search,
    /// What a literal in a text is evidence of.
    pub(super) uses: Vec<Vec<Use>>,
    /// Names of symbols.
    pub(super) symbols: Search,
    pub(super) symbol_lengths: Vec<usize>,
    /// What a symbol is evidence of.
    pub(super) symbol_uses: Vec<Vec<Use>>,
}

/// A row, and which of its evidence.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub(super) row: usize,
    pub(super) sort: Sort,
    pub(super) index: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Sort {
    Version,
    Also,
    Unless,
    /// A symbol that the file defines.
    Symbol,
    /// A function that returns the version as a number.
    Returns,
    /// The start of the names of versions of symbols.
    Node,
}

/// One row.
pub(super) struct Row {
    /// Of the row: two may be of one package.
    #[cfg(test)]
    pub(super) id: String,
    pub(super) name: String,
    pub(super) cpe: Option<String>,
    pub(super) kind: Kind,
    pub(super) version: Vec<Template>,
    pub(super) bare: Vec<Template>,
    pub(super) soname: Vec<String>,
    pub(super) number: Option<Number>,
    /// By the number that ends the name of a version of symbols.
    node_versions: BTreeMap<String, String>,
    has_node: bool,
    pub(super) highest: bool,
    pub(super) other: Vec<String>,
    pub(super) distinct: bool,
    pub(super) needs: u32,
    pub(super) strict: bool,
    pub(super) whole_only: bool,
    pub(super) unproven: bool,
    #[cfg(test)]
    pub(super) written: Written,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Kind {
    Program,
    Library,
}

/// How a version is packed into a number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Number {
    /// `0x010204`
    Bytes,
    /// `0x01020400`
    High,
    /// `150004`, of two numbers
    Postgres,
    /// `10204`
    Hundreds,
    /// `1002004`
    Thousands,
    /// `0x1002004`
    Brotli,
    /// `10020042`, the last digit for what is stable
    Xz,
}

impl Number {
    pub(super) fn version(self, number: u32) -> Option<String> {
        if self == Self::Postgres {
            return (number >= 100_000).then(|| format!("{}.{}", number / 10_000, number % 10_000));
        }
        let (major, minor, patch) = match self {
            Self::High => (number >> 24, number >> 16 & 0xff, number >> 8 & 0xff),
            Self::Bytes => (number >> 16, number >> 8 & 0xff, number & 0xff),
            Self::Hundreds => (number / 10_000, number / 100 % 100, number % 100),
            Self::Thousands => (number / 1_000_000, number / 1000 % 1000, number % 1000),
            Self::Brotli => (number >> 24, number >> 12 & 0xfff, number & 0xfff),
            Self::Xz if number % 10 == 2 => (number / 10_000_000, number / 10_000 % 1000, number / 10 % 1000),
            Self::Xz | Self::Postgres => return None,
        };
        (number != 0 && major < 1000).then(|| format!("{major}.{minor}.{patch}"))
    }
}

/// A row as the file has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) name: String,
    /// The row's, where it is not the name.
    #[serde(default)]
    #[cfg_attr(not(test), expect(dead_code, reason = "for people, the docs and fixtures"))]
    pub(super) id: Option<String>,
    /// Vendor and product of the CPE names that NVD uses.
    #[serde(default)]
    pub(super) cpe: Option<String>,
    pub(super) kind: Kind,
    /// Texts with the version in them.
    #[serde(default)]
    pub(super) version: Vec<String>,
    /// A version that is a text of its own; looked for only where there is other evidence.
    #[serde(default)]
    pub(super) bare: Vec<String>,
    /// The highest of several that stand alone is the version: the others are of older ones.
    #[serde(default)]
    pub(super) highest: bool,
    /// What stands alone and is no version of this.
    #[serde(default)]
    pub(super) other: Vec<String>,
    /// Whether what stands alone cannot be another project's, so that it counts in any file.
    #[serde(default)]
    pub(super) distinct: bool,
    /// How the version is made of the numbers, where it is not one text.
    #[serde(default, rename = "as")]
    pub(super) form: Option<String>,
    /// Other texts of the same project.
    #[serde(default)]
    pub(super) also: Vec<String>,
    /// Texts of another project that has the same ones.
    #[serde(default)]
    pub(super) unless: Vec<String>,
    /// Dynamic symbols that the file defines.
    #[serde(default)]
    pub(super) symbols: Vec<String>,
    /// Functions that return the version as a number, and how.
    #[serde(default)]
    pub(super) returns: Vec<String>,
    #[serde(default)]
    pub(super) number: Option<Number>,
    /// What the names of versions of symbols start with; the highest number after it is the version, or says it.
    #[serde(default)]
    pub(super) node: Option<String>,
    #[serde(default)]
    pub(super) node_versions: BTreeMap<String, String>,
    /// How the shared library calls itself, up to `.` or `-`.
    #[serde(default)]
    pub(super) soname: Vec<String>,
    /// How much evidence beside the version there must be, if less says nothing.
    #[serde(default)]
    pub(super) needs: u32,
    /// A version alone says nothing, and neither does anything else without a version.
    #[serde(default)]
    pub(super) strict: bool,
    /// Evidence of other files says nothing about this.
    #[serde(default)]
    pub(super) whole_only: bool,
    /// No real program could be had to prove the row.
    #[serde(default)]
    pub(super) unproven: bool,
    /// From what the row was made.
    #[cfg_attr(not(test), expect(dead_code, reason = "for people and the docs"))]
    pub(super) derived: String,
}

#[derive(Deserialize)]
struct File {
    row: Vec<Written>,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error("{0}")]
    Toml(#[from] toml::de::Error),
    #[error("{0}: {1}")]
    Template(String, TemplateError),
    #[error("{0}: {1:?} has less than {WINDOW} bytes of literal text")]
    Short(String, String),
    #[error("{0}: more than {MOST} of one sort")]
    Many(String),
}

impl Table {
    pub(super) fn get() -> Result<&'static Self, &'static TableError> {
        TABLE.as_ref()
    }

    pub(super) fn parse(files: &[&str]) -> Result<Self, TableError> {
        let mut rows = Vec::new();
        let (mut texts, mut symbols) = (Literals::default(), Literals::default());
        for file in files {
            let file: File = toml::from_str(file)?;
            for written in file.row {
                let index = rows.len();
                rows.push(Row::parse(written, index, &mut texts, &mut symbols)?);
            }
        }
        Ok(Self {
            rows,
            texts: Search::new(texts.list),
            uses: texts.uses,
            symbol_lengths: symbols.list.iter().map(Vec::len).collect(),
            symbols: Search::new(symbols.list),
            symbol_uses: symbols.uses,
        })
    }
}

impl Row {
    fn parse(written: Written, row: usize, texts: &mut Literals, symbols: &mut Literals) -> Result<Self, TableError> {
        let name = || written.name.clone();
        let templates = |list: &[String], whole: bool| -> Result<Vec<Template>, TableError> {
            let parse = |text: &String| {
                Template::parse(text, written.form.as_deref(), whole)
                    .map_err(|error| TableError::Template(name(), error))
            };
            list.iter().map(parse).collect()
        };
        let version = templates(&written.version, false)?;
        let bare = templates(&written.bare, true)?;
        let literals = version.iter().map(|template| template.literal.as_slice());
        for (sort, list) in [
            (Sort::Version, literals.collect::<Vec<_>>()),
            (Sort::Also, written.also.iter().map(String::as_bytes).collect()),
            (Sort::Unless, written.unless.iter().map(String::as_bytes).collect()),
        ] {
            texts.add(&written.name, row, sort, &list)?;
        }
        let node: Vec<String> = written.node.iter().cloned().collect();
        for (sort, list) in [(Sort::Symbol, &written.symbols), (Sort::Returns, &written.returns), (Sort::Node, &node)] {
            symbols.add(&written.name, row, sort, &list.iter().map(String::as_bytes).collect::<Vec<_>>())?;
        }
        Ok(Self {
            version,
            bare,
            #[cfg(test)]
            written: written.clone(),
            #[cfg(test)]
            id: written.id.unwrap_or_else(|| written.name.clone()),
            name: written.name,
            number: written.number,
            highest: written.highest,
            other: written.other,
            distinct: written.distinct,
            has_node: written.node.is_some(),
            node_versions: written.node_versions,
            needs: written.needs,
            cpe: written.cpe,
            kind: written.kind,
            soname: written.soname,
            strict: written.strict,
            whole_only: written.whole_only,
            unproven: written.unproven,
        })
    }

    /// Whether a text that is nothing but a version counts in a file that calls itself `soname`: it may be any
    /// library's that is in the file.
    pub(super) fn counts_alone(&self, soname: Option<&str>) -> bool {
        self.distinct || self.kind == Kind::Program || soname.is_some_and(|soname| self.is_named(soname))
    }

    /// Whether the project has no versions.
    pub(super) fn is_without_version(&self) -> bool {
        self.version.is_empty() && self.bare.is_empty() && self.number.is_none() && !self.has_node
    }

    /// What the highest version of symbols says.
    pub(super) fn of_node(&self, node: u32) -> Option<String> {
        if self.node_versions.is_empty() {
            return Some(node.to_string());
        }
        self.node_versions.get(&node.to_string()).cloned()
    }

    /// Whether a shared library that calls itself `soname` is this one: `libz.so.1`, in wheels `libz-1a2b3c.so.1`.
    pub(super) fn is_named(&self, soname: &str) -> bool {
        self.soname
            .iter()
            .any(|known| soname.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with(['.', '-'])))
    }
}

/// Each literal once, whatever it is evidence of.
#[derive(Default)]
struct Literals {
    list: Vec<Vec<u8>>,
    uses: Vec<Vec<Use>>,
    known: HashMap<Vec<u8>, usize>,
}

impl Literals {
    fn add(&mut self, name: &str, row: usize, sort: Sort, list: &[&[u8]]) -> Result<(), TableError> {
        if list.len() > MOST {
            return Err(TableError::Many(name.to_owned()));
        }
        for (index, literal) in list.iter().enumerate() {
            if literal.len() < WINDOW {
                return Err(TableError::Short(name.to_owned(), String::from_utf8_lossy(literal).into_owned()));
            }
            let place = *self.known.entry(literal.to_vec()).or_insert_with(|| {
                self.list.push(literal.to_vec());
                self.uses.push(Vec::new());
                self.list.len() - 1
            });
            self.uses[place].push(Use { row, sort, index });
        }
        Ok(())
    }
}
