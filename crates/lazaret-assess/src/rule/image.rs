//! Rules that an image alone can answer.

pub(crate) mod end_of_life_os;
pub(crate) mod incomplete_scan;
pub(crate) mod known_vulnerability;
pub(crate) mod malware;
pub(crate) mod modified_file;
pub(crate) mod root_user;
pub(crate) mod secret_in_env;
pub(crate) mod secret_in_file;
pub(crate) mod secret_in_history;
pub(crate) mod ssh_server;
