//! The table of findings, worst first, with its filter.

use std::cmp::Reverse;

use lazaret_model::{Digest, Finding, FindingStatus, Severity};
use serde::Deserialize;

use crate::console::{
    layers::Layer,
    look::{Look, letter},
    text::cut,
};

/// Rows on one page.
const MAX_ROWS: usize = 500;

/// `?severity=high&layer=3`; what is not understood filters nothing.
#[derive(Default, Deserialize)]
pub(super) struct Filter {
    severity: Option<String>,
    layer: Option<String>,
}

pub(super) struct Found {
    pub rows: Vec<Row>,
    /// Before the filter.
    pub total: usize,
    /// After the filter, shown or not.
    pub kept: usize,
    pub severities: Vec<Choice>,
    pub layers: Vec<Choice>,
    pub filtered: bool,
}

pub(super) struct Choice {
    pub value: String,
    pub label: String,
    pub chosen: bool,
}

pub(super) struct Row {
    /// Of the row, for links from package squares.
    pub anchor: String,
    pub id: String,
    /// Only to the web.
    pub href: Option<String>,
    pub aliases: String,
    pub look: Look,
    pub letter: &'static str,
    pub severity: &'static str,
    pub package: String,
    pub version: String,
    pub fixed: Option<String>,
    pub status: Option<&'static str>,
    pub layer: Option<(usize, String)>,
    pub origin: &'static str,
    pub confidence: &'static str,
    pub exploited: bool,
    pub epss: Option<String>,
    pub summary: String,
}

impl Found {
    pub(super) fn of(findings: &[Finding], layers: &[Layer<'_>], filter: &Filter, path: &str) -> Self {
        let severity = filter.severity.as_deref().and_then(|text| text.parse::<Severity>().ok());
        let number = filter.layer.as_deref().and_then(|text| text.parse::<usize>().ok());
        let place = |finding: &Finding| layer_of(layers, finding.layer.as_ref());
        let keeps = |finding: &Finding| {
            severity.is_none_or(|wanted| finding.severity == wanted)
                && number.is_none_or(|wanted| place(finding) == Some(wanted))
        };
        let mut kept: Vec<_> = findings.iter().enumerate().filter(|(_, finding)| keeps(finding)).collect();
        kept.sort_by_cached_key(|(_, finding)| Reverse((finding.severity, finding.exploited, per_mille(finding))));
        Self {
            total: findings.len(),
            kept: kept.len(),
            rows: kept.iter().take(MAX_ROWS).map(|(n, finding)| row(*n, finding, place(finding), path)).collect(),
            severities: severities(findings, severity),
            layers: layers
                .iter()
                .filter(|layer| !layer.severities.is_empty())
                .map(|layer| Choice {
                    value: layer.number.to_string(),
                    label: format!("layer {} ({})", layer.number, layer.severities.len()),
                    chosen: number == Some(layer.number),
                })
                .collect(),
            filtered: severity.is_some() || number.is_some(),
        }
    }
}

fn severities(findings: &[Finding], chosen: Option<Severity>) -> Vec<Choice> {
    let number = |severity| findings.iter().filter(|finding| finding.severity == severity).count();
    let choice = |severity: Severity| Choice {
        value: severity.name().to_owned(),
        label: format!("{severity} ({})", number(severity)),
        chosen: chosen == Some(severity),
    };
    Severity::ALL.into_iter().filter(|s| number(*s) > 0 || chosen == Some(*s)).map(choice).collect()
}

/// Number of the lowest layer with this diff id.
pub(super) fn layer_of(layers: &[Layer<'_>], diff_id: Option<&Digest>) -> Option<usize> {
    layers.iter().find(|layer| Some(layer.diff_id) == diff_id).map(|layer| layer.number)
}

pub(super) fn anchor(index: usize) -> String {
    format!("f-{}", index + 1)
}

fn row(index: usize, finding: &Finding, layer: Option<usize>, path: &str) -> Row {
    Row {
        anchor: anchor(index),
        id: cut(&finding.id, 60),
        href: finding.url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        aliases: cut(&finding.aliases.join(", "), 120),
        look: Look::of(finding.severity),
        letter: letter(finding.severity),
        severity: finding.severity.name(),
        package: cut(&finding.package, 120),
        version: cut(&finding.version, 60),
        fixed: finding.fixed.as_deref().map(|version| cut(version, 60)),
        status: status(finding.status),
        layer: layer.map(|number| (number, format!("{path}#layer-{number}"))),
        origin: match finding.base {
            Some(true) => "base",
            Some(false) => "app",
            None => "",
        },
        confidence: finding.confidence.name(),
        exploited: finding.exploited,
        epss: finding.epss.as_ref().map(|_| percent(per_mille(finding))),
        summary: cut(&finding.summary, 120),
    }
}

const fn status(status: FindingStatus) -> Option<&'static str> {
    match status {
        FindingStatus::Affected => None,
        FindingStatus::WillNotFix => Some("will not be fixed"),
        FindingStatus::FixDeferred => Some("fix deferred"),
        FindingStatus::EndOfLife => Some("end of life"),
        FindingStatus::UnderInvestigation => Some("under investigation"),
        FindingStatus::NotAffected => Some("not affected"),
    }
}

/// EPSS is published as text, `0.94358`.
fn per_mille(finding: &Finding) -> u16 {
    let probability = finding.epss.as_deref().and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    (0..=1000_u16).rev().find(|step| f64::from(*step) <= probability * 1000.0).unwrap_or(0)
}

fn percent(per_mille: u16) -> String {
    match per_mille {
        0..10 => format!("0.{} %", per_mille % 10),
        _ => format!("{} %", per_mille / 10),
    }
}
