//! Write-ahead logs: their changes are part of the database beside them, whatever layers the two are in.

use lazaret_model::{Problem, ProblemKind};

use super::flat::FlatImage;
use crate::{
    detector::rpm::{LOG_END, database_of_log},
    layer::Log,
};

/// What was listed without its log, or with one that is not there any more. Both are read together only within a layer.
pub(super) fn problems(image: &FlatImage<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for file in image.files() {
        let (other, wanted, message) = match file.facts.log {
            None => continue,
            Some(Log::Holds) => {
                let Some(database) = database_of_log(file.path) else { continue };
                (database.to_owned(), Log::Applied, "changes of a database that is not in the same layer")
            }
            Some(Log::Applied) => {
                let log = format!("{}{LOG_END}", file.path);
                (log, Log::Holds, "the write-ahead log with which it was read was removed or replaced")
            }
        };
        let together = image.tree.file(&other).is_some_and(|o| o.layer == file.layer && o.facts.log == Some(wanted));
        if !together {
            problems.push(Problem::new(ProblemKind::ParseError, file.path, message));
        }
    }
    problems
}
