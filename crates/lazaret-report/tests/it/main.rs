//! Golden outputs of every format.

mod json;
mod sample;
mod sarif;
mod table;
