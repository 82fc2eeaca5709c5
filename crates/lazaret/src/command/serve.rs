//! `lazaret serve`: registry, API, console and workers in one process.

use std::{net::SocketAddr, path::Path, sync::Arc};

use anyhow::Context as _;
use lazaret_server::{App, ServerSettings, TokenKey};
use lazaret_store::{Priority, Work};
use lazaret_worker::{Runner, SnapshotWatch, UploadTap};
use tokio::net::TcpListener;

use crate::{
    cli::Serve,
    exit::{Exit, Usage},
    settings::Settings,
    wire::{self, House},
};

pub(crate) fn run(mut settings: Settings, args: &Serve) -> anyhow::Result<Exit> {
    if let Some(listen) = &args.listen {
        settings.listen = resolve(listen)?;
    }
    settings.insecure_http |= args.insecure_http;
    if !settings.listen.ip().is_loopback() && !settings.insecure_http {
        let message = format!(
            "{} is not loopback, and plain HTTP would show secrets to the network: put a TLS proxy in front and add --insecure-http, or listen on 127.0.0.1",
            settings.listen
        );
        return Err(Usage(message).into());
    }
    wire::init_log(&settings)?;
    let data = wire::data_dir(args.data.data.as_deref(), &settings)?;
    let house = wire::house(&data, &settings)?;
    let workers = if args.no_worker { 0 } else { settings.workers };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("cannot listen on {}", settings.listen))?;
        serve(&house, &settings, listener, workers, &data, stop_signal()).await
    })?;
    Ok(Exit::Done)
}

/// Runs until `stop`; used by `demo` too.
pub(crate) async fn serve(
    house: &House,
    settings: &Settings,
    listener: TcpListener,
    workers: usize,
    data: &Path,
    stop: impl Future<Output = ()> + Send + 'static,
) -> anyhow::Result<()> {
    let app = app(house, settings, data)?;
    let address = listener.local_addr()?;
    let watch = SnapshotWatch::start(&house.context, house.advisories.clone(), house.snapshot.clone())?;
    let runner = Runner::start(&house.context, workers)?;
    house.context.store.enqueue(&Work::RejudgeAll, Priority::Background)?;
    tracing::info!(listen = %address, data = %data.display(), workers, "lazaret serves");
    let served = lazaret_server::serve(listener, app, stop).await;
    tokio::task::spawn_blocking(move || {
        watch.stop();
        runner.stop();
    })
    .await?;
    served.context("the server ended with an error")
}

fn app(house: &House, settings: &Settings, data: &Path) -> anyhow::Result<Arc<App>> {
    let context = &house.context;
    let tap = UploadTap::new(context.layers.clone(), context.limits.clone());
    let server = ServerSettings {
        external_url: settings.external_url.clone(),
        token_ttl: settings.token_ttl,
        accept_sparse_images: settings.accept_sparse_images,
        default_policy: settings.default_policy.clone(),
        ..ServerSettings::default()
    };
    let app = App::new(
        context.store.clone(),
        context.judge.clone(),
        context.clock.clone(),
        Some(Arc::new(tap)),
        server,
        TokenKey::open(&data.join("token.key"))?,
    );
    Ok(Arc::new(app))
}

/// `HOST:PORT`, where the host may be a name such as `localhost`.
fn resolve(text: &str) -> anyhow::Result<SocketAddr> {
    std::net::ToSocketAddrs::to_socket_addrs(text)
        .ok()
        .and_then(|mut all| all.next())
        .ok_or_else(|| Usage(format!("--listen {text:?}: expected HOST:PORT, e.g. 127.0.0.1:5000")).into())
}

/// SIGTERM or Ctrl-C.
pub(crate) async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut term) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = term.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
