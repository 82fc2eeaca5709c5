//! The walk against the `tar` crate's reader, over archives that neither of them wrote alone.

use proptest::prelude::*;

use super::*;

#[derive(Clone, Debug)]
struct Item {
    kind: u8,
    name: String,
    link: String,
    body: Vec<u8>,
    gnu: bool,
    pax: bool,
}

fn item() -> impl Strategy<Value = Item> {
    let name = prop_oneof!["[a-z]{1,8}(/[a-z.]{1,8}){0,3}", "[a-z]{90,130}(/[a-zé]{1,90}){1,3}"]
        .prop_filter("no dots alone", |n: &String| n.split('/').all(|p| p != "." && p != ".."));
    let kind = prop::sample::select(vec![b'0', b'0', b'0', b'1', b'2', b'5', b'3', b'6']);
    let body = prop::collection::vec(any::<u8>(), 0..1500);
    (kind, name, "[a-z]{1,60}(/[a-z]{1,60}){0,3}", body, any::<bool>(), any::<bool>())
        .prop_map(|(kind, name, link, body, gnu, pax)| Item { kind, name, link, body, gnu, pax })
}

fn write(items: &[Item]) -> Vec<u8> {
    let mut archive = tar::Builder::new(Vec::new());
    for item in items {
        let mut header = if item.gnu { tar::Header::new_gnu() } else { tar::Header::new_ustar() };
        header.set_entry_type(tar::EntryType::new(item.kind));
        header.set_mode(0o644);
        let body = if item.kind == b'0' { item.body.as_slice() } else { &[] };
        header.set_size(body.len() as u64);
        if item.pax {
            let size = body.len().to_string();
            let records =
                [("path", item.name.as_bytes()), ("linkpath", item.link.as_bytes()), ("size", size.as_bytes())];
            archive.append_pax_extensions(records).unwrap();
            header.set_size(u64::from(item.kind == b'0'));
            header.set_path("stand-in").unwrap();
            header.set_cksum();
            // The writer trusts the header's size; the record's wins for readers.
            archive.get_mut().extend_from_slice(&padded(header.as_bytes(), body));
        } else if matches!(item.kind, b'1' | b'2') {
            if archive.append_link(&mut header, &item.name, &item.link).is_err() {
                header.set_entry_type(tar::EntryType::Directory);
                header.set_size(0);
                archive.append_data(&mut header, "d", &[][..]).unwrap();
            }
        } else if archive.append_data(&mut header, &item.name, body).is_err() {
            archive.append_data(&mut header, "f", body).unwrap();
        }
    }
    archive.into_inner().unwrap()
}

/// What the `tar` crate sees, in our form.
fn theirs(bytes: &[u8]) -> Vec<(String, char, Vec<u8>)> {
    let mut archive = tar::Archive::new(bytes);
    let mut all = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let kind = match entry.header().entry_type() {
            tar::EntryType::Regular => 'f',
            tar::EntryType::Directory => 'd',
            tar::EntryType::Link => 'h',
            tar::EntryType::Symlink => 's',
            _ => 'o',
        };
        let link = entry.link_name().unwrap().map(|l| l.to_string_lossy().into_owned()).unwrap_or_default();
        let path = String::from_utf8_lossy(&entry.path_bytes()).trim_end_matches('/').to_owned();
        let mut body = Vec::new();
        match kind {
            'f' => drop(entry.read_to_end(&mut body).unwrap()),
            'h' | 's' => body = link.into_bytes(),
            _ => {}
        }
        all.push((path, kind, body));
    }
    all
}

fn ours(bytes: &[u8], want: Want) -> (LayerSummary, Vec<(String, char, Vec<u8>)>) {
    let (summary, recorder) = read(bytes, want);
    let entry = |seen: Seen| {
        let link = seen.kind.split('"').nth(1).unwrap_or_default().as_bytes().to_vec();
        let kind = seen.kind.chars().next().unwrap().to_ascii_lowercase();
        (seen.path, kind, if kind == 'f' { seen.body.unwrap_or_default() } else { link })
    };
    (summary, recorder.seen.into_iter().map(entry).collect())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_see_the_same(items in prop::collection::vec(item(), 0..12)) {
        let bytes = write(&items);
        let (summary, seen) = ours(&bytes, Want::Whole);
        prop_assert!(summary.problems.is_empty(), "{:?}", summary.problems);
        prop_assert_eq!(&seen, &theirs(&bytes));
        prop_assert_eq!(seen, ours(&gzip(&bytes), Want::Stream).1);
    }

    /// Whatever is broken: no panic, the digest is of the bytes, and nothing is verified that did not end.
    #[test]
    fn damage_never_panics(
        items in prop::collection::vec(item(), 1..6),
        hits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        pack in 0..3,
        mend in any::<bool>(),
    ) {
        let mut bytes = write(&items);
        for (at, value) in &hits {
            let at = at.index(bytes.len());
            bytes[at] = *value;
            // So that the damage gets past the checksum.
            if mend && let Some(block) = bytes.get_mut(at / 512 * 512..at / 512 * 512 + 512) {
                block[148..156].fill(b' ');
                let sum: u32 = block.iter().map(|b| u32::from(*b)).sum();
                block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
            }
        }
        bytes.truncate(cut.index(bytes.len()) + 1);
        let mut stored = match pack {
            0 => bytes,
            1 => gzip(&bytes),
            _ => zstd::encode_all(&bytes[..], 1).unwrap(),
        };
        if pack > 0 && hits.len() > 3 {
            let at = hits[0].0.index(stored.len());
            stored[at] ^= hits[0].1;
        }
        let (summary, _) = ours(&stored, Want::Whole);
        prop_assert_eq!(summary.digest, Some(sha256(&stored)));
        prop_assert_eq!(summary.verified, summary.diff_id.is_some());
    }
}
