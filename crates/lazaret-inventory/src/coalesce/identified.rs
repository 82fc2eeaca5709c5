//! The identified share: of the bytes in the flattened image that can execute, how many belong to a known component.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use lazaret_model::{Identified, UnknownFile};

use super::{flat::FlatImage, owner::Owners};
use crate::{
    LayerInventory,
    loadable::{Kind, Loadable},
    path_set::{PathHash, PathMap},
    scan::with_ancestors,
};

/// Unknown files that are named, the largest first.
const NAMED: usize = 500;

pub(super) fn identified(image: &FlatImage<'_>, layers: &[Arc<LayerInventory>], owners: &Owners) -> Identified {
    let known = Known::of(image, owners);
    let mut sum = Identified { bytes: 0, of: 0, share: 1.0, unknown: Vec::new() };
    let over: Vec<_> = layers.iter().map(|layer| Upper::of(layer)).collect();
    for (index, layer) in layers.iter().enumerate().filter(|(_, layer)| !layer.loadables.is_empty()) {
        let mut view = View { image, known: &known, upper: over.get(index + 1..).unwrap_or_default(), last: None };
        for file in live_files(layer, &mut view) {
            sum.of += file.bytes;
            if file.known {
                sum.bytes += file.bytes;
            } else {
                sum.unknown.push(UnknownFile { path: file.path, bytes: file.bytes });
                // what will not be named need not be held
                if sum.unknown.len() >= 4 * NAMED {
                    keep_largest(&mut sum.unknown);
                }
            }
        }
    }
    keep_largest(&mut sum.unknown);
    if sum.of > 0 {
        #[expect(clippy::cast_precision_loss, reason = "a share for people; images have less than 2^52 bytes")]
        let share = sum.bytes as f64 / sum.of as f64;
        sum.share = share;
    }
    sum
}

fn keep_largest(unknown: &mut Vec<UnknownFile>) {
    unknown.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.path.cmp(&b.path)));
    unknown.truncate(NAMED);
}

/// A file, under all its live names.
struct LiveFile {
    path: String,
    bytes: u64,
    known: bool,
}

/// Live files of a layer. Of a path that comes twice the last one counts; names of one file are counted once.
fn live_files(layer: &LayerInventory, view: &mut View<'_, '_>) -> impl Iterator<Item = LiveFile> + use<> {
    let mut last: PathMap<usize> = PathMap::default();
    let mut place = 0;
    layer.loadables.each(|file| {
        last.insert(PathHash::of(&file.path), place);
        place += 1;
    });
    // by place of the first name
    let mut files: HashMap<usize, LiveFile> = HashMap::new();
    let mut order = Vec::new();
    place = 0;
    layer.loadables.each(|file| {
        let own = place;
        place += 1;
        let hash = PathHash::of(&file.path);
        if last.get(&hash) != Some(&own) {
            return;
        }
        let Some((path, known)) = view.look(file, hash) else { return };
        let first = file.same_as.unwrap_or(own);
        let entry = files.entry(first).or_insert_with(|| {
            order.push(first);
            LiveFile { path, bytes: file.bytes, known: false }
        });
        entry.known |= known;
    });
    order.into_iter().filter_map(move |first| files.remove(&first))
}

/// What a layer does to those under it.
struct Upper<'a> {
    layer: &'a LayerInventory,
    whiteouts: HashSet<&'a str>,
    opaque: HashSet<&'a str>,
}

impl<'a> Upper<'a> {
    fn of(layer: &'a LayerInventory) -> Self {
        let set = |list: &'a [String]| list.iter().map(String::as_str).collect();
        Self { layer, whiteouts: set(&layer.whiteouts), opaque: set(&layer.opaque) }
    }

    /// Whether nothing of a directory of a lower layer is left.
    fn hides_directory(&self, path: &str) -> bool {
        let hidden = |part: &str| {
            self.whiteouts.contains(part)
                || self.opaque.contains(part)
                || (!part.is_empty() && self.layer.names.contains(PathHash::of(part)))
        };
        (!path.is_empty() && with_ancestors(path).any(hidden)) || self.opaque.contains("")
    }
}

/// What belongs to a component.
struct Known<'a> {
    owners: &'a Owners,
    /// Files that language packages list.
    owned: HashSet<PathHash>,
    /// Directories and files of packages; whether native programs in them are the package's too.
    roots: HashMap<&'a str, bool>,
}

impl<'a> Known<'a> {
    fn of(image: &'a FlatImage<'_>, owners: &'a Owners) -> Self {
        let (mut owned, mut roots) = (HashSet::new(), HashMap::new());
        let packages = image.files().flat_map(|file| &file.facts.packages);
        for package in packages.filter(|package| package.class.is_installed()) {
            if !package.kind.is_os() {
                owned.extend(package.owns.iter());
            }
            for root in &package.roots {
                *roots.entry(root.path.as_str()).or_insert(false) |= root.everything;
            }
        }
        // lists of files beside a package's metadata: Python's `RECORD`
        for owner in image.files().filter_map(|file| file.facts.owner.as_deref()) {
            if !owner.kind.is_os() {
                owned.extend(owner.owns.iter());
            }
        }
        Self { owners, owned, roots }
    }

    fn owns(&self, path: &str) -> bool {
        self.owned.contains(&PathHash::of(path)) || self.owners.of(path).is_some()
    }
}

/// The layers over one layer, and what is known of the directory that was looked at last.
struct View<'a, 'b> {
    image: &'a FlatImage<'b>,
    known: &'a Known<'a>,
    upper: &'a [Upper<'a>],
    last: Option<Directory>,
}

struct Directory {
    path: String,
    /// The real one; `None` where nothing of it is left.
    real: Option<String>,
    /// Covered by a root, and whether that covers everything.
    root: Option<bool>,
}

impl View<'_, '_> {
    /// The file's real path, and whether it belongs to a component; `None` where it is not there any more.
    fn look(&mut self, file: &Loadable, hash: PathHash) -> Option<(String, bool)> {
        let (directory, name) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
        if self.last.as_ref().is_none_or(|last| last.path != directory) {
            self.last = Some(self.directory(directory));
        }
        let last = self.last.as_ref()?;
        let real = last.real.as_deref()?;
        let hidden = |upper: &Upper<'_>| {
            upper.layer.names.contains(hash)
                || upper.layer.directories.contains(hash)
                || upper.whiteouts.contains(file.path.as_str())
        };
        if self.upper.iter().any(hidden) {
            return None;
        }
        let path = if real == directory { file.path.clone() } else { joined(real, name) };
        let by_root = |everything: bool| everything || file.kind.is_interpreted();
        let own_root = || self.known.roots.contains_key(path.as_str());
        let known = last.root.is_some_and(by_root)
            || self.known.owns(&path)
            || own_root()
            || self.is_component(&path)
            || list_of(&path).is_some_and(|list| self.is_list(&list))
            || source_of(&path, file.kind).is_some_and(|source| self.known.owns(&source));
        Some((path, known))
    }

    /// Whether the file itself is the evidence of a package.
    fn is_component(&self, path: &str) -> bool {
        self.image
            .tree
            .file(path)
            .is_some_and(|live| live.facts.packages.iter().any(|package| package.class.is_installed() && !package.part))
    }

    /// Whether it is the list of a package's files.
    fn is_list(&self, path: &str) -> bool {
        self.image.tree.file(path).is_some_and(|live| live.facts.owner.is_some())
    }

    fn directory(&self, path: &str) -> Directory {
        let gone = self.upper.iter().any(|upper| upper.hides_directory(path));
        let real = if gone { None } else { self.image.tree.real(path).ok() };
        let roots = real.as_deref().into_iter().flat_map(with_ancestors);
        // one that covers everything counts, however far up
        let covering: Vec<bool> = roots.filter_map(|part| self.known.roots.get(part).copied()).collect();
        let root = (!covering.is_empty()).then(|| covering.contains(&true));
        Directory { path: path.to_owned(), real, root }
    }
}

fn joined(directory: &str, name: &str) -> String {
    if directory.is_empty() { name.to_owned() } else { format!("{directory}/{name}") }
}

/// `info/x.list` of `info/x.postinst`: a package's own scripts are in no list (deb-postinst(5)).
fn list_of(path: &str) -> Option<String> {
    let (stem, script) = path.rsplit_once('.')?;
    let known = matches!(script, "preinst" | "postinst" | "prerm" | "postrm" | "config");
    let (directory, _) = stem.rsplit_once('/')?;
    (known && directory.ends_with("lib/dpkg/info")).then(|| format!("{stem}.list"))
}

/// `d/x.py` of `d/__pycache__/x.cpython-311.pyc`: what Python made of a source belongs to whom the source belongs
/// (<https://peps.python.org/pep-3147/>).
fn source_of(path: &str, kind: Kind) -> Option<String> {
    if kind != Kind::Script {
        return None;
    }
    let (directory, name) = path.rsplit_once("__pycache__/")?;
    let stem = name.strip_suffix(".pyc")?;
    let (module, _tag) = stem.split_once('.')?;
    Some(format!("{directory}{module}.py"))
}
