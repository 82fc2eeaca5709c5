//! What is judged: an image's facts and its inventory.

use lazaret_model::{ImageFacts, Inventory};
use serde::{Deserialize, Serialize};

/// Everything that a judgement knows of an image. No byte of the image is read again.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Subject {
    pub facts: ImageFacts,
    pub inventory: Inventory,
}
