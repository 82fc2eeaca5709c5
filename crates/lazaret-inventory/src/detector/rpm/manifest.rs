//! The list that distroless images of Azure Linux have in place of a database: what `rpm -qa` printed when the image was
//! made, ten fields a line with tabs between.

use lazaret_model::PackageType;
use lazaret_oci::Body;

use super::{Faults, is_name, source_of};
use crate::{
    content::Lines,
    layer::{Database, FileFacts, FoundPackage},
    room::Room,
};

/// `%{NAME} %{VERSION}-%{RELEASE} %{INSTALLTIME} %{BUILDTIME} %{VENDOR} %{EPOCH} %{SIZE} %{ARCH} %{EPOCHNUM} %{SOURCERPM}`
const FIELDS: usize = 10;

pub(super) fn read(body: &Body<'_>, facts: &mut FileFacts) {
    facts.database = Some(Database::Rpm);
    let mut lines = Lines::new(body);
    let (mut room, mut faults) = (Room::default(), Faults::default());
    while let Some(line) = lines.next_line() {
        if room.is_full() {
            break;
        }
        let line = line.into_owned();
        if line.trim().is_empty() {
            continue;
        }
        let fields: Vec<_> = line.split('\t').collect();
        match package(&fields) {
            Some(package) => room.add(facts, package),
            None if fields.len() == FIELDS && fields.first() == Some(&"gpg-pubkey") => {}
            None => faults.push(facts, format!("line {}: no package of {FIELDS} fields", lines.number)),
        }
    }
    if let Some(error) = lines.error {
        faults.push(facts, format!("line {}: cannot be read on: {error}", lines.number + 1));
    } else if !lines.ended {
        faults.push(facts, format!("line {}: the file is cut in the middle of a line", lines.number));
    }
    faults.sum_up(facts);
}

fn package(fields: &[&str]) -> Option<FoundPackage> {
    let [name, version, _, _, vendor, epoch, _, arch, _, source] = fields else { return None };
    let told = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty() && text != "(none)");
    let epoch = told(epoch);
    let numbered = epoch.as_ref().is_none_or(|epoch| epoch.bytes().all(|b| b.is_ascii_digit()));
    let whole = version.split_once('-').is_some_and(|(version, release)| !version.is_empty() && !release.is_empty());
    if !is_name(name) || !whole || !numbered || version.contains(char::is_whitespace) || *name == "gpg-pubkey" {
        return None;
    }
    Some(FoundPackage {
        arch: told(arch),
        source: source_of(source),
        vendor: told(vendor),
        ..FoundPackage::new(
            PackageType::Rpm,
            *name,
            epoch.map_or_else(|| (*version).to_owned(), |epoch| format!("{epoch}:{version}")),
        )
    })
}
