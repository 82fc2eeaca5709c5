//! First form: read like Debian versions.

pub(crate) use crate::deb::{compare, is_valid};
