//! endoflife.date: until when the makers of an operating system care. <https://endoflife.date/docs/api/v1/>

use serde::Deserialize;

use super::{Cycle, Feed, FeedFile, ParseError, Parsed, read_limited, single};
use crate::fetch::{Fetch, FetchError};

const URL: &str = "https://endoflife.date/api/v1/products/full";
const LIMIT: u64 = 128 << 20;

pub(crate) struct EndOfLifeDate;

#[derive(Deserialize)]
struct Full {
    result: Vec<Product>,
    total: Option<u64>,
}

#[derive(Deserialize)]
struct Product {
    name: String,
    releases: Vec<Release>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Release {
    name: String,
    eol_from: Option<String>,
    is_eol: Option<bool>,
    eoes_from: Option<String>,
}

impl Feed for EndOfLifeDate {
    fn name(&self) -> &'static str {
        "endoflife"
    }

    fn ecosystems(&self) -> &'static [&'static str] {
        &[]
    }

    fn fetch(&self, source: &mut dyn Fetch) -> Result<Vec<FeedFile>, FetchError> {
        Ok(vec![source.required("products-full.json", URL, LIMIT)?])
    }

    /// Dates count; the booleans were computed when the file was made and are used only where there is no date.
    fn parse(&self, files: &[FeedFile]) -> Result<Parsed, ParseError> {
        let file = single(files)?;
        let bytes = read_limited(&file.path, LIMIT)?;
        let full: Full = serde_json::from_slice(&bytes).map_err(|e| ParseError::broken(&file.name, e))?;
        if full.total.is_some_and(|total| total != full.result.len() as u64) {
            return Err(ParseError::broken(&file.name, "it has fewer products than it says"));
        }
        let mut cycles = Vec::new();
        for product in full.result {
            for release in product.releases {
                let eol_from = match (release.eol_from, release.is_eol) {
                    (Some(date), _) => Some(checked_date(file, &product.name, date)?),
                    (None, Some(true)) => Some("1970-01-01".to_owned()),
                    (None, _) => None,
                };
                let extended = release.eoes_from.map(|date| checked_date(file, &product.name, date)).transpose()?;
                cycles.push(Cycle {
                    product: product.name.clone(),
                    name: release.name,
                    eol_from,
                    extended_from: extended,
                    feed: self.name().to_owned(),
                });
            }
        }
        let count = cycles.len() as u64;
        Ok(Parsed { cycles, count, ..Parsed::default() })
    }
}

fn checked_date(file: &FeedFile, product: &str, date: String) -> Result<String, ParseError> {
    match date.parse::<jiff::civil::Date>() {
        Ok(_) => Ok(date),
        Err(_) => Err(ParseError::broken(&file.name, format!("{product} has the date {date:?}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::tests::file;

    #[test]
    fn recorded_products() {
        let (_dir, file) = file("full.json", include_bytes!("../../testdata/endoflife/full.json"));
        let parsed = EndOfLifeDate.parse(&[file]).unwrap();
        let cycle = |product: &str, cycle: &str| {
            parsed.cycles.iter().find(|c| c.product == product && c.name == cycle).unwrap().clone()
        };
        let debian = cycle("debian", "11");
        assert_eq!(debian.eol_from.as_deref(), Some("2024-08-14"));
        assert_eq!(debian.extended_from.as_deref(), Some("2026-08-31"));
        assert_eq!(cycle("alpine-linux", "3.10").eol_from.as_deref(), Some("2021-05-01"));
        // No date, but marked as ended; no date and alive.
        assert_eq!(cycle("made-up", "1").eol_from.as_deref(), Some("1970-01-01"));
        assert_eq!(cycle("made-up", "2").eol_from, None);
    }
}
