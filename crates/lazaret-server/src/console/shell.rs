//! What stands around every page: who is signed in, and which advisory data verdicts rest on.

use lazaret_assess::Judge;
use lazaret_model::Timestamp;

use super::{
    assets,
    text::{Moment, cut, span},
    visit::Visit,
};
use crate::App;

pub(crate) struct Shell {
    pub style: &'static str,
    pub icon: &'static str,
    pub who: Option<Who>,
    pub advisories: AdvisoryLine,
    /// Seconds after which the page loads itself again; 0 = never.
    pub refresh: u32,
}

pub(crate) struct Who {
    pub name: String,
    pub id: String,
    /// What each form must carry.
    pub form_token: String,
}

/// The snapshot of advisories in force.
pub(crate) struct AdvisoryLine {
    pub snapshot: String,
    pub snapshot_full: String,
    pub starter: bool,
    /// The starter set counts as advisory data (`advisories.accept_starter`).
    pub accepted: bool,
    pub feeds: usize,
    pub records: u64,
    /// When the feed that was looked at longest ago was looked at.
    pub checked: Option<Moment>,
    /// That is longer ago than `advisories.max_age`, which is this long.
    pub stale: Option<String>,
}

impl Shell {
    pub(super) fn of(visit: &Visit) -> Self {
        let mut shell = Self::bare(&visit.app);
        shell.who = visit.visitor().map(|visitor| Who {
            name: cut(&visitor.caller.principal.name, 60),
            id: visitor.caller.principal.id.clone(),
            form_token: visitor.session.form_token.clone(),
        });
        shell
    }

    /// For nobody.
    pub(super) fn bare(app: &App) -> Self {
        Self {
            style: assets::style(),
            icon: assets::icon(),
            who: None,
            advisories: AdvisoryLine::of(&app.judge.load(), app.now()),
            refresh: 0,
        }
    }

    #[must_use]
    pub(super) const fn refreshing(mut self, seconds: u32) -> Self {
        self.refresh = seconds;
        self
    }
}

impl AdvisoryLine {
    fn of(judge: &Judge, now: Timestamp) -> Self {
        let (snapshot, settings) = (judge.snapshot(), judge.settings());
        let oldest = snapshot.feeds.iter().map(|feed| feed.checked).min().filter(|_| !snapshot.starter);
        let age = oldest.map(|then| now.as_millis().saturating_sub(then.as_millis()));
        let limit = i64::try_from(settings.max_age.as_millis()).unwrap_or(i64::MAX);
        Self {
            snapshot: snapshot.id.short().to_owned(),
            snapshot_full: snapshot.id.to_string(),
            starter: snapshot.starter,
            accepted: settings.accept_starter,
            feeds: snapshot.feeds.len(),
            records: snapshot.feeds.iter().map(|feed| feed.records).sum(),
            checked: oldest.map(|then| Moment::of(then, now)),
            stale: age.filter(|age| *age > limit).map(|_| span(limit / 1000)),
        }
    }
}
