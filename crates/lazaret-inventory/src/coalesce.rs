//! Layers laid over each other, as a container runtime does it: whiteouts, opaque directories, files in place of
//! directories, links.

use std::sync::Arc;

use lazaret_model::{ImageFacts, Inventory, Problem, ProblemKind};

use crate::{DetectorSet, LayerInventory};

mod flat;
mod hits;
mod identified;
mod listed;
mod log;
mod modified;
mod note;
mod os;
mod overlay;
mod owner;
mod packages;
mod purl;
mod remains;

pub use os::advisory_stream;

/// The packages of an image from its layers, lowest first, as `facts.diff_ids` has them; `set` is what looked.
pub fn coalesce(facts: &ImageFacts, layers: &[Arc<LayerInventory>], set: &DetectorSet) -> Inventory {
    let mut problems = Vec::new();
    if layers.len() != facts.diff_ids.len() {
        let message = format!("{} layers were read, the configuration names {}", layers.len(), facts.diff_ids.len());
        problems.push(Problem::new(ProblemKind::LayerUnreadable, "", message));
    }
    for (index, layer) in layers.iter().enumerate() {
        problems.extend(layer.problems.iter().cloned());
        check_diff_id(facts, index, layer, &mut problems);
    }
    let image = flat::flatten(layers);
    problems.extend(image.problems.iter().cloned());
    problems.extend(image.files().flat_map(|file| file.facts.problems.iter().cloned()));

    let os = os::release(&image);
    let mut packages = packages::collect(&image, &facts.diff_ids, os.as_ref());
    let owners = owner::owners(&image, &packages);
    owner::provide(&owners, &mut packages);
    note::apply(&image, &mut packages);
    problems.extend(log::problems(&image));
    problems.extend(listed::problems(&image, &packages));
    problems.extend(os::problems(&image, os.as_ref(), &packages));
    problems.extend(remains::problems(&image, layers, &packages));
    problems.extend(owner::unsupported(&image, &owners));
    note::claims(&image, &owners, os.as_ref(), &mut packages);
    problems.extend(packages::without_version(&packages));
    let (modified, not_compared) = modified::find(&image, layers, &packages, &facts.diff_ids).unwrap_or_default();
    problems.extend(not_compared);
    problems.sort();
    problems.dedup();
    let mut ssh_servers: Vec<_> =
        image.files().filter(|file| file.facts.ssh_server).map(|file| file.path.to_owned()).collect();
    ssh_servers.sort();
    let identified = identified::identified(&image, layers, &owners);
    let os_packages = image.files().any(|file| file.facts.database.is_some());
    let hits = hits::of(&image, layers, &facts.diff_ids);
    // the tree is as large as the list that follows
    drop(image);
    Inventory {
        os_packages,
        os,
        packages: packages.into_packages(),
        ssh_servers,
        problems,
        identified: Some(identified),
        secrets: hits.secrets,
        malware: hits.malware,
        modified,
        detectors: set.names(),
        entries: layers.iter().map(|layer| layer.entries).sum(),
    }
}

/// A layer from a cache was verified against its digest; which diff id it must have is said by each image.
fn check_diff_id(facts: &ImageFacts, index: usize, layer: &LayerInventory, problems: &mut Vec<Problem>) {
    let (Some(wanted), Some(actual)) = (facts.diff_ids.get(index), &layer.diff_id) else { return };
    let told = layer.problems.iter().any(|problem| problem.kind == ProblemKind::DigestMismatch);
    if wanted.algorithm() == actual.algorithm() && wanted != actual && !told {
        let message = format!("layer {} has the diff id {actual}, the configuration says {wanted}", index + 1);
        problems.push(Problem::new(ProblemKind::DigestMismatch, "", message));
    }
}
