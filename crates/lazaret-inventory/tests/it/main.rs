//! Layers as tars, through the public interface.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "tests fail by panicking and say what they skip")]

mod databases;
mod declared;
mod hostile;
mod identified;
mod images;
mod integrity;
mod jars;
mod languages;
mod layer;
mod overlay;
mod ownership;
mod remains;
mod rpm;
mod secrets;
mod shared_images;
mod system;
