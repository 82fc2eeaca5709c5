//! `lazaret doctor`: what is set, what is there, what is wrong and what to do.

use lazaret_model::Clock;

use crate::{
    cli::Doctor,
    command::db::age,
    exit::Exit,
    output,
    settings::{SETTINGS, Settings},
    wire::{self, SystemClock},
};

pub(crate) fn run(settings: &Settings, args: &Doctor) -> anyhow::Result<Exit> {
    if args.settings {
        let rows: Vec<_> = SETTINGS
            .iter()
            .map(|s| vec![s.key.to_owned(), s.variable(), s.default.to_owned(), s.doc.to_owned()])
            .collect();
        output::table(&["SETTING", "VARIABLE", "DEFAULT", "MEANING"], &rows)?;
        return Ok(Exit::Done);
    }
    let data = wire::data_dir(args.data.data.as_deref(), settings)?;
    let checks = [
        ("data folder", data_folder(&data)),
        ("store", store(&data)),
        ("advisories", advisories(&data, settings)),
        ("listen", listen(settings)),
    ];
    let mut good = true;
    for (name, result) in checks {
        good &= result.is_ok();
        let (mark, text) = match result {
            Ok(text) => ("ok  ", text),
            Err(error) => ("FAIL", format!("{error:#}")),
        };
        output::data(&format!("{mark} {name}: {text}"))?;
    }
    Ok(if good { Exit::Done } else { Exit::Failed })
}

fn data_folder(data: &std::path::Path) -> anyhow::Result<String> {
    std::fs::create_dir_all(data)?;
    let probe = data.join(".doctor");
    std::fs::write(&probe, b"probe")?;
    std::fs::remove_file(&probe)?;
    Ok(format!("{} can be written", data.display()))
}

fn store(data: &std::path::Path) -> anyhow::Result<String> {
    let store = wire::open_store(data)?;
    let repositories = store.repositories()?.len();
    let images = store.image_keys()?.len();
    let principals = store.principals()?.len();
    let keys = store.signing_keys()?.len();
    Ok(format!("{repositories} repositories, {images} images, {principals} principals, {keys} signing keys"))
}

fn advisories(data: &std::path::Path, settings: &Settings) -> anyhow::Result<String> {
    let (db, _) = lazaret_worker::open_snapshot(&wire::advisories_dir(data))?;
    let info = db.info();
    if info.starter {
        anyhow::bail!("only the built-in starter set, which never clears an image: run `lazaret db update`");
    }
    let now = SystemClock.now();
    let limit = i64::try_from(settings.max_age.as_millis()).unwrap_or(i64::MAX);
    let old: Vec<_> = info
        .feeds
        .iter()
        .filter(|f| now.as_millis() - f.checked.as_millis() > limit)
        .map(|f| format!("{} ({})", f.name, age(f.checked, now)))
        .collect();
    if !old.is_empty() {
        anyhow::bail!("too old, so new images are incomplete: {}; run `lazaret db update`", old.join(", "));
    }
    Ok(format!("snapshot {}, {} feeds, all fresh", info.id.short(), info.feeds.len()))
}

fn listen(settings: &Settings) -> anyhow::Result<String> {
    match std::net::TcpListener::bind(settings.listen) {
        Ok(_) => Ok(format!("{} is free", settings.listen)),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{} is in use (a running server?)", settings.listen))
        }
        Err(error) => Err(error.into()),
    }
}
