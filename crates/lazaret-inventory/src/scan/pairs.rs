//! A database and its write-ahead log are two files of a layer. Whichever comes first waits for the other.

use std::{collections::HashMap, fs::File, io};

use lazaret_oci::{Body, Limits};

use crate::{
    content::BodyReader,
    detector::{
        Candidate,
        rpm::{database_of_log, log_of_database, read_with_log},
    },
    layer::FileFacts,
};

/// Files that wait, in one layer. A database whose log is not applied is a problem when the layers are laid over each
/// other.
const MAX_WAITING: usize = 16;

#[derive(Default)]
pub(super) struct Pairs {
    databases: HashMap<String, Waiting>,
    logs: HashMap<String, Waiting>,
}

/// A copy on disk: a database is as large as it likes.
struct Waiting {
    file: File,
    length: u64,
}

impl Pairs {
    /// Facts of a database with its log, when this file is the second of the two.
    pub(super) fn offer(&mut self, file: &Candidate<'_>, body: &Body<'_>, limits: &Limits) -> Option<FileFacts> {
        if let Some(database) = database_of_log(file.path) {
            keep(&mut self.logs, file.path, body);
            return read_with_log(database, &self.databases.get(database)?.body(), body, limits);
        }
        // the same path again: the later content counts
        self.databases.remove(file.path);
        let log = log_of_database(file)?;
        keep(&mut self.databases, file.path, body);
        read_with_log(file.path, body, &self.logs.get(&log)?.body(), limits)
    }
}

/// What cannot be kept is as if it had not come.
fn keep(waiting: &mut HashMap<String, Waiting>, path: &str, body: &Body<'_>) {
    waiting.remove(path);
    if !body.is_empty()
        && waiting.len() < MAX_WAITING
        && let Ok(copy) = Waiting::copy(body)
    {
        waiting.insert(path.to_owned(), copy);
    }
}

impl Waiting {
    fn copy(body: &Body<'_>) -> io::Result<Self> {
        let mut file = tempfile::tempfile()?;
        let length = io::copy(&mut BodyReader::new(body), &mut file)?;
        Ok(Self { file, length })
    }

    fn body(&self) -> Body<'_> {
        Body::file(&self.file, self.length)
    }
}
