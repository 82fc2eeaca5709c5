//! What the headers before an entry say about it: PAX records and GNU long names.

use super::{
    header::{self, Block, Header, Kind},
    pax::Pax,
};

/// Cleared behind each entry; buffers are kept.
#[derive(Debug, Default)]
pub(crate) struct Meta {
    pub(super) pax: Pax,
    long_name: Vec<u8>,
    long_link: Vec<u8>,
    pub(super) scratch: Vec<u8>,
    /// A block was too large to be read: the entry has no name that could be trusted.
    pub(crate) unreadable: bool,
}

impl Meta {
    pub(crate) fn clear(&mut self) {
        self.pax.clear();
        self.long_name.clear();
        self.long_link.clear();
        self.unreadable = false;
    }

    /// Takes the content of a PAX or GNU long-name header. What was understood before a fault is kept.
    pub(crate) fn take(&mut self, kind: Kind, block: &[u8]) -> Result<(), &'static str> {
        // A GNU long name ends at its first NUL.
        let keep = |buffer: &mut Vec<u8>| {
            buffer.clear();
            buffer.extend_from_slice(header::text(block));
        };
        match kind {
            Kind::GnuLongName => keep(&mut self.long_name),
            Kind::GnuLongLink => keep(&mut self.long_link),
            _ => {
                // A second one replaces the first.
                self.pax.clear();
                return self.pax.read(block);
            }
        }
        Ok(())
    }

    /// Bytes of content behind the entry's header.
    pub(crate) fn size(&self, header: &Header) -> u64 {
        let has_content = matches!(header.kind, Kind::File { .. } | Kind::GnuSparse | Kind::Unknown);
        if has_content { self.pax.size.unwrap_or(header.size) } else { 0 }
    }

    /// The raw name: PAX over the header's, GNU's long name over both, a sparse file's own over all (as Go does).
    pub(crate) fn name(&self, header: &Header, block: &Block, out: &mut Vec<u8>) {
        let sparse = &self.pax.sparse;
        let is_sparse = !sparse.major.is_empty() || !sparse.map.is_empty();
        let names = [(is_sparse, &sparse.name), (true, &self.long_name), (true, &self.pax.path)];
        match names.into_iter().find(|(counts, name)| *counts && !name.is_empty()) {
            Some((_, name)) => {
                out.clear();
                out.extend_from_slice(name);
            }
            None => header.name(block, out),
        }
    }

    /// The raw target of a link.
    pub(crate) fn link<'a>(&'a self, block: &'a Block) -> &'a [u8] {
        [&self.long_link, &self.pax.link]
            .into_iter()
            .find(|l| !l.is_empty())
            .map_or(header::link_name(block), Vec::as_slice)
    }
}
