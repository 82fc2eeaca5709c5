//! Secrets and harmful files: of every layer, whether a later one removes them or not. Who has the layer has the file.

use std::{collections::HashMap, sync::Arc};

use lazaret_model::{Digest, Malware, Secret};

use super::flat::FlatImage;
use crate::{
    LayerInventory,
    layer::{FileFacts, FoundSecret},
    secret,
};

/// Secrets of one layer that are told one by one, and harmful files.
const MAX_TOLD: usize = 1_000;

/// Sorted.
#[derive(Default)]
pub(super) struct AllHits {
    pub(super) secrets: Vec<Secret>,
    pub(super) malware: Vec<Malware>,
}

/// A file with hits, in its layer.
struct Place<'a> {
    path: &'a str,
    layer: Option<&'a Digest>,
    removed_in: Option<&'a Digest>,
}

pub(super) fn of(image: &FlatImage<'_>, layers: &[Arc<LayerInventory>], diff_ids: &[Digest]) -> AllHits {
    let removed: HashMap<(*const FileFacts, usize), usize> =
        image.removed.iter().map(|(facts, held, by)| ((std::ptr::from_ref(*facts), *held), *by)).collect();
    let mut all = AllHits::default();
    for (index, layer) in layers.iter().enumerate() {
        let (secrets, malware) = (all.secrets.len(), all.malware.len());
        let mut left_out = 0;
        for facts in &layer.files {
            let Some(hits) = &facts.hits else { continue };
            let by = removed.get(&(std::ptr::from_ref(facts), index));
            let removed_in = by.and_then(|by| diff_ids.get(*by));
            let place = Place { path: &facts.path, layer: diff_ids.get(index), removed_in };
            let room = MAX_TOLD.saturating_sub(all.secrets.len() - secrets);
            all.secrets.extend(hits.secrets.iter().take(room).filter_map(|found| place.secret(found)));
            if room > 0 && hits.more_secrets > 0 {
                tell_more(&mut all.secrets, hits.more_secrets, "file");
            }
            left_out += hits.secrets.len().saturating_sub(room) as u64;
            let room = MAX_TOLD.saturating_sub(all.malware.len() - malware);
            all.malware.extend(hits.malware.iter().take(room).map(|found| Malware {
                name: found.name.clone(),
                path: facts.path.clone(),
                evidence: found.evidence.clone(),
                layer: place.layer.cloned(),
                removed_in: place.removed_in.cloned(),
            }));
        }
        if left_out > 0 {
            tell_more(&mut all.secrets, left_out, "layer");
        }
    }
    all.secrets.sort();
    all.malware.sort();
    all
}

impl Place<'_> {
    fn secret(&self, found: &FoundSecret) -> Option<Secret> {
        let kind = secret::kinds().find(|kind| kind.id == found.rule)?;
        Some(Secret {
            rule: found.rule.clone(),
            title: kind.title().to_owned(),
            severity: kind.severity,
            path: self.path.to_owned(),
            line: found.line,
            excerpt: found.excerpt.clone(),
            layer: self.layer.cloned(),
            removed_in: self.removed_in.cloned(),
        })
    }
}

/// The last one that is told says how many are not. That there are secrets is known, so the scan is not incomplete.
fn tell_more(secrets: &mut [Secret], count: u64, of: &str) {
    if let Some(last) = secrets.last_mut() {
        last.excerpt = format!("{}, and {count} more in this {of}", last.excerpt);
    }
}
