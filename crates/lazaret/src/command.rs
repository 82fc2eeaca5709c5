//! One file per command.

pub(crate) mod admin;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod db;
pub(crate) mod demo;
pub(crate) mod diff;
pub(crate) mod doctor;
mod image_argument;
mod images;
mod open_image;
pub(crate) mod sbom;
pub(crate) mod scan;
pub(crate) mod serve;
pub(crate) mod why;
pub(crate) mod worker;
