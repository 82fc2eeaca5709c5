//! Cargo's part: the tests of every crate, streamed, and the release binary, built once.

use super::report::{Report, skip};
use crate::process::find;
use crate::workspace;
use anyhow::{Context, Result, ensure};
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// `cargo test --workspace`, and the layer reader once more with the faster inflater; counts in the report.
pub(super) fn test(report: &mut Report) {
    let mut counts = [0; 3];
    report.check("cargo", "test --workspace", || run(&["--workspace"], &mut counts));
    report.check("cargo", "test --package lazaret-oci --features isal", || {
        for program in ["nasm", "autoreconf", "libtoolize"] {
            if find(program).is_none() {
                return Err(skip(format!("ISA-L needs {program} to build")));
            }
        }
        run(&["--package", "lazaret-oci", "--features", "isal"], &mut counts)
    });
    report.count_cargo(counts);
}

fn run(args: &[&str], counts: &mut [u64; 3]) -> Result<()> {
    let mut child = Command::new(env!("CARGO"))
        .args(["test", "--locked", "--no-fail-fast"])
        .args(args)
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    for line in BufReader::new(output).lines() {
        let line = line?;
        println!("{line}");
        if let Some(found) = counted(&line) {
            for (sum, count) in counts.iter_mut().zip(found) {
                *sum += count;
            }
        }
    }
    let status = child.wait()?;
    ensure!(status.success(), "cargo test ended with {status}");
    Ok(())
}

/// Passed, failed and ignored of a line `test result: ok. 12 passed; 0 failed; 1 ignored; ...`.
fn counted(line: &str) -> Option<[u64; 3]> {
    let rest = line.trim().strip_prefix("test result: ")?;
    let count = |word: &str| {
        let before = rest.split(word).next()?.trim_end();
        before.rsplit(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    Some([count("passed")?, count("failed")?, count("ignored")?])
}

/// Builds the binary that the real parts run.
pub(crate) fn release_binary() -> Result<PathBuf> {
    build(&["--release", "--package", "lazaret"], "release", "lazaret")
}

/// Builds one binary with `cargo build ARGS`; gives its path below `target/<profile>`.
pub(crate) fn build(args: &[&str], profile: &str, binary: &str) -> Result<PathBuf> {
    let status = Command::new(env!("CARGO"))
        .args(["build", "--locked"])
        .args(args)
        .current_dir(workspace::root())
        .stdin(Stdio::null())
        .status()
        .context("cannot run cargo")?;
    ensure!(status.success(), "cargo build {} ended with {status}", args.join(" "));
    Ok(workspace::target().join(profile).join(binary))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_result_line_is_counted() {
        let line = "test result: FAILED. 19 passed; 1 failed; 2 ignored; 0 measured; 0 filtered out; finished in 0.29s";
        assert_eq!(counted(line), Some([19, 1, 2]));
        assert_eq!(counted("test a ... ok"), None);
    }
}
