//! CISA's catalogue of known exploited vulnerabilities: joined by CVE.
//! <https://www.cisa.gov/known-exploited-vulnerabilities-catalog>

use serde::Deserialize;

use super::{Feed, FeedFile, ParseError, Parsed, read_limited, single};
use crate::fetch::{Fetch, FetchError};

const URL: &str = "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json";
const LIMIT: u64 = 64 << 20;

pub(crate) struct Kev;

#[derive(Deserialize)]
struct Catalogue {
    vulnerabilities: Vec<Entry>,
    count: Option<u64>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(rename = "cveID")]
    cve: String,
}

impl Feed for Kev {
    fn name(&self) -> &'static str {
        "kev"
    }

    fn ecosystems(&self) -> &'static [&'static str] {
        &[]
    }

    fn fetch(&self, source: &mut dyn Fetch) -> Result<Vec<FeedFile>, FetchError> {
        Ok(vec![source.required("known_exploited_vulnerabilities.json", URL, LIMIT)?])
    }

    fn parse(&self, files: &[FeedFile]) -> Result<Parsed, ParseError> {
        let file = single(files)?;
        let bytes = read_limited(&file.path, LIMIT)?;
        let catalogue: Catalogue = serde_json::from_slice(&bytes).map_err(|e| ParseError::broken(&file.name, e))?;
        let found = catalogue.vulnerabilities.len() as u64;
        if let Some(count) = catalogue.count.filter(|count| *count != found) {
            return Err(ParseError::broken(&file.name, format!("{found} entries, but it says {count}")));
        }
        let exploited = catalogue.vulnerabilities.into_iter().map(|entry| entry.cve).collect();
        Ok(Parsed { exploited, count: found, ..Parsed::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::tests::file;

    #[test]
    fn recorded_catalogue() {
        let (_dir, file) = file("kev.json", include_bytes!("../../testdata/kev/known_exploited_vulnerabilities.json"));
        let parsed = Kev.parse(&[file]).unwrap();
        assert_eq!(parsed.exploited, ["CVE-2021-44228", "CVE-2014-0160"]);
        assert_eq!(parsed.count, 2);
    }

    #[test]
    fn cut_catalogue_fails() {
        let bytes = include_bytes!("../../testdata/kev/known_exploited_vulnerabilities.json");
        let (_dir, file) = file("kev.json", &bytes[..bytes.len() - 9]);
        assert!(Kev.parse(&[file]).unwrap_err().to_string().contains("not intact"));
    }
}
