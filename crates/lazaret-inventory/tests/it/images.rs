//! All images of a source: each layer once, and a fault only where it belongs.

use std::{
    io::{Cursor, Read},
    sync::Mutex,
};

use lazaret_inventory::{DetectorSet, NoCache, Progress, ScannedImage, scan_images};
use lazaret_model::{Digest, Platform, Problem, ProblemKind};
use lazaret_oci::{Descriptor, Limits, Selection, Source, SourceError, SourceImage, SourceImages, media_type, sha256};

use crate::layer::{Layer, facts};

/// Images as lists of indexes into the layers.
struct Memory {
    layers: Vec<Option<Vec<u8>>>,
    digests: Vec<Digest>,
    images: Vec<Vec<usize>>,
    opened: Mutex<Vec<Digest>>,
}

impl Memory {
    fn new(layers: Vec<Vec<u8>>, images: &[&[usize]]) -> Self {
        let digests = layers.iter().map(|bytes| sha256(bytes)).collect();
        let images = images.iter().map(|layers| layers.to_vec()).collect();
        Self { layers: layers.into_iter().map(Some).collect(), digests, images, opened: Mutex::default() }
    }
}

impl Source for Memory {
    fn name(&self) -> String {
        "memory".to_owned()
    }

    fn images(&self, _selection: &Selection) -> Result<SourceImages, SourceError> {
        let image = |(number, indexes): (usize, &Vec<usize>)| {
            let diff_ids: Vec<_> = indexes.iter().map(|index| self.digests[*index].clone()).collect();
            let size = |index: usize| self.layers[index].as_ref().map_or(0, |bytes| bytes.len() as u64);
            let layer =
                |index: &usize| Descriptor::new(media_type::OCI_LAYER, self.digests[*index].clone(), size(*index));
            let mut facts = facts(diff_ids);
            facts.platform = Platform { os: "linux".to_owned(), architecture: format!("arch{number}"), variant: None };
            SourceImage { facts, layers: indexes.iter().map(layer).collect() }
        };
        Ok(SourceImages {
            index: Some(sha256(b"index")),
            images: self.images.iter().enumerate().map(image).collect(),
            problems: vec![Problem::new(ProblemKind::Unsupported, "", "of the source")],
        })
    }

    fn open_layer(&self, image: &SourceImage, index: usize) -> Result<Box<dyn Read + Send>, SourceError> {
        let digest = &image.layers[index].digest;
        self.opened.lock().unwrap().push(digest.clone());
        let at = self.digests.iter().position(|known| known == digest).unwrap();
        match &self.layers[at] {
            Some(bytes) => Ok(Box::new(Cursor::new(bytes.clone()))),
            None => Err(SourceError::Missing { what: digest.to_string(), place: "memory".to_owned() }),
        }
    }
}

#[derive(Default)]
struct Told(Mutex<Vec<(usize, usize, u64)>>, Mutex<Vec<usize>>);

impl Progress for Told {
    fn layer_started(&self, index: usize, of: usize, bytes: u64) {
        self.0.lock().unwrap().push((index, of, bytes));
    }

    fn layer_done(&self, index: usize) {
        self.1.lock().unwrap().push(index);
    }
}

fn scan(source: &Memory, progress: &dyn Progress) -> Vec<ScannedImage> {
    let (index, images) =
        scan_images(source, &Selection::All, &NoCache, &Limits::default(), &DetectorSet::standard(), progress).unwrap();
    assert_eq!(index, Some(sha256(b"index")));
    images
}

fn kinds(image: &ScannedImage) -> Vec<&'static str> {
    image.inventory.problems.iter().map(|problem| problem.kind.name()).filter(|kind| *kind != "unsupported").collect()
}

fn three() -> Vec<Vec<u8>> {
    let package = |name: &str| Layer::new().npm(&format!("app/node_modules/{name}/package.json"), name, "1.0.0");
    vec![package("base").tar(), package("left").file("pad", [0; 9000]).tar(), package("right").tar()]
}

#[test]
fn a_shared_layer_is_read_once_and_the_biggest_first() {
    let source = Memory::new(three(), &[&[0, 1], &[0, 2]]);
    let told = Told::default();
    let images = scan(&source, &told);
    assert_eq!(source.opened.lock().unwrap().len(), 3);
    let mut started = told.0.lock().unwrap().clone();
    started.sort_unstable();
    assert_eq!(started[0], (0, 3, source.layers[1].as_ref().unwrap().len() as u64));
    assert_eq!(told.1.lock().unwrap().len(), 3);
    let names =
        |image: &ScannedImage| image.inventory.packages.iter().map(|package| package.name.clone()).collect::<Vec<_>>();
    assert_eq!(
        (names(&images[0]), names(&images[1])),
        (vec!["base".to_owned(), "left".to_owned()], vec!["base".to_owned(), "right".to_owned()])
    );
    assert!(images.iter().all(|image| image.layers_verified && image.inventory.problems.len() == 1));
}

#[test]
fn a_missing_layer_is_a_problem_of_its_images() {
    let mut source = Memory::new(three(), &[&[0, 1], &[0, 2]]);
    source.layers[1] = None;
    let images = scan(&source, &Told::default());
    assert_eq!((kinds(&images[0]), kinds(&images[1])), (vec!["blob_missing"], vec![]));
    assert_eq!((images[0].layers_verified, images[1].layers_verified), (false, true));
    assert_eq!(images[0].inventory.packages.len(), 1, "the other layers are reported");
}

#[test]
fn other_bytes_than_the_manifest_says() {
    let mut source = Memory::new(three(), &[&[0, 2]]);
    source.layers[2] = Some(Layer::new().npm("app/node_modules/evil/package.json", "evil", "6.6.6").tar());
    let images = scan(&source, &Told::default());
    assert!(kinds(&images[0]).contains(&"digest_mismatch"));
    assert!(!images[0].layers_verified);
}
