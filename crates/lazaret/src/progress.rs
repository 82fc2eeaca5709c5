//! Progress bars on stderr, only when it is a terminal.

use std::{collections::BTreeMap, io::IsTerminal, sync::Mutex};

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

/// One bar per layer that is being read.
pub(crate) struct LayerBars {
    bars: MultiProgress,
    running: Mutex<BTreeMap<usize, ProgressBar>>,
    shown: bool,
}

impl LayerBars {
    pub(crate) fn new() -> Self {
        Self { bars: MultiProgress::new(), running: Mutex::default(), shown: std::io::stderr().is_terminal() }
    }

    /// Leaves a clean terminal behind.
    pub(crate) fn finish(&self) {
        // A terminal that is gone cannot be cleaned.
        let _ = self.bars.clear();
    }

    fn running(&self) -> std::sync::MutexGuard<'_, BTreeMap<usize, ProgressBar>> {
        self.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl lazaret_inventory::Progress for LayerBars {
    fn layer_started(&self, index: usize, of: usize, bytes: u64) {
        if self.shown {
            let bar = self.bars.add(bar(bytes, &format!("layer {} of {of}", index + 1)));
            self.running().insert(index, bar);
        }
    }

    fn layer_advanced(&self, index: usize, bytes: u64) {
        if let Some(bar) = self.running().get(&index) {
            bar.set_position(bytes);
        }
    }

    fn layer_done(&self, index: usize) {
        if let Some(bar) = self.running().remove(&index) {
            bar.finish_and_clear();
        }
    }
}

/// Does `work`, which tells the bytes so far of a total that nobody knows.
pub(crate) fn counted<T>(name: &str, work: impl FnOnce(&dyn Fn(u64)) -> T) -> T {
    if !std::io::stderr().is_terminal() {
        return work(&|_| {});
    }
    let bar = bar(0, name);
    let result = work(&|bytes| bar.set_position(bytes));
    bar.finish_and_clear();
    result
}

/// A bar with bytes and rate; a spinner where the total is not known.
pub(crate) fn bar(bytes: u64, name: &str) -> ProgressBar {
    let template = if bytes == 0 {
        "{prefix:<24} {spinner} {bytes} {bytes_per_sec}"
    } else {
        "{prefix:<24} [{bar:30}] {bytes}/{total_bytes} {bytes_per_sec}"
    };
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(bytes).with_style(style.progress_chars("=> ")).with_prefix(name.to_owned())
}
