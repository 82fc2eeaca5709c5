//! EPSS: the probability that a CVE is exploited within 30 days. <https://www.first.org/epss/data_stats>

use std::io::Read;

use super::{Feed, FeedFile, ParseError, Parsed, read_limited, single};
use crate::fetch::{Fetch, FetchError};

const URL: &str = "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz";
const LIMIT: u64 = 64 << 20;
/// 300,000 rows are 9 MB.
const UNPACKED: u64 = 256 << 20;

pub(crate) struct Epss;

impl Feed for Epss {
    fn name(&self) -> &'static str {
        "epss"
    }

    fn ecosystems(&self) -> &'static [&'static str] {
        &[]
    }

    fn fetch(&self, source: &mut dyn Fetch) -> Result<Vec<FeedFile>, FetchError> {
        Ok(vec![source.required("epss_scores-current.csv.gz", URL, LIMIT)?])
    }

    /// First line `#model_version:...,score_date:...` (absent before 2022), then a header, then `cve,epss[,percentile]`.
    fn parse(&self, files: &[FeedFile]) -> Result<Parsed, ParseError> {
        let file = single(files)?;
        let text = gunzip(file)?;
        let broken = |what: String| ParseError::broken(&file.name, what);
        let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).flexible(true).from_reader(text.as_slice());
        let headers = reader.headers().map_err(|e| broken(e.to_string()))?;
        if headers.get(0) != Some("cve") || headers.get(1) != Some("epss") {
            return Err(broken("its columns are not cve,epss".to_owned()));
        }
        let mut epss = Vec::new();
        for row in reader.records() {
            let row = row.map_err(|e| broken(e.to_string()))?;
            let (Some(cve), Some(score)) = (row.get(0), row.get(1)) else {
                return Err(broken(format!("row {} has no score", epss.len() + 1)));
            };
            if score.len() > 20 || !score.parse::<f64>().is_ok_and(|p| (0.0..=1.0).contains(&p)) {
                return Err(broken(format!("{cve} has the score {score:?}")));
            }
            epss.push((cve.to_owned(), score.to_owned()));
        }
        let count = epss.len() as u64;
        Ok(Parsed { epss, count, ..Parsed::default() })
    }
}

/// All members of the gzip file, to its end: a cut or padded one is an error.
fn gunzip(file: &FeedFile) -> Result<Vec<u8>, ParseError> {
    let bytes = read_limited(&file.path, LIMIT)?;
    let mut text = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes.as_slice())
        .take(UNPACKED + 1)
        .read_to_end(&mut text)
        .map_err(|e| ParseError::broken(&file.name, e))?;
    if text.len() as u64 > UNPACKED {
        return Err(ParseError::broken(&file.name, format!("unpacks to more than {UNPACKED} bytes")));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feed::tests::file;

    const CURRENT: &[u8] = include_bytes!("../../testdata/epss/epss_scores-current.csv.gz");

    #[test]
    fn recorded_scores() {
        let (_dir, current) = file("e.csv.gz", CURRENT);
        let parsed = Epss.parse(&[current]).unwrap();
        assert_eq!(parsed.count, 3);
        assert!(parsed.epss.iter().any(|(cve, score)| cve == "CVE-2021-44228" && score.starts_with("0.9")));
        // Before 2022 there was no comment, before September 2021 no percentile.
        let (_dir, old) = file("o.csv.gz", include_bytes!("../../testdata/epss/epss_scores-2021-04-14.csv.gz"));
        assert!(Epss.parse(&[old]).unwrap().count > 0);
    }

    #[test]
    fn cut_and_padded_files_fail() {
        for bytes in [&CURRENT[..CURRENT.len() - 5], &[CURRENT, b"junk"].concat()] {
            let (_dir, file) = file("e.csv.gz", bytes);
            assert!(Epss.parse(&[file]).is_err());
        }
    }
}
