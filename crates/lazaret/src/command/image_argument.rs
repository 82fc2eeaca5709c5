//! `repository:tag` or `repository@digest`, as commands on the store take them.

use anyhow::{anyhow, bail};
use lazaret_model::{Digest, Repository, Tag};
use lazaret_store::{ManifestRow, Store};

use crate::exit::Usage;

/// An image of the registry, found in the store.
pub(crate) struct StoredImage {
    pub(crate) repository: Repository,
    pub(crate) row: ManifestRow,
}

/// Finds the image; a tag means its newest push.
pub(crate) fn find(store: &Store, text: &str) -> anyhow::Result<StoredImage> {
    let usage = |e: &dyn std::fmt::Display| Usage(format!("{text:?}: {e}; write repository:tag or repository@digest"));
    let (repository, digest) = if let Some((name, digest)) = text.split_once('@') {
        let name = name.split_once(':').map_or(name, |(n, _)| n);
        (Repository::parse(name).map_err(|e| usage(&e))?, Digest::parse(digest).map_err(|e| usage(&e))?)
    } else {
        let (name, tag) = text.rsplit_once(':').unwrap_or((text, "latest"));
        let repository = Repository::parse(name).map_err(|e| usage(&e))?;
        let tag = Tag::parse(tag).map_err(|e| usage(&e))?;
        let Some(row) = store.tag(&repository, &tag)? else {
            bail!("{repository} has no tag {tag} here; `lazaret admin repository list` shows what there is");
        };
        (repository, row.newest)
    };
    let row = store.manifest(&repository, &digest)?.ok_or_else(|| {
        anyhow!("{repository}@{digest} is not here; `lazaret admin repository list` shows what there is")
    })?;
    Ok(StoredImage { repository, row })
}
