//! `/api/`: JSON for people's tools and for Lazaret's own commands.

pub(crate) mod v1;
