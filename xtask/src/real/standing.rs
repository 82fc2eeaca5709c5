//! What holds over time: a tag that is pushed again serves what was approved, and a right that is taken away is gone.

use super::Stage;
use crate::client::digest;
use crate::images::{Fitness, Packing, Sample};
use crate::process::until;
use crate::test::report::Report;
use anyhow::{Result, ensure};
use reqwest::Method;
use std::time::Duration;

pub(super) fn run(report: &mut Report, stage: &Stage<'_>) {
    report.check("standing", "a tag pushed again serves its approved digest, and never moves back", || tag(stage));
    report.check("standing", "a revoked role and a token minted before are refused", || revoked(stage));
}

fn tag(stage: &Stage<'_>) -> Result<()> {
    let server = stage.server;
    let ci = server.registry(&stage.ci);
    let reader = server.principal("tag-reader", &["reader"], "real/*")?;
    let reader = server.registry(&reader);
    let served = || -> Result<String> {
        let answer = reader.manifest(Method::GET, "real/moving", "1")?;
        ensure!(answer.status() == 200, "the tag answers {}", answer.status());
        Ok(digest(&answer.bytes()?))
    };
    let push = |fitness, seed| -> Result<String> {
        let pushed = Sample::new(fitness, Packing::Gzip, "amd64", seed)?.push(&ci, "real/moving", "1")?;
        server.verdict("real/moving", &pushed)?;
        Ok(pushed)
    };
    let first = push(Fitness::Fit, "first")?;
    ensure!(served()? == first, "the first approved push is not served");
    let second = push(Fitness::Unfit, "second")?;
    ensure!(served()? == first, "after a blocked push the approved one is not served");
    let newest = server.registry(&stage.quarantine).manifest(Method::GET, "real/moving", "1")?;
    ensure!(digest(&newest.bytes()?) == second, "the quarantine-reader does not get the newest push");
    let third = push(Fitness::Fit, "third")?;
    ensure!(served()? == third, "the newer approved push is not served");
    Ok(())
}

fn revoked(stage: &Stage<'_>) -> Result<()> {
    let server = stage.server;
    let ci = server.registry(&stage.ci);
    let image = Sample::new(Fitness::Fit, Packing::Gzip, "amd64", "revoked")?.push(&ci, "real/revoked", "1")?;
    server.verdict("real/revoked", &image)?;
    let who = server.principal("leaver", &["reader"], "real/*")?;
    let leaver = server.registry(&who);
    let token = super::gate::token(&leaver, "real/revoked")?;
    let path = format!("/v2/real/revoked/manifests/{image}");
    let by_secret = || leaver.request(Method::GET, &path).send().map(|answer| answer.status().as_u16());
    let bare = leaver.without_credentials();
    let by_token =
        || bare.request(Method::GET, &path).bearer_auth(&token).send().map(|answer| answer.status().as_u16());
    ensure!((by_secret()?, by_token()?) == (200, 200), "the reader does not get it before");
    server.lazaret(&["admin", "principal", "revoke", &who.id, "--role", "reader", "--on", "real/*"])?;
    // The command returns when it holds; a running server may take one second more (product.md, "Fixed points").
    let refused = |status: u16| status == 401 || status == 403 || status == 404;
    let gone = until(Duration::from_secs(1), || by_secret().is_ok_and(refused) && by_token().is_ok_and(refused));
    ensure!(gone, "a second later: secret {}, token {}", by_secret()?, by_token()?);
    Ok(())
}
