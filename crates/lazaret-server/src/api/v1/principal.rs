//! Principals and their bindings.

mod bindings;
pub(super) mod create;
pub(super) mod disable;
pub(super) mod grant;
pub(super) mod list;
pub(super) mod revoke;
pub(super) mod rotate;
