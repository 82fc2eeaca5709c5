//! The rows of a bench: ours, the other's, and their ratio.

use anyhow::Result;
use serde::Serialize;

/// One figure and what it is compared with. The names are a fixed point: others read this JSON.
#[derive(Serialize)]
pub(super) struct Row {
    pub(super) name: String,
    pub(super) unit: &'static str,
    pub(super) ours: f64,
    pub(super) other: Option<f64>,
    /// What `other` is: `floor`, a peer's name, or a limit.
    pub(super) against: String,
    /// ours / other.
    pub(super) ratio: Option<f64>,
}

impl Row {
    pub(super) fn new(name: String, unit: &'static str, ours: f64, other: Option<f64>, against: &str) -> Self {
        let ratio = other.filter(|other| *other > 0.0).map(|other| rounded(ours / other));
        Self { name, unit, ours: rounded(ours), other: other.map(rounded), against: against.to_owned(), ratio }
    }
}

fn rounded(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

#[derive(clap::ValueEnum, Clone, Copy)]
pub(super) enum Format {
    Table,
    Json,
}

pub(super) fn print(rows: &[Row], format: Format) -> Result<()> {
    match format {
        Format::Json => println!("{}", serde_json::to_string_pretty(rows)?),
        Format::Table => {
            println!("{:<40} {:>6} {:>10} {:>10} {:<12} {:>7}", "name", "unit", "ours", "other", "against", "ratio");
            for row in rows {
                let figure =
                    |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |figure| format!("{figure:.3}"));
                println!(
                    "{:<40} {:>6} {:>10.3} {:>10} {:<12} {:>7}",
                    row.name,
                    row.unit,
                    row.ours,
                    figure(row.other),
                    row.against,
                    figure(row.ratio)
                );
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_are_a_fixed_point() {
        let row = Row::new("scan debian".to_owned(), "s", 3.0, Some(2.0), "floor");
        let text = serde_json::to_string(&row).unwrap();
        assert_eq!(text, r#"{"name":"scan debian","unit":"s","ours":3.0,"other":2.0,"against":"floor","ratio":1.5}"#);
        let alone = serde_json::to_string(&Row::new("x".to_owned(), "MB", 1.0, None, "")).unwrap();
        assert!(alone.contains(r#""other":null"#) && alone.contains(r#""ratio":null"#));
    }
}
