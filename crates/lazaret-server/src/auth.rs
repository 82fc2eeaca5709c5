//! Who asks, and with which proof: Basic, or a token of the token service.

pub(crate) mod claims;
pub(crate) mod permission;
pub(crate) mod principal;
pub(crate) mod scope;
pub(crate) mod token;
pub(crate) mod token_key;
