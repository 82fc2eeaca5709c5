//! Judging images that lie in a real store.

mod index;
mod judge;
mod support;
mod tap;
