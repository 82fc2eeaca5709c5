//! Reads a layer that no tap has followed, so that the judgement of its image finds it done.

use lazaret_inventory::DetectorSet;
use lazaret_model::Digest;

use super::{Context, JobError};
use crate::tap::{MAGIC, looks_like_layer, read_full};

pub(crate) fn run(context: &Context, digest: &Digest, media_type: &str) -> Result<(), JobError> {
    let Some((mut file, _)) = context.store.open_blob(digest)? else { return Ok(()) };
    let mut head = [0; MAGIC];
    let length = read_full(&mut file, &mut head);
    if looks_like_layer(&head[..length]) {
        context.layers.scan(digest, media_type, &DetectorSet::standard())?;
    }
    Ok(())
}
