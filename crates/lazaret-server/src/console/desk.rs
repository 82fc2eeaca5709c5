//! What the console keeps in memory between requests; all of it may be lost at a restart.

use super::{brief::Briefs, session::Sessions, throttle::Throttle};

/// One for each [`crate::App`].
#[derive(Default)]
pub(crate) struct Desk {
    pub(super) sessions: Sessions,
    pub(super) throttle: Throttle,
    pub(super) briefs: Briefs,
}
