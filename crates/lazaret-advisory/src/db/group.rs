//! Groups: the records of one package, or the cycles of one product, with their strings.
//!
//! A group is its key, a table of its strings, and rows of numbers into that table. The payload of its row in the index
//! is offset (8), length (8) and a check (8) over the group's bytes and the summaries that it points to.

mod reader;
mod writer;

pub(crate) use reader::Reader;
pub(crate) use writer::Writer;

use lazaret_model::FindingStatus;

use super::{
    Enrichment,
    table::{self, Payload, Row},
};

/// First byte of the ecosystem under which products are kept; no ecosystem begins so.
pub(crate) const PRODUCTS: &str = "\0endoflife";

/// Prefixes of URLs that end in the record's id.
const URLS: &[&str] = &[
    "https://osv.dev/vulnerability/",
    "https://security.alpinelinux.org/vuln/",
    "https://security-tracker.debian.org/tracker/",
];

const STATUSES: [FindingStatus; 6] = [
    FindingStatus::Affected,
    FindingStatus::WillNotFix,
    FindingStatus::FixDeferred,
    FindingStatus::EndOfLife,
    FindingStatus::UnderInvestigation,
    FindingStatus::NotAffected,
];

/// The row of a CVE: what is known lies in the payload itself.
pub(crate) fn cve_row(cve: &str, exploited: bool, epss: Option<&str>) -> Row {
    let mut payload = [0; 24];
    payload[0] = u8::from(exploited);
    let score = epss.unwrap_or_default().as_bytes();
    let score = score.get(..score.len().min(22)).unwrap_or_default();
    payload[1] = u8::try_from(score.len()).unwrap_or_default();
    payload[2..2 + score.len()].copy_from_slice(score);
    (table::hash("CVE", cve), payload)
}

pub(crate) fn enrichment(payload: &Payload) -> Enrichment {
    let score = payload.get(2..2 + usize::from(payload[1])).and_then(|bytes| std::str::from_utf8(bytes).ok());
    let epss = score.filter(|score| !score.is_empty()).map(str::to_owned);
    Enrichment { exploited: payload[0] == 1, epss }
}
