//! Reads a bill whose format is known by its content. The bytes are not trusted: size, depth and count are bounded.

use lazaret_model::Digest;
use serde::{Deserialize, de::IgnoredAny};
use sha2::{Digest as _, Sha256};

use super::{Sbom, document::Document, foreign, own};
use crate::{cyclonedx, spdx, spdx3, syft};

/// The largest document that is read.
pub const MAX_BYTES: usize = 64 << 20;
/// Components of one document that are read; what is beyond is a problem.
pub(crate) const MAX_COMPONENTS: usize = 200_000;
/// Problems of one document that are spelled out.
const MAX_PROBLEMS: usize = 50;

/// Whose bill it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Origin {
    /// Ours, whole and as it was written.
    Ours,
    /// Another tool's, or one of ours that is not as it was.
    Foreign,
}

/// A bill with its origin. Of a foreign one, the operating system's advisory stream is not chosen yet.
#[derive(Clone, PartialEq, Debug)]
pub struct ReadSbom {
    pub sbom: Sbom,
    pub origin: Origin,
}

/// Why a document is not read at all.
#[derive(Debug, thiserror::Error)]
pub enum SbomError {
    #[error("the SBOM is larger than {} MiB", MAX_BYTES >> 20)]
    TooLarge,
    #[error("the SBOM is not UTF-8 text")]
    NotText,
    #[error(
        "not an SBOM of a known format: CycloneDX 1.2 to 1.6 (JSON, XML), SPDX 2.2 and 2.3 (JSON, tag-value), \
         SPDX 3.0 (JSON), syft (JSON)"
    )]
    UnknownFormat,
    #[error("not a {format} document: {message}")]
    Malformed { format: &'static str, message: String },
}

impl SbomError {
    pub(crate) fn malformed(format: &'static str, error: &impl ToString) -> Self {
        Self::Malformed { format, message: error.to_string() }
    }
}

/// Reads a whole document.
pub fn read_sbom(bytes: &[u8]) -> Result<ReadSbom, SbomError> {
    if bytes.len() > MAX_BYTES {
        return Err(SbomError::TooLarge);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| SbomError::NotText)?;
    let mut document = document(text.trim_start_matches('\u{feff}'))?;
    bound(&mut document.problems);
    let tool = if document.tool.is_empty() { "another tool" } else { &document.tool };
    let mut why = format!("an SBOM by {tool} stands in for the image; layers, files and configuration were not seen");
    if own::is_ours(&document) {
        match own::sbom(&document) {
            Ok(sbom) if document.problems.is_empty() => return Ok(ReadSbom { sbom, origin: Origin::Ours }),
            Ok(_) => why = format!("{why}; not all of it could be read"),
            Err(error) => why = format!("{why}; {error}"),
        }
    }
    let digest = Digest::from_sha256(Sha256::digest(bytes).into());
    Ok(ReadSbom { sbom: foreign::sbom(&document, &digest, why), origin: Origin::Foreign })
}

/// What tells the JSON formats apart.
#[derive(Deserialize)]
struct Probe {
    #[serde(rename = "bomFormat")]
    cyclonedx: Option<IgnoredAny>,
    #[serde(rename = "spdxVersion")]
    spdx: Option<IgnoredAny>,
    #[serde(rename = "@graph")]
    graph: Option<IgnoredAny>,
    artifacts: Option<IgnoredAny>,
    schema: Option<IgnoredAny>,
}

fn document(text: &str) -> Result<Document, SbomError> {
    let trimmed = text.trim_start();
    match trimmed.as_bytes().first() {
        Some(b'{') => json(text),
        Some(b'<') => cyclonedx::read_xml(text),
        _ if trimmed.lines().take(100).any(|line| line.trim_start().starts_with("SPDXVersion:")) => {
            spdx::read_tag_value(text)
        }
        _ => Err(SbomError::UnknownFormat),
    }
}

fn json(text: &str) -> Result<Document, SbomError> {
    let probe: Probe = serde_json::from_str(text).map_err(|e| SbomError::malformed("JSON", &e))?;
    match probe {
        Probe { cyclonedx: Some(_), .. } => cyclonedx::read_json(text),
        Probe { spdx: Some(_), .. } => spdx::read_json(text),
        Probe { graph: Some(_), .. } => spdx3::read(text),
        Probe { artifacts: Some(_), schema: Some(_), .. } => syft::read(text),
        _ => Err(SbomError::UnknownFormat),
    }
}

fn bound(problems: &mut Vec<String>) {
    if problems.len() > MAX_PROBLEMS {
        let more = problems.len() - MAX_PROBLEMS;
        problems.truncate(MAX_PROBLEMS);
        problems.push(format!("{more} more problems of this document"));
    }
}
