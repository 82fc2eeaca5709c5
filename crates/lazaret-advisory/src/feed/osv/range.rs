//! Events of one OSV range to half-open intervals, by the schema's evaluation algorithm.

use std::cmp::Ordering;

use lazaret_model::AffectedRange;
use lazaret_version::Scheme;

use super::document::Event;

enum Step<'a> {
    Introduced(&'a str),
    Fixed(&'a str),
    LastAffected(&'a str),
}

impl<'a> Step<'a> {
    fn version(&self) -> &'a str {
        match self {
            Self::Introduced(v) | Self::Fixed(v) | Self::LastAffected(v) => v,
        }
    }
}

/// The intervals in which a walk over the sorted events leaves the switch on. `last_known` bounds an interval that
/// has no end of its own. A `limit` other than `*` bounds from above as a fix would.
pub(super) fn intervals(scheme: Scheme, events: &[Event], last_known: Option<&str>) -> Vec<AffectedRange> {
    let mut steps = Vec::new();
    for event in events {
        steps.extend(event.introduced.as_deref().map(Step::Introduced));
        steps.extend(event.fixed.as_deref().map(Step::Fixed));
        steps.extend(event.last_affected.as_deref().map(Step::LastAffected));
    }
    // Stable: events of one version keep the order of the document. "0" is a marker before every version.
    steps.sort_by(|a, b| match (is_zero(a), is_zero(b)) {
        (true, false) => Ordering::Less,
        (false, true) => Ordering::Greater,
        _ => scheme.compare(a.version(), b.version()),
    });
    let mut found: Vec<AffectedRange> = Vec::new();
    let mut open: Option<&str> = None;
    for step in steps {
        match step {
            Step::Introduced(version) => open = open.or(Some(version)),
            Step::Fixed(version) => {
                if let Some(start) = open.take().filter(|start| is_before(scheme, start, version)) {
                    found.push(interval(start, Some(version), None));
                }
            }
            Step::LastAffected(version) => {
                if let Some(start) = open.take() {
                    found.push(interval(start, None, Some(version)));
                }
            }
        }
    }
    if let Some(start) = open {
        found.push(bounded(start, last_known));
    }
    limited(scheme, found, events)
}

fn is_zero(step: &Step<'_>) -> bool {
    matches!(step, Step::Introduced("0"))
}

fn is_before(scheme: Scheme, start: &str, end: &str) -> bool {
    start == "0" || scheme.compare(start, end) == Ordering::Less
}

fn interval(start: &str, fixed: Option<&str>, last: Option<&str>) -> AffectedRange {
    AffectedRange {
        introduced: Some(start.to_owned()),
        fixed: fixed.map(str::to_owned),
        last_affected: last.map(str::to_owned),
    }
}

fn bounded(start: &str, last_known: Option<&str>) -> AffectedRange {
    let bound = last_known.map(str::trim).unwrap_or_default();
    match (bound.strip_prefix("<="), bound.strip_prefix('<')) {
        (Some(last), _) if !last.trim().is_empty() => interval(start, None, Some(last.trim())),
        (None, Some(end)) if !end.trim().is_empty() => interval(start, Some(end.trim()), None),
        _ => interval(start, None, None),
    }
}

fn limited(scheme: Scheme, found: Vec<AffectedRange>, events: &[Event]) -> Vec<AffectedRange> {
    let limits: Vec<&str> = events.iter().filter_map(|event| event.limit.as_deref()).collect();
    let Some(limit) = limits.iter().copied().max_by(|a, b| scheme.compare(a, b)) else { return found };
    if limits.contains(&"*") {
        return found;
    }
    let within =
        |range: &AffectedRange| range.introduced.as_deref().is_none_or(|start| is_before(scheme, start, limit));
    let cut = |mut range: AffectedRange| {
        let beyond = |end: &Option<String>| end.as_deref().is_none_or(|end| scheme.compare(end, limit).is_ge());
        if beyond(&range.fixed) && beyond(&range.last_affected) {
            (range.fixed, range.last_affected) = (Some(limit.to_owned()), None);
        }
        range
    };
    found.into_iter().filter(within).map(cut).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(text: &str) -> Vec<Event> {
        let parsed = text.split_whitespace().map(|word| {
            let (kind, version) = word.split_once('=').unwrap();
            let version = Some(version.to_owned());
            match kind {
                "i" => Event { introduced: version, ..Event::default() },
                "f" => Event { fixed: version, ..Event::default() },
                "l" => Event { last_affected: version, ..Event::default() },
                _ => Event { limit: version, ..Event::default() },
            }
        });
        parsed.collect()
    }

    fn show(text: &str, last_known: Option<&str>) -> String {
        let ranges = intervals(Scheme::Semver, &events(text), last_known);
        let show = |range: &AffectedRange| {
            let start = range.introduced.clone().unwrap_or_default();
            match (&range.fixed, &range.last_affected) {
                (Some(end), _) => format!("{start} .. {end}"),
                (_, Some(last)) => format!("{start} ..= {last}"),
                _ => format!("{start} .."),
            }
        };
        ranges.iter().map(show).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn events_become_intervals() {
        assert_eq!(show("i=0 f=1.0.0", None), "0 .. 1.0.0");
        assert_eq!(show("f=2.1.0 i=2.0.0 f=1.0.1 i=0", None), "0 .. 1.0.1, 2.0.0 .. 2.1.0");
        assert_eq!(show("i=1.0.0 l=1.5.0 i=2.0.0", None), "1.0.0 ..= 1.5.0, 2.0.0 ..");
        assert_eq!(show("i=1.0.0 i=1.2.0 f=1.3.0 f=1.4.0", None), "1.0.0 .. 1.3.0");
        assert_eq!(show("f=1.0.0", None), "");
        assert_eq!(show("i=1.0.0 f=1.0.0", None), "");
        assert_eq!(show("i=0.0.0-0 f=1.0.0", None), "0.0.0-0 .. 1.0.0");
    }

    #[test]
    fn last_known_bounds_only_what_is_open() {
        assert_eq!(show("i=0", Some("<= 1.2.3")), "0 ..= 1.2.3");
        assert_eq!(show("i=0", Some("< 1.2.3")), "0 .. 1.2.3");
        assert_eq!(show("i=0 f=1.0.0", Some("<= 0.9.0")), "0 .. 1.0.0");
        assert_eq!(show("i=0", Some("nonsense")), "0 ..");
    }

    #[test]
    fn limits_cut() {
        assert_eq!(show("i=0 m=2.0.0", None), "0 .. 2.0.0");
        assert_eq!(show("i=0 m=*", None), "0 ..");
        assert_eq!(show("i=0 f=1.0.0 i=3.0.0 m=2.0.0", None), "0 .. 1.0.0");
    }
}
