//! `lazaret demo`: the main job on sample images, through the HTTP API as a CI system and a reader use it.

mod client;
mod samples;
mod table;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};
use lazaret_model::{Binding, Digest, Prefix, Repository, Role};
use lazaret_store::{NewPrincipal, Store};
use serde::Serialize;
use tokio::{net::TcpListener, sync::oneshot};

use crate::{
    cli::{Demo, Format},
    command::{admin::state_report, serve},
    exit::Exit,
    output,
    settings::Settings,
    wire::{self, House},
};

use self::{client::Client, samples::Sample};

/// How long the verdicts may take; they take milliseconds.
const PATIENCE: Duration = Duration::from_mins(1);

/// One image of the demonstration (product.md, "Fixed points").
#[derive(Serialize)]
struct Row {
    /// `host:port/repository:tag`
    reference: String,
    digest: Digest,
    state: String,
    decision: Option<String>,
    findings: usize,
    reader_manifest_status: u16,
    reader_blob_status: u16,
    #[serde(skip)]
    reason: String,
}

pub(crate) fn run(mut settings: Settings, args: &Demo) -> anyhow::Result<Exit> {
    settings.accept_starter = true;
    if settings.log_filter == Settings::default().log_filter {
        "warn".clone_into(&mut settings.log_filter);
    }
    wire::init_log(&settings)?;
    let data = match &args.data {
        Some(dir) => dir.clone(),
        None => fresh_folder()?,
    };
    let house = wire::house(&data, &settings)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(demonstrate(&house, &settings, &data, args))?;
    Ok(Exit::Done)
}

/// A folder of its own, which stays, so that `serve --data` can go on with it.
fn fresh_folder() -> anyhow::Result<PathBuf> {
    let folder = tempfile::Builder::new().prefix("lazaret-demo-").tempdir().context("cannot make a folder")?;
    Ok(folder.keep())
}

async fn demonstrate(house: &House, settings: &Settings, data: &std::path::Path, args: &Demo) -> anyhow::Result<()> {
    // The usual port when it is free, so that the printed commands look as people know them.
    let listener = match TcpListener::bind(settings.listen).await {
        Ok(listener) => listener,
        Err(_) => TcpListener::bind(("127.0.0.1", 0)).await.context("cannot listen on loopback")?,
    };
    let address = listener.local_addr()?.to_string();
    let (stop, stopped) = oneshot::channel::<()>();
    let store = house.context.store.clone();
    let (format, exit, folder) = (args.format, args.exit, data.to_path_buf());
    let main_job = tokio::task::spawn_blocking(move || -> anyhow::Result<()> {
        let done = main_job(&store, &address, &folder, format, exit);
        if exit || done.is_err() {
            // The server may have ended by itself; its own error is then told.
            let _ = stop.send(());
        } else {
            // Dropped with the process.
            std::mem::forget(stop);
        }
        done
    });
    let until = async {
        tokio::select! {
            _ = stopped => {}
            () = serve::stop_signal() => {}
        }
    };
    serve::serve(house, settings, listener, settings.workers.max(1), data, until).await?;
    main_job.await?
}

fn main_job(store: &Store, address: &str, data: &std::path::Path, format: Format, exit: bool) -> anyhow::Result<()> {
    let principal = |name: &str, roles: &[Role]| -> anyhow::Result<NewPrincipal> {
        let on = Prefix::parse("demo/*")?;
        let bindings: Vec<_> = roles.iter().map(|r| Binding { role: *r, on: on.clone(), expires: None }).collect();
        Ok(store.create_principal(name, &bindings, None, "demo")?)
    };
    let ci = principal("demo-ci", &[Role::Contributor])?;
    let reader = principal("demo-reader", &[Role::Reader])?;
    let owner = principal("demo-owner", &[Role::Owner])?;
    let writer = Client::new(address, &ci)?;
    let puller = Client::new(address, &reader)?;
    writer.wait_until_ready(PATIENCE)?;
    let samples = samples::all()?;
    for sample in &samples {
        writer.push(sample).with_context(|| format!("cannot push {}", sample.repository))?;
    }
    let rows = samples.iter().map(|sample| row(store, address, &puller, sample)).collect::<anyhow::Result<Vec<_>>>()?;
    match format {
        Format::Json => output::json(&rows)?,
        Format::Table => output::data(&table::table(&rows))?,
    }
    if !exit {
        output::say(&table::what_next(address, data, &owner, &reader));
    }
    Ok(())
}

fn row(store: &Store, address: &str, reader: &Client, sample: &Sample) -> anyhow::Result<Row> {
    let repository = Repository::parse(&sample.repository)?;
    let report = wait_for_verdict(store, &repository, &sample.digest)?;
    let findings = match store.latest_decision(&repository, &sample.digest)? {
        Some(signed) => serde_json::from_str::<lazaret_model::Decision>(&signed.body)?.findings.len(),
        None => 0,
    };
    Ok(Row {
        reference: format!("{address}/{}:{}", sample.repository, sample.tag),
        digest: sample.digest.clone(),
        reader_manifest_status: reader.manifest_status(&sample.repository, &sample.tag)?,
        reader_blob_status: reader.blob_status(&sample.repository, &sample.first_layer)?,
        reason: report.reasons.first().map(|r| r.message.clone()).unwrap_or_default(),
        state: report.state.to_string(),
        decision: report.decision,
        findings,
    })
}

fn wait_for_verdict(
    store: &Store,
    repository: &Repository,
    digest: &Digest,
) -> anyhow::Result<state_report::StateReport> {
    let start = Instant::now();
    loop {
        let row = store.manifest(repository, digest)?.context("a pushed image is not in the store")?;
        if row.state != lazaret_model::ImageState::Quarantined {
            return Ok(state_report::report(store, repository, &row)?);
        }
        if start.elapsed() > PATIENCE {
            bail!("{repository}@{digest} is still quarantined after {} s", PATIENCE.as_secs());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
