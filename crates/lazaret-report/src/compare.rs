//! Two scanners on one image: what each sees that the other does not, and why.
//!
//! Pure: the other tool's report is bytes, and what the advisories here think of one of its findings is a question
//! that the caller answers.

use lazaret_model::Package;
use serde::Serialize;

use crate::ImageReport;

mod cause;
mod findings;
mod grype;
mod json;
mod other;
mod packages;
mod purl;
mod syft;
mod table;
mod trivy;
mod version;

pub use cause::{Cause, Opinion};
pub use findings::{ComparedFindings, FindingDifference};
pub use json::compare_json;
pub use other::{Other, OtherError, OtherFinding, OtherPackage};
pub use packages::{ComparedPackages, PackageDifference, VersionDifference};
pub use table::compare_table;

/// Asked for a package and the ids of one vulnerability.
pub type Ask<'a> = dyn Fn(&Package, &[String]) -> Opinion + 'a;

/// The result: what both have is counted, every difference is named with its cause.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Comparison {
    pub tool: &'static str,
    pub tool_version: String,
    pub packages: ComparedPackages,
    /// `null` where the other report names no vulnerability: it may not have looked for any.
    pub findings: Option<ComparedFindings>,
}

impl Comparison {
    pub fn between(ours: &ImageReport<'_>, theirs: &Other, ask: &Ask<'_>) -> Self {
        let packages = ComparedPackages::between(ours.inventory, theirs);
        let findings =
            theirs.findings.as_ref().map(|list| ComparedFindings::between(ours, theirs, list, &packages, ask));
        Self { tool: theirs.tool, tool_version: theirs.version.clone(), packages, findings }
    }

    /// Differences that nothing explains.
    pub fn unexplained(&self) -> usize {
        let packages = self.packages.only_ours.iter().chain(&self.packages.only_theirs).map(|d| d.cause);
        let findings = self.findings.iter().flat_map(|f| f.only_ours.iter().chain(&f.only_theirs)).map(|d| d.cause);
        packages.chain(findings).filter(|cause| *cause == Cause::Unexplained).count()
    }
}
