//! What can execute in a layer, under all its names.

use super::{MAX_LINK_BYTES, MAX_LINKS};
use crate::{
    detector::Candidate,
    loadable::{Kind, Loadables},
    path_set::{PathHash, PathMap},
};

#[derive(Default)]
pub(super) struct Programs {
    loadables: Loadables,
    /// Hard links to files of this layer.
    aliases: Vec<(String, PathHash)>,
    alias_bytes: usize,
}

impl Programs {
    /// `false` when there is no room.
    pub(super) fn see(&mut self, file: &Candidate<'_>, bytes: u64) -> bool {
        Kind::of(file).is_none_or(|kind| self.loadables.push(file.path, bytes, kind, None))
    }

    /// Remembers another name of a file; `false` when there is no room.
    pub(super) fn link(&mut self, path: &str, target: &str) -> bool {
        self.alias_bytes += path.len();
        if self.aliases.len() >= MAX_LINKS || self.alias_bytes > MAX_LINK_BYTES {
            return false;
        }
        self.aliases.push((path.to_owned(), PathHash::of(target)));
        true
    }

    /// Programs with all their names: the one by which they came may be removed later. `None` when there is no room.
    pub(super) fn finish(mut self) -> Option<Loadables> {
        let mut places: PathMap<Option<(usize, u64, Kind)>> =
            self.aliases.iter().map(|(_, target)| (*target, None)).collect();
        if places.is_empty() {
            return Some(self.loadables);
        }
        let mut place = 0;
        self.loadables.each(|file| {
            if let Some(found) = places.get_mut(&PathHash::of(&file.path)) {
                *found = Some((place, file.bytes, file.kind));
            }
            place += 1;
        });
        for (path, target) in self.aliases {
            // a link to a link has the first one's place
            let found = places.get(&target).copied().flatten();
            let Some((place, bytes, kind)) = found else { continue };
            if !self.loadables.push(&path, bytes, kind, Some(place)) {
                return None;
            }
            if let Some(known) = places.get_mut(&PathHash::of(&path)) {
                *known = found;
            }
        }
        Some(self.loadables)
    }
}
