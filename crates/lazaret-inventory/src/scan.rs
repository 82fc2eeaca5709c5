//! One pass over one layer.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    io::Read,
};

use lazaret_model::{Problem, ProblemKind};
use lazaret_oci::{Body, Entry, EntryKind, LayerSpec, LayerSummary, Limits, Visitor, Want, read_layer, whiteout};

use crate::{
    DetectorSet, Extra, LayerInventory, LayerScan,
    detector::{Candidate, Interest},
    integrity::hashing::Hashing,
    layer::FileFacts,
    list::{DETECTORS, named_directory, reads_by_name},
    path_set::PathHash,
    room,
};

mod pairs;
mod programs;

/// Files with facts, packages, and links with their bytes that one layer may have.
const MAX_FILES: usize = 100_000;
const MAX_PACKAGES: usize = 100_000;
/// Paths that lists of owners may name, in all: 80 MB.
const MAX_OWNED: usize = 5_000_000;
/// Bytes of paths, names, versions and messages of all facts.
const MAX_TEXT: usize = 64 << 20;
const MAX_LINKS: usize = 300_000;
const MAX_LINK_BYTES: usize = 32 << 20;
/// Files of one kind that no detector reads; more would say no more.
const MAX_UNSUPPORTED: usize = 1_000;
/// First bytes that are kept of a file for links to it: what magic needs.
const HEAD: usize = 64;

/// Reads a layer and shows it to the detectors of `set`. `progress` is told the compressed bytes read so far. Never fails:
/// faults are problems inside.
pub fn scan_layer(
    input: &mut (dyn Read + Send),
    spec: &LayerSpec,
    limits: &Limits,
    set: &DetectorSet,
    progress: &(dyn Fn(u64) + Sync),
) -> LayerScan {
    let mut scan = Scan::new(limits, set);
    let summary = read_layer(input, spec, limits, &mut scan, progress);
    scan.finish(summary)
}

/// Everything that one file made detectors say.
struct Kept {
    place: Place,
    head: Vec<u8>,
    mode: u32,
    /// Index of the detector, and what it said.
    parts: Vec<(usize, FileFacts)>,
}

/// How many names and directories had passed; what comes later in the layer may replace what was before.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Place {
    names: usize,
    directories: usize,
}

struct Scan<'a> {
    limits: &'a Limits,
    set: &'a DetectorSet,
    /// The same, less what archives have used up.
    left: Limits,
    files: BTreeMap<String, Kept>,
    /// Content that is no evidence where it lies, but may be through a link (pnpm's store).
    latent: HashMap<PathHash, Kept>,
    /// In order of appearance.
    names: Vec<PathHash>,
    directories: Vec<PathHash>,
    whiteouts: Vec<String>,
    opaque: Vec<String>,
    whiteout_bytes: usize,
    symlinks: BTreeMap<String, (String, Place)>,
    /// Hard links to what had no facts.
    hard_links: Vec<(String, String)>,
    link_bytes: usize,
    programs: programs::Programs,
    packages: usize,
    text: usize,
    owned: usize,
    unsupported: HashMap<String, usize>,
    /// Detectors that asked for the content of the file that passes, as bits.
    asked: u64,
    problems: Vec<Problem>,
    full: bool,
    /// Databases and their write-ahead logs.
    pairs: pairs::Pairs,
    /// Directories that were told by their names.
    named: HashSet<PathHash>,
    /// Where the bytes of files are to be compared with what packages say.
    hashing: Option<Hashing>,
    /// The file that passes is hashed.
    hashed: bool,
}

impl<'a> Scan<'a> {
    fn new(limits: &'a Limits, set: &'a DetectorSet) -> Self {
        Self {
            limits,
            set,
            left: limits.clone(),
            files: BTreeMap::new(),
            latent: HashMap::new(),
            names: Vec::new(),
            directories: Vec::new(),
            whiteouts: Vec::new(),
            opaque: Vec::new(),
            whiteout_bytes: 0,
            symlinks: BTreeMap::new(),
            hard_links: Vec::new(),
            link_bytes: 0,
            programs: programs::Programs::default(),
            packages: 0,
            text: 0,
            owned: 0,
            unsupported: HashMap::new(),
            asked: 0,
            problems: Vec::new(),
            full: false,
            pairs: pairs::Pairs::default(),
            named: HashSet::new(),
            hashing: set.has(Extra::Integrity).then(Hashing::new),
            hashed: false,
        }
    }

    fn place(&self) -> Place {
        Place { names: self.names.len(), directories: self.directories.len() }
    }

    /// Asks the detectors by name; those that need no content speak at once. Gives the others as bits.
    fn ask(&mut self, candidate: &Candidate<'_>) -> u64 {
        let mut asked = 0;
        for index in self.set.indexes() {
            match DETECTORS[index].interest(candidate) {
                Interest::No => {}
                Interest::Content => asked |= 1 << index,
                Interest::Name => self.detect(index, candidate, &Body::memory(&[])),
            }
        }
        asked
    }

    /// Shows a directory whose name says what is in it, at the first entry that is it or lies in it.
    fn named_directory(&mut self, path: &str) {
        let Some((directory, index)) = named_directory(path) else { return };
        if self.set.contains(index) && self.named.len() < MAX_FILES && self.named.insert(PathHash::of(directory)) {
            let mut facts = FileFacts { path: directory.to_owned(), directory: true, ..FileFacts::default() };
            let candidate = Candidate::new(directory, &[], 0o755);
            DETECTORS[index].detect(&candidate, &Body::memory(&[]), &self.left, &mut facts);
            if !facts.packages.is_empty() {
                self.keep(index, &candidate, facts);
            }
        }
    }

    fn detect(&mut self, index: usize, candidate: &Candidate<'_>, body: &Body<'_>) {
        let mut facts = FileFacts { path: candidate.path.to_owned(), ..FileFacts::default() };
        DETECTORS[index].detect_for(self.set, candidate, body, &self.left, &mut facts);
        if facts.inflated > 0 {
            // an archive of ordinary content pays for itself; a bomb eats what all share
            let earned = body.len().saturating_mul(4);
            let left = self.left.archive_bytes.saturating_add(earned).saturating_sub(facts.inflated);
            self.left.archive_bytes = left.min(self.limits.archive_bytes);
            facts.inflated = 0;
        }
        self.keep(index, candidate, facts);
    }

    fn keep(&mut self, index: usize, candidate: &Candidate<'_>, facts: FileFacts) {
        if facts.is_empty() {
            return;
        }
        if let Some(unsupported) = &facts.unsupported {
            let count = self.unsupported.entry(unsupported.what.clone()).or_default();
            *count += 1;
            if *count > MAX_UNSUPPORTED {
                return;
            }
        }
        self.packages += facts.packages.len();
        if self.packages > MAX_PACKAGES || self.files.len() + self.latent.len() >= MAX_FILES {
            return self.overflow("packages or package files");
        }
        self.text += text(&facts);
        if self.text > MAX_TEXT {
            return self.overflow("bytes of package facts");
        }
        self.owned += facts.packages.iter().map(|package| package.owns.len()).sum::<usize>();
        self.owned += facts.owner.as_ref().map_or(0, |owner| owner.owns.len()) + facts.not_installed.len();
        if self.owned > MAX_OWNED {
            return self.overflow("paths in lists of owners");
        }
        let latent = facts.latent;
        let place = self.place();
        let new = || Kept {
            place,
            head: candidate.head[..candidate.head.len().min(HEAD)].to_vec(),
            mode: candidate.mode,
            parts: Vec::new(),
        };
        let kept = if latent {
            self.latent.entry(PathHash::of(candidate.path)).or_insert_with(new)
        } else {
            self.files.entry(candidate.path.to_owned()).or_insert_with(new)
        };
        if kept.place != place {
            // the same path again: the later content counts
            *kept = new();
        }
        kept.parts.push((index, facts));
    }

    /// A database whose log is in the same layer is read again with it, in the order in which they come.
    fn pair(&mut self, candidate: &Candidate<'_>, body: &Body<'_>) {
        let Some(facts) = self.pairs.offer(candidate, body, self.limits) else { return };
        // it may have been replaced since it was read: its place in the layer is what it was
        let Some(kept) = self.files.get_mut(&facts.path) else { return };
        let Some((_, old)) = kept.parts.iter_mut().find(|(_, old)| old.database.is_some()) else { return };
        self.packages += facts.packages.len();
        self.text += text(&facts);
        self.owned += facts.packages.iter().map(|package| package.owns.len()).sum::<usize>();
        *old = facts;
        if self.packages > MAX_PACKAGES || self.text > MAX_TEXT || self.owned > MAX_OWNED {
            self.overflow("packages or files of packages");
        }
    }

    fn overflow(&mut self, what: &str) {
        if !std::mem::replace(&mut self.full, true) {
            let message = format!("the layer has too many {what}; the rest is not recorded");
            self.problems.push(Problem::new(ProblemKind::LimitExceeded, "", message));
        }
    }

    /// What the target said holds for the link too, where its path lets the same detectors speak.
    fn hard_link(&mut self, path: &str, target: &str) {
        let known = self.files.get(target).or_else(|| self.latent.get(&PathHash::of(target)));
        let Some(known) = known else {
            return self.link(path, target, false);
        };
        let (head, mode) = (known.head.clone(), known.mode);
        let candidate = Candidate::new(path, &head, mode);
        let wanted = |index: usize| DETECTORS[index].interest(&candidate) != Interest::No;
        let parts: Vec<_> = known.parts.iter().filter(|(index, _)| wanted(*index)).cloned().collect();
        for (index, mut facts) in parts {
            facts.latent = false;
            path.clone_into(&mut facts.path);
            for problem in &mut facts.problems {
                path.clone_into(&mut problem.path);
            }
            self.keep(index, &candidate, facts);
        }
    }

    fn link(&mut self, path: &str, target: &str, symbolic: bool) {
        self.link_bytes += path.len() + target.len();
        let count = self.symlinks.len() + self.hard_links.len();
        if count >= MAX_LINKS || self.link_bytes > MAX_LINK_BYTES {
            self.overflow("links");
        } else if symbolic {
            let place = self.place();
            self.symlinks.insert(path.to_owned(), (target.to_owned(), place));
        } else {
            self.hard_links.push((path.to_owned(), target.to_owned()));
        }
    }

    fn whiteout(&mut self, path: &str) {
        let Some(whiteout) = whiteout::of(path) else { return };
        self.whiteout_bytes += path.len();
        if self.whiteouts.len() + self.opaque.len() >= MAX_LINKS || self.whiteout_bytes > MAX_LINK_BYTES {
            return self.overflow("whiteouts");
        }
        match whiteout {
            whiteout::Whiteout::Remove(path) => self.whiteouts.push(path),
            whiteout::Whiteout::Opaque(directory) => self.opaque.push(directory.to_owned()),
        }
    }

    fn finish(mut self, summary: LayerSummary) -> LayerScan {
        self.drop_replaced();
        let loadables = std::mem::take(&mut self.programs).finish();
        if loadables.is_none() {
            self.overflow("files that can be run");
        }
        let names = self.names.into_iter().collect::<crate::path_set::PathSet>();
        let mut problems = summary.problems;
        problems.append(&mut self.problems);
        let mut hard_links = Vec::new();
        // where only some detectors look again, the others have spoken about links
        let all = DetectorSet::standard().indexes().all(|index| self.set.contains(index));
        for (path, target) in self.hard_links {
            if !names.contains(PathHash::of(&target)) {
                hard_links.push((path, target));
            } else if all && reads_by_name(&path) {
                let message = format!("a hard link to {target}, whose content was not recognised");
                problems.push(Problem::new(ProblemKind::ParseError, path, message));
            }
        }
        hard_links.sort();
        for list in [&mut self.whiteouts, &mut self.opaque] {
            list.sort();
            list.dedup();
        }
        let mut parts: BTreeMap<String, Vec<FileFacts>> =
            self.set.indexes().map(|index| (self.set.key(index), Vec::new())).collect();
        for (index, facts) in self.files.into_values().flat_map(|kept| kept.parts) {
            parts.entry(self.set.key(index)).or_default().push(facts);
        }
        let layer = LayerInventory {
            verified: summary.verified,
            digest: summary.digest,
            diff_id: summary.diff_id,
            compressed: summary.compressed,
            uncompressed: summary.uncompressed,
            entries: summary.entries,
            files: Vec::new(),
            digests: None,
            whiteouts: self.whiteouts,
            opaque: self.opaque,
            names,
            directories: self.directories.into_iter().collect(),
            symlinks: self.symlinks.into_iter().map(|(path, (target, _))| (path, target)).collect(),
            hard_links,
            loadables: loadables.unwrap_or_default(),
            problems,
        };
        LayerScan::new(layer, parts).with_digests(self.hashing.map(Hashing::finish))
    }

    /// Drops what a later entry of the same layer replaced: the same path again, or something that is no directory
    /// in place of a directory above.
    fn drop_replaced(&mut self) {
        let mut last: HashMap<PathHash, Place> = HashMap::new();
        for path in self.files.keys().chain(self.symlinks.keys()) {
            for part in with_ancestors(path) {
                last.entry(PathHash::of(part)).or_default();
            }
        }
        if last.is_empty() {
            return;
        }
        for (index, hash) in self.names.iter().enumerate() {
            if let Some(place) = last.get_mut(hash) {
                place.names = index + 1;
            }
        }
        for (index, hash) in self.directories.iter().enumerate() {
            if let Some(place) = last.get_mut(hash) {
                place.directories = index + 1;
            }
        }
        let stands = |path: &str, place: Place, directory: bool| {
            let last_of = |part: &str| last.get(&PathHash::of(part)).copied().unwrap_or_default();
            let own = last_of(path);
            own.names <= place.names
                // an entry of its own may come behind what is in it
                && (directory || own.directories <= place.directories)
                && with_ancestors(path).skip(1).all(|part| last_of(part).names <= place.names)
        };
        self.files.retain(|path, kept| stands(path, kept.place, kept.parts.iter().any(|(_, facts)| facts.directory)));
        self.symlinks.retain(|path, (_, place)| stands(path, *place, false));
    }
}

/// The path, then its directories from the inside out.
pub(crate) fn with_ancestors(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |part| part.rsplit_once('/').map(|(directory, _)| directory))
}

/// Bytes of the texts of facts, and of what holds them.
fn text(facts: &FileFacts) -> usize {
    let packages: usize = facts.packages.iter().map(room::text).sum();
    let problems: usize = facts.problems.iter().map(|problem| problem.path.len() + problem.message.len()).sum();
    let os = facts.os.as_ref().map_or(0, |os| os.id.len() + os.version_id.len() + os.pretty_name.len());
    let notes = room::notes(&facts.notes);
    let claim = facts.claim.as_ref().map_or(0, |claim| room::text(&claim.package));
    // the path is also the key
    let hits = facts.hits.as_ref().map_or(0, |hits| room::hits(hits));
    let expected = facts.expected.as_ref().map_or(0, |expected| expected.bytes());
    2 * facts.path.len() + packages + problems + os + notes + claim + hits + expected
}

impl Visitor for Scan<'_> {
    fn entry(&mut self, entry: &Entry<'_>) -> Want {
        if entry.path.is_empty() {
            return Want::Skip;
        }
        let name = entry.path.rsplit_once('/').map_or(entry.path, |(_, name)| name);
        if name.starts_with(".wh.") {
            self.whiteout(entry.path);
            return Want::Skip;
        }
        if entry.kind == EntryKind::Directory {
            self.directories.push(PathHash::of(entry.path));
            self.named_directory(entry.path);
            return Want::Skip;
        }
        self.names.push(PathHash::of(entry.path));
        self.named_directory(entry.path);
        match entry.kind {
            EntryKind::File => {
                let candidate = Candidate::new(entry.path, entry.head, entry.mode);
                if !self.programs.see(&candidate, entry.size) {
                    self.overflow("files that can be run");
                }
                self.asked = self.ask(&candidate);
                self.hashed = self.hashing.as_mut().is_some_and(|hashing| hashing.start(entry.path));
                return match (self.asked, self.hashed) {
                    (0, false) => Want::Skip,
                    (0, true) => Want::Stream,
                    _ => Want::Whole,
                };
            }
            EntryKind::HardLink(target) => {
                if let Some(hashing) = &mut self.hashing {
                    hashing.link(entry.path, target);
                }
                if !self.programs.link(entry.path, target) {
                    self.overflow("links");
                }
                self.hard_link(entry.path, target);
            }
            EntryKind::SymLink(target) => {
                self.link(entry.path, target, true);
                self.ask(&Candidate::new(entry.path, &[], entry.mode));
            }
            EntryKind::Directory | EntryKind::Other => {}
        }
        Want::Skip
    }

    fn whole(&mut self, entry: &Entry<'_>, body: &Body<'_>) {
        let candidate = Candidate::new(entry.path, entry.head, entry.mode);
        let asked = std::mem::take(&mut self.asked);
        for index in (0..DETECTORS.len()).filter(|index| asked & (1 << index) != 0) {
            self.detect(index, &candidate, body);
        }
        self.pair(&candidate, body);
        if self.hashed && self.hashing.as_mut().is_some_and(|hashing| hashing.body(body).is_ok()) {
            self.end(entry);
        }
    }

    fn chunk(&mut self, bytes: &[u8]) {
        if let Some(hashing) = &mut self.hashing {
            hashing.update(bytes);
        }
    }

    fn end(&mut self, entry: &Entry<'_>) {
        if let Some(hashing) = &mut self.hashing {
            hashing.end(PathHash::of(entry.path));
        }
    }
}
