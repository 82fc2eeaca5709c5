//! Images of any source with their packages: an image is scanned, an SBOM is read in its place.

use std::{
    fs::File,
    io::Read,
    path::{Path, PathBuf},
};

use anyhow::Context as _;
use lazaret_inventory::{DetectorSet, Extra, LayerCache, NoCache, ScannedImage, advisory_stream, scan_images};
use lazaret_model::{Clock, Digest, Platform, Problem, ProblemKind};
use lazaret_oci::{Limits, Selection, Source};
use lazaret_report::{MAX_BYTES, Origin, ReadSbom, SbomImage, read_sbom};

use super::open_image::open_image;
use crate::{
    disk_cache::DiskCache,
    exit::Usage,
    progress::LayerBars,
    settings::Settings,
    wire::{self, SystemClock},
};

/// What is asked of a source.
pub(crate) struct Wanted<'a> {
    pub(crate) platform: Option<&'a str>,
    /// Names of detectors that only look when asked.
    pub(crate) with: &'a [String],
    pub(crate) plain_http: bool,
    /// Neither use nor keep what was found in layers.
    pub(crate) no_cache: bool,
    /// Read layers again that were looked at before.
    pub(crate) verify: bool,
}

/// A source that is there.
pub(crate) struct ImageSource {
    name: String,
    kind: Kind,
    selection: Selection,
    set: DetectorSet,
    limits: Limits,
    cache: Box<dyn LayerCache>,
}

enum Kind {
    Image(Box<dyn Source>),
    Sbom(PathBuf, ReadSbom),
}

/// What a source holds.
pub(crate) struct Images {
    /// The source as the user wrote it, or what an SBOM says that it is of.
    pub(crate) name: String,
    pub(crate) index: Option<Digest>,
    pub(crate) scanned: Vec<ScannedImage>,
}

impl ImageSource {
    pub(crate) fn open(settings: &Settings, source: &str, wanted: &Wanted<'_>) -> anyhow::Result<Self> {
        let (selection, set) = (selection(wanted.platform)?, wire::detectors(settings, &extras(wanted.with)?)?);
        let limits = Limits::default();
        let kind = match source.strip_prefix("sbom:") {
            Some(file) => Kind::Sbom(file.into(), read_file(Path::new(file))?),
            None => Kind::Image(open_image(source, &limits, wanted.plain_http)?),
        };
        let cache = layer_cache(settings, wanted);
        Ok(Self { name: source.to_owned(), kind, selection, set, limits, cache })
    }

    /// Every image that is selected.
    pub(crate) fn read(self) -> anyhow::Result<Images> {
        let Self { name, kind, selection, set, limits, cache } = self;
        let source = match kind {
            Kind::Image(source) => source,
            Kind::Sbom(path, read) => return from_sbom(&path, read, &selection, &set),
        };
        let bars = LayerBars::new();
        let (index, images) = scan_images(&*source, &selection, &*cache, &limits, &set, &bars)
            .with_context(|| format!("cannot open {}", source.name()))?;
        bars.finish();
        Ok(Images { name, index, scanned: images })
    }
}

fn read_file(path: &Path) -> anyhow::Result<ReadSbom> {
    let failed = || format!("cannot open the SBOM {}", path.display());
    let mut bytes = Vec::new();
    // one byte more than is read, so that a larger file is told from one that fits
    let most = u64::try_from(MAX_BYTES).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path).with_context(failed)?.take(most).read_to_end(&mut bytes).with_context(failed)?;
    read_sbom(&bytes).with_context(failed)
}

fn from_sbom(path: &Path, read: ReadSbom, selection: &Selection, set: &DetectorSet) -> anyhow::Result<Images> {
    let ReadSbom { sbom, origin } = read;
    let wanted = |image: &SbomImage| match selection {
        Selection::All | Selection::Default => true,
        Selection::Platform(platform) => image.facts.platform == *platform,
    };
    let whole = !matches!(selection, Selection::Platform(_));
    let images = sbom.images.into_iter().filter(wanted).map(|image| scanned(image, &origin, set)).collect();
    let images: Vec<_> = images;
    if images.is_empty() && !whole {
        anyhow::bail!("the SBOM {} has no image of this platform", path.display());
    }
    Ok(Images { name: sbom.name, index: sbom.index.filter(|_| whole), scanned: images })
}

/// No layer was read, so none is verified.
fn scanned(SbomImage { facts, mut inventory }: SbomImage, origin: &Origin, set: &DetectorSet) -> ScannedImage {
    let foreign = |problem: &Problem| problem.kind == ProblemKind::SbomOnly;
    match origin {
        Origin::Ours if inventory.problems.iter().any(foreign) => {}
        Origin::Ours => inventory.problems.extend(outdated(&inventory.detectors, set)),
        Origin::Foreign => {
            if let Some(os) = &mut inventory.os {
                os.stream = advisory_stream(&os.id, &os.version_id);
            }
        }
    }
    inventory.problems.sort();
    ScannedImage { facts, inventory, layers_verified: false }
}

/// A detector that did not look when the SBOM was made may see what the others did not.
fn outdated(looked: &[String], set: &DetectorSet) -> Option<Problem> {
    let missing: Vec<_> = set.names().into_iter().filter(|detector| !looked.contains(detector)).collect();
    let message = || format!("the SBOM was made without {}; scan the image instead", missing.join(", "));
    (!missing.is_empty()).then(|| Problem::new(ProblemKind::SbomOnly, "", message()))
}

/// What earlier scans found in layers.
fn layer_cache(settings: &Settings, wanted: &Wanted<'_>) -> Box<dyn LayerCache> {
    match wire::layers_dir(settings) {
        Some(folder) if !wanted.no_cache => {
            Box::new(DiskCache::new(folder, settings.cache_size, wanted.verify, SystemClock.now().0.into()))
        }
        _ => Box::new(NoCache),
    }
}

/// What `--with` asks for.
fn extras(with: &[String]) -> Result<Vec<Extra>, Usage> {
    let names = || Extra::ALL.map(Extra::name).join(", ");
    let named = |name: &String| {
        Extra::named(name.trim()).ok_or_else(|| Usage(format!("--with {name}: expected one of {}", names())))
    };
    with.iter().map(named).collect()
}

fn selection(platform: Option<&str>) -> Result<Selection, Usage> {
    match platform {
        None | Some("all") => Ok(Selection::All),
        Some(text) => Platform::parse(text)
            .map(Selection::Platform)
            .ok_or_else(|| Usage(format!("--platform {text}: expected os/architecture, e.g. linux/arm64, or all"))),
    }
}
