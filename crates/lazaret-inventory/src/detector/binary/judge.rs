//! From evidence to a package. Two sorts of evidence make it sure; versions that disagree make none.

use super::{
    evidence::Evidence,
    table::{Kind, Row},
};

/// What is known of a file about one row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Judged {
    /// Empty where it is not known.
    pub(super) version: String,
    pub(super) sure: bool,
    /// Whether it is inside the file, and does not say what the file is.
    pub(super) part: bool,
}

/// `soname` is how the file calls itself. There is more than one where a file has several copies of a library.
pub(super) fn judge(row: &Row, evidence: &Evidence, soname: Option<&str>) -> Vec<Judged> {
    let judged = as_one(row, evidence, soname);
    let copies = evidence.versions.len() > 1 && evidence.versions.values().all(|bits| bits.count_ones() > 1);
    match judged {
        Some(one) if one.version.is_empty() && copies => {
            let of = |version: &String| Judged { version: version.clone(), sure: !row.unproven, part: one.part };
            evidence.versions.keys().map(of).collect()
        }
        judged => judged.into_iter().collect(),
    }
}

fn as_one(row: &Row, evidence: &Evidence, soname: Option<&str>) -> Option<Judged> {
    let named = soname.is_some_and(|soname| row.is_named(soname));
    if evidence.unless || (row.whole_only && !named) {
        return None;
    }
    let others = evidence.also.count_ones() + u32::from(evidence.symbols) + u32::from(named);
    if others < row.needs {
        return None;
    }
    let templates = evidence.versions.values().fold(0, |all, bits| all | bits).count_ones();
    let node = evidence.node.filter(|_| named).and_then(|node| row.of_node(node));
    // a text that stands alone may be anything, so it only counts where nothing better is
    let alone = row.counts_alone(soname);
    let bare: Vec<&str> =
        evidence.bare.iter().filter(|text| alone && !row.other.contains(text)).map(String::as_str).collect();
    let (version, weight) = if !evidence.versions.is_empty() || !evidence.returned.is_empty() {
        let stated: Vec<&str> = evidence.versions.keys().chain(&evidence.returned).map(String::as_str).collect();
        (agreed(&stated), templates + u32::from(!evidence.returned.is_empty()))
    } else if !bare.is_empty() {
        (if row.highest { highest(&bare) } else { agreed(&bare) }, 1)
    } else {
        (node.as_deref(), u32::from(node.is_some()))
    };
    let version = match version {
        Some(_) if others == 0 && row.strict => return None,
        Some(version) => version,
        None if row.strict => return None,
        // a name without a version needs more to go by
        None if named || (others + weight >= 2 && (row.kind == Kind::Library || row.is_without_version())) => "",
        None => return None,
    };
    Some(Judged {
        version: version.to_owned(),
        sure: weight + others >= 2 && !row.unproven && (!version.is_empty() || row.is_without_version()),
        part: row.kind == Kind::Library && !named,
    })
}

/// The one version, where the others are only less exact.
fn agreed<'a>(versions: &[&'a str]) -> Option<&'a str> {
    let longest = versions.iter().max_by_key(|version| version.len())?;
    let starts = |version: &&str| {
        longest.strip_prefix(*version).is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    versions.iter().all(starts).then_some(*longest)
}

fn highest<'a>(versions: &[&'a str]) -> Option<&'a str> {
    let numbers = |version: &str| version.split('.').map(|part| part.parse::<u64>().ok()).collect::<Vec<_>>();
    versions.iter().copied().max_by_key(|version| numbers(version))
}
