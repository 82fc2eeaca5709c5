//! What every format is given.

use lazaret_model::{Decision, ImageFacts, Inventory, Outcome};

/// One judged image (one platform).
#[derive(Clone, Copy, Debug)]
pub struct ImageReport<'a> {
    pub facts: &'a ImageFacts,
    pub inventory: &'a Inventory,
    pub decision: &'a Decision,
    /// Whether digest and diff id of every layer were computed and agreed.
    pub layers_verified: bool,
}

/// The worst outcome: deny, else incomplete, else allow. Of no image at all: incomplete.
pub fn overall(images: &[ImageReport<'_>]) -> Outcome {
    let any = |outcome| images.iter().any(|image| image.decision.verdict.outcome == outcome);
    if any(Outcome::Deny) {
        Outcome::Deny
    } else if images.is_empty() || any(Outcome::Incomplete) {
        Outcome::Incomplete
    } else {
        Outcome::Allow
    }
}
