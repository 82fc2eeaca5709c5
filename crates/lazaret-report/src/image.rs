//! What every format is given.

use lazaret_model::{Decision, ImageFacts, Inventory};

/// One judged image (one platform).
#[derive(Clone, Copy, Debug)]
pub struct ImageReport<'a> {
    pub facts: &'a ImageFacts,
    pub inventory: &'a Inventory,
    pub decision: &'a Decision,
    /// Whether digest and diff id of every layer were computed and agreed.
    pub layers_verified: bool,
}
