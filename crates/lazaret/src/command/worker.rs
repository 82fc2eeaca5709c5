//! `lazaret worker`: workers without a server, on the same data; they look for work once a second.

use lazaret_worker::{Runner, SnapshotWatch};

use crate::{cli::Worker, command::serve::stop_signal, exit::Exit, settings::Settings, wire};

pub(crate) fn run(settings: &Settings, args: &Worker) -> anyhow::Result<Exit> {
    wire::init_log(settings)?;
    let data = wire::data_dir(args.data.data.as_deref(), settings)?;
    let house = wire::house(&data, settings)?;
    let watch = SnapshotWatch::start(&house.context, house.advisories.clone(), house.snapshot.clone())?;
    let runner = Runner::start(&house.context, settings.workers)?;
    tracing::info!(data = %data.display(), workers = settings.workers, "lazaret works");
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(stop_signal());
    watch.stop();
    runner.stop();
    Ok(Exit::Done)
}
