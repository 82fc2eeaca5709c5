//! Layers as tars, through the public interface.

mod hostile;
mod jars;
mod layer;
mod overlay;
mod ownership;
mod shared_images;
mod system;
