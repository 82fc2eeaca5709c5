//! The binary as a user runs it: arguments, exit codes, stdout and stderr.

mod admin;
mod demo;
mod exit_codes;
mod scan;
mod support;
