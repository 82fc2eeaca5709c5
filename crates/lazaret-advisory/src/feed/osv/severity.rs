//! Severity of an OSV entry: the database's word, else the newest CVSS vector that can be scored.

use lazaret_model::Severity;

use super::document::{Affected, Document, Score};

/// Severity and the vector to show. A score of 0.0 and an empty list are unknown, not low.
pub(super) fn rate(document: &Document, affected: &Affected) -> (Severity, Option<String>) {
    let scored = best(affected.severity.as_deref()).or_else(|| best(document.severity.as_deref()));
    let word = document.database_specific.as_ref().and_then(|specific| specific.severity()?.parse().ok());
    let severity = word.or(scored.as_ref().map(|(severity, _)| *severity)).unwrap_or_default();
    (severity, scored.map(|(_, vector)| vector))
}

/// CVSS v4, v3.1, v3.0, v2 in this order.
fn best(scores: Option<&[Score]>) -> Option<(Severity, String)> {
    let scores = scores?;
    let find = |kind: &str, prefix: &str| scores.iter().find(|s| s.kind == kind && s.score.starts_with(prefix));
    let order = [("CVSS_V4", "CVSS:4"), ("CVSS_V3", "CVSS:3.1"), ("CVSS_V3", "CVSS:3.0"), ("CVSS_V2", "")];
    order.iter().filter_map(|(kind, prefix)| find(kind, prefix)).find_map(|score| {
        let vector = score.score.trim();
        Some((of_vector(vector)?, vector.to_owned()))
    })
}

/// `None` where the vector is not well-formed.
pub(crate) fn of_vector(vector: &str) -> Option<Severity> {
    let parsed: cvss::Cvss = vector.parse().ok()?;
    Some(match parsed.severity() {
        cvss::Severity::None => Severity::Unknown,
        cvss::Severity::Low => Severity::Low,
        cvss::Severity::Medium => Severity::Medium,
        cvss::Severity::High => Severity::High,
        cvss::Severity::Critical => Severity::Critical,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_scored() {
        assert_eq!(of_vector("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"), Some(Severity::Critical));
        assert_eq!(of_vector("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N"), Some(Severity::Unknown));
        assert_eq!(of_vector("AV:N/AC:L/Au:N/C:P/I:P/A:P"), Some(Severity::High));
        assert_eq!(
            of_vector("CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:H/SC:N/SI:N/SA:N"),
            Some(Severity::Critical)
        );
        assert_eq!(of_vector("nonsense"), None);
    }
}
