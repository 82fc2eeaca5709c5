//! Every rule, in the order in which reasons are given.

use crate::{
    Rule,
    rule::image::{
        end_of_life_os::EndOfLifeOs, incomplete_scan::IncompleteScan, known_vulnerability::KnownVulnerability,
        malware::Malware, modified_file::ModifiedFile, root_user::RootUser, secret_in_env::SecretInEnv,
        secret_in_file::SecretInFile, secret_in_history::SecretInHistory, ssh_server::SshServer,
    },
};

const RULES: [&dyn Rule; 10] = [
    &KnownVulnerability,
    &IncompleteScan,
    &EndOfLifeOs,
    &RootUser,
    &SshServer,
    &SecretInEnv,
    &SecretInHistory,
    &SecretInFile,
    &Malware,
    &ModifiedFile,
];

/// The registered rules.
pub fn rules() -> &'static [&'static dyn Rule] {
    &RULES
}
