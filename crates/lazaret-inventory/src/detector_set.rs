//! Which detectors look at a layer.

use std::sync::Arc;

use crate::{
    list::{DETECTORS, key},
    malware::MalwareLists,
};

/// What is only looked for when asked: it costs time, or says nothing that every image needs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Extra {
    Secrets,
    Integrity,
    Malware,
    Licenses,
}

impl Extra {
    pub const ALL: [Self; 4] = [Self::Secrets, Self::Integrity, Self::Malware, Self::Licenses];

    /// As in `--with`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Secrets => "secrets",
            Self::Integrity => "integrity",
            Self::Malware => "malware",
            Self::Licenses => "licenses",
        }
    }

    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|extra| extra.name() == name)
    }
}

/// A set of detectors, by their place in the list.
#[derive(Clone, Debug)]
pub struct DetectorSet {
    bits: u64,
    /// Lists of the user, beside the built-in one.
    malware: Option<Arc<MalwareLists>>,
}

impl PartialEq for DetectorSet {
    fn eq(&self, other: &Self) -> bool {
        self.bits == other.bits && self.malware().digest() == other.malware().digest()
    }
}

impl Eq for DetectorSet {}

impl DetectorSet {
    /// Those that look at every image.
    pub fn standard() -> Self {
        Self::with(&[])
    }

    /// Those, and what is asked for.
    pub fn with(extras: &[Extra]) -> Self {
        let wanted = |extra: Option<Extra>| extra.is_none_or(|extra| extras.contains(&extra));
        let chosen = (0..DETECTORS.len()).filter(|index| wanted(DETECTORS[*index].extra()));
        Self { bits: chosen.fold(0, |bits, index| bits | 1 << index), malware: None }
    }

    /// With these lists of harmful files.
    #[must_use]
    pub fn with_malware(self, lists: Arc<MalwareLists>) -> Self {
        Self { malware: Some(lists), ..self }
    }

    pub(crate) fn malware(&self) -> Arc<MalwareLists> {
        self.malware.clone().unwrap_or_else(MalwareLists::builtin)
    }

    /// Under which a layer's facts of one detector are kept: `dpkg/1`, and what it was told to look for where that is
    /// more than the program brings: `malware/1+ab12...`.
    pub(crate) fn key(&self, index: usize) -> String {
        let name = key(index);
        match &self.malware {
            Some(lists) if !lists.digest().is_empty() && name.starts_with("malware/") => {
                format!("{name}+{}", lists.digest())
            }
            _ => name,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.bits == 0
    }

    /// Whether a detector of it looks for this.
    pub(crate) fn has(&self, extra: Extra) -> bool {
        self.indexes().any(|index| DETECTORS[index].extra() == Some(extra))
    }

    pub(crate) fn contains(&self, index: usize) -> bool {
        self.bits & 1 << index != 0
    }

    /// Places in the list.
    pub(crate) fn indexes(&self) -> impl Iterator<Item = usize> {
        let bits = self.bits;
        (0..DETECTORS.len()).filter(move |index| bits & 1 << index != 0)
    }

    /// Those of this set for which `keep` says yes.
    pub(crate) fn filter(&self, keep: impl Fn(usize) -> bool) -> Self {
        let bits = self.indexes().filter(|index| keep(*index)).fold(0, |bits, index| bits | 1 << index);
        Self { bits, malware: self.malware.clone() }
    }

    /// `dpkg/1`, ...
    pub fn names(&self) -> Vec<String> {
        self.indexes().map(|index| self.key(index)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extras_are_asked_for() {
        let (standard, all) = (DetectorSet::standard(), DetectorSet::with(&Extra::ALL));
        assert!(standard.names().contains(&crate::list::key(0)));
        assert_eq!(all.names().len(), DETECTORS.len());
        assert!(standard.indexes().all(|index| all.contains(index) && DETECTORS[index].extra().is_none()));
        assert!(standard.filter(|_| false).is_empty());
        assert!(Extra::ALL.into_iter().all(|extra| Extra::named(extra.name()) == Some(extra)));
        assert!(DETECTORS.len() <= 64, "the set has 64 places");
    }
}
