//! The listener: hyper with a timeout for heads, and a drain at the end.

use std::{future::Future, io, sync::Arc, time::Duration};

use axum::Router;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};

use crate::{App, reads, router::router};

/// How long to wait after an accept that failed, mostly for lack of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Headers of one request.
const MAX_HEADERS: usize = 100;

/// Serves until `shutdown` resolves; then takes no new connection, lets open requests end within the drain
/// timeout, and writes what is still to be written to the audit log.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: impl Future) -> io::Result<()> {
    let server = Server::new(&app);
    let housekeeping = tokio::spawn(reads::keep_house(Arc::clone(&app)));
    tokio::pin!(shutdown);
    loop {
        let permit = tokio::select! {
            permit = Arc::clone(&server.connections).acquire_owned() => permit.map_err(io::Error::other)?,
            _ = &mut shutdown => break,
        };
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => server.start(stream, permit),
                Err(error) => {
                    tracing::warn!(error = %error, "a connection could not be accepted");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
            _ = &mut shutdown => break,
        }
    }
    drop(listener);
    let drained = async {
        server.graceful.shutdown().await;
        app.tasks.close();
        app.tasks.wait().await;
    };
    if tokio::time::timeout(app.settings.drain_timeout, drained).await.is_err() {
        tracing::warn!("requests were still open when the drain timeout ended");
    }
    housekeeping.abort();
    reads::write_down(&app).await;
    Ok(())
}

struct Server {
    http: auto::Builder<TokioExecutor>,
    service: TowerToHyperService<Router>,
    graceful: GracefulShutdown,
    connections: Arc<Semaphore>,
}

impl Server {
    fn new(app: &Arc<App>) -> Self {
        let mut http = auto::Builder::new(TokioExecutor::new());
        http.http1().timer(TokioTimer::new()).header_read_timeout(app.settings.header_timeout).max_headers(MAX_HEADERS);
        http.http2().timer(TokioTimer::new()).keep_alive_interval(app.settings.header_timeout);
        Self {
            http,
            service: TowerToHyperService::new(router(Arc::clone(app))),
            graceful: GracefulShutdown::new(),
            connections: Arc::new(Semaphore::new(app.settings.max_connections.max(1))),
        }
    }

    fn start(&self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(error = %error, "TCP_NODELAY could not be set");
        }
        let connection = self.http.serve_connection(TokioIo::new(stream), self.service.clone()).into_owned();
        let watched = self.graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = watched.await {
                tracing::debug!(error = %error, "a connection ended early");
            }
            drop(permit);
        });
    }
}
