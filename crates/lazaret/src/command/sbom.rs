//! `lazaret sbom SOURCE`: what is in an image, as a bill of materials; nothing is judged.

use anyhow::Context as _;
use lazaret_assess::without_secrets;
use lazaret_inventory::ScannedImage;
use lazaret_model::{Digest, ImageFacts, Inventory, Timestamp};
use lazaret_report::{Sbom, SbomFormat, SbomImage, write_sbom};

use super::images::{ImageSource, Images, Wanted};
use crate::{
    cli::{self, BillFormat},
    exit::Exit,
    output,
    settings::Settings,
    wire,
};

pub(crate) fn run(settings: &Settings, args: &cli::Sbom) -> anyhow::Result<Exit> {
    let now = wire::time(args.clock.as_deref())?;
    let wanted = Wanted {
        platform: args.platform.as_deref(),
        with: &args.with,
        plain_http: args.plain_http,
        no_cache: args.no_cache,
        verify: args.verify,
    };
    let Images { name, index, scanned } = ImageSource::open(settings, &args.source, &wanted)?.read()?;
    for image in &scanned {
        said(image);
    }
    let images = scanned.iter().map(|image| (&image.facts, &image.inventory));
    output::data(&bill(args.format.into(), &name, index, images, now)).context("cannot write the SBOM")?;
    Ok(Exit::Done)
}

/// The document. Values of secrets in an image's configuration are not in it.
pub(super) fn bill<'a>(
    format: SbomFormat,
    name: &str,
    index: Option<Digest>,
    images: impl Iterator<Item = (&'a ImageFacts, &'a Inventory)>,
    now: Timestamp,
) -> String {
    let image = |(facts, inventory): (&ImageFacts, &Inventory)| SbomImage {
        facts: without_secrets(facts),
        inventory: inventory.clone(),
    };
    let sbom = Sbom { name: name.to_owned(), index, images: images.map(image).collect() };
    write_sbom(format, &sbom, now)
}

fn said(image: &ScannedImage) {
    let problems = &image.inventory.problems;
    if problems.is_empty() {
        return;
    }
    output::say(&format!("lazaret: the inventory of {} is incomplete, which the SBOM says too:", image.facts.platform));
    for problem in problems {
        let path = if problem.path.is_empty() { String::new() } else { format!("{}: ", problem.path) };
        output::say(&clean(&format!("  {}: {path}{}", problem.kind.name(), problem.message)));
    }
}

/// Without what could steer a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

impl From<BillFormat> for SbomFormat {
    fn from(format: BillFormat) -> Self {
        match format {
            BillFormat::Cyclonedx => Self::CycloneDx,
            BillFormat::Spdx => Self::Spdx,
            BillFormat::Spdx3 => Self::Spdx3,
        }
    }
}
