//! A crate depends only on lower levels, and only on what its row names.

use super::crates::Row;
use crate::metadata::Metadata;

/// A workspace crate and the workspace crates among its normal dependencies.
pub(super) struct Node {
    name: String,
    uses: Vec<String>,
}

/// The workspace's own graph. Dev and build dependencies are left out: tests may look sideways.
pub(super) fn graph(metadata: &Metadata) -> Vec<Node> {
    let ours: Vec<&str> = metadata.members().map(|package| package.name.as_str()).collect();
    metadata
        .members()
        .map(|package| Node {
            name: package.name.clone(),
            uses: package
                .dependencies
                .iter()
                .filter(|dependency| dependency.kind.is_none() && ours.contains(&dependency.name.as_str()))
                .map(|dependency| dependency.name.clone())
                .collect(),
        })
        .collect()
}

/// Complaints about `graph` where it differs from `table`.
pub(super) fn check(graph: &[Node], table: &[Row]) -> Vec<String> {
    let mut found = Vec::new();
    for row in table {
        if !graph.iter().any(|node| node.name == row.name) {
            found.push(format!("{} has a row in xtask/src/tidy/crates.rs and is not in the workspace", row.name));
        }
    }
    for node in graph {
        let Some(row) = table.iter().find(|row| row.name == node.name) else {
            found.push(format!("{} has no row in xtask/src/tidy/crates.rs and in ARCHITECTURE.md", node.name));
            continue;
        };
        for used in &node.uses {
            if !row.may_use.contains(&used.as_str()) {
                found.push(format!(
                    "{} depends on {used}, which its row does not name (ARCHITECTURE.md, the map)",
                    node.name
                ));
            }
            let lower = table.iter().find(|row| row.name == used).is_some_and(|other| other.level < row.level);
            if !lower {
                found.push(format!("{} depends on {used}, which is not of a lower level", node.name));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[Row] = &[
        Row { name: "model", level: 0, may_use: &[] },
        Row { name: "oci", level: 1, may_use: &["model"] },
        Row { name: "store", level: 1, may_use: &["model"] },
    ];

    fn node(name: &str, uses: &[&str]) -> Node {
        Node { name: name.to_owned(), uses: uses.iter().map(|name| (*name).to_owned()).collect() }
    }

    #[test]
    fn what_the_table_names_passes() {
        let graph = [node("model", &[]), node("oci", &["model"]), node("store", &[])];
        assert_eq!(check(&graph, TABLE), Vec::<String>::new());
    }

    #[test]
    fn a_sideways_dependency_is_found_twice() {
        let graph = [node("model", &[]), node("oci", &["model", "store"]), node("store", &[])];
        let found = check(&graph, TABLE);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("oci depends on store, which its row does not name"));
        assert!(found[1].contains("not of a lower level"));
    }

    #[test]
    fn a_crate_without_a_row_and_a_row_without_a_crate_are_found() {
        let found = check(&[node("model", &[]), node("oci", &[]), node("shiny", &[])], TABLE);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("store has a row"));
        assert!(found[1].starts_with("shiny has no row"));
    }
}
