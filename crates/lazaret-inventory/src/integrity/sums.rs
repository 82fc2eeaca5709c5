//! The lists of digests that package managers keep.

use base64::{Engine as _, prelude::*};
use lazaret_model::{PackageType, ProblemKind};
use lazaret_oci::Body;

use super::{Expected, ExpectedFiles, Sum};
use crate::{content::Lines, layer::FileFacts, path_set::PathHash};

/// Files of one list; the largest packages have a hundred thousand.
const MAX_FILES: usize = 2_000_000;

/// dpkg's `<32 hexadecimal digits>  usr/bin/x`.
pub(crate) fn md5sums(body: &Body<'_>, root: &str, package: &str, facts: &mut FileFacts) -> Expected {
    let (name, arch) = package.split_once(':').map_or((package, None), |(name, arch)| (name, Some(arch.to_owned())));
    let mut files = ExpectedFiles::new(PackageType::Deb, name, arch, Sum::Md5);
    let mut lines = Lines::new(body);
    let (mut path, mut count, mut bad) = (root.to_owned(), 0, None);
    while let Some(line) = lines.next_line() {
        let digest = line.split_once("  ").and_then(|(sum, listed)| Some((hex::decode(sum).ok()?, listed)));
        let Some((digest, listed)) = digest.filter(|(digest, _)| digest.len() == Sum::Md5.length()) else {
            if !line.is_empty() {
                bad = bad.or(Some(lines.number));
            }
            continue;
        };
        count += 1;
        if count > MAX_FILES {
            too_many(facts);
            break;
        }
        path.truncate(root.len());
        path.push_str(listed.trim_start_matches("./").trim_start_matches('/'));
        files.push(&path, &digest);
    }
    if let Some(number) = bad {
        facts.not_understood(format!("line {number}: not an MD5 digest and a path"));
    }
    Expected { packages: vec![files], ..Expected::default() }
}

/// dpkg's list of configuration files; `remove-on-upgrade` may stand before a path.
pub(crate) fn conffiles(body: &Body<'_>, root: &str) -> Expected {
    let mut lines = Lines::new(body);
    let mut editable = Vec::new();
    while let Some(line) = lines.next_line() {
        let path = line.trim().rsplit(' ').next().unwrap_or_default().trim_start_matches('/');
        if !path.is_empty() && editable.len() < MAX_FILES {
            editable.push(PathHash::of(&format!("{root}{path}")));
        }
    }
    Expected { editable: editable.into_iter().collect(), ..Expected::default() }
}

/// dpkg's diversions: three lines each. `:` stands for the administrator.
pub(crate) fn diversions(body: &Body<'_>, root: &str) -> Expected {
    const MAX_DIVERSIONS: usize = 100_000;
    let mut lines = Lines::new(body);
    let mut diversions = Vec::new();
    while let Some(from) = lines.next_line().map(|line| under(root, &line)) {
        let Some(to) = lines.next_line().map(|line| under(root, &line)) else { break };
        let Some(by) = lines.next_line().map(std::borrow::Cow::into_owned) else { break };
        if diversions.len() < MAX_DIVERSIONS {
            diversions.push((from, to, by));
        }
    }
    Expected { diversions, ..Expected::default() }
}

fn under(root: &str, path: &str) -> String {
    format!("{root}{}", path.trim_start_matches('/'))
}

/// apk's database: `F:` directory, `R:` file in it, `Z:Q1` and the SHA-1 in base64 (`Q2`: SHA-256). Below `etc` it keeps
/// what people change.
pub(crate) fn installed(body: &Body<'_>, root: &str, facts: &mut FileFacts) -> Expected {
    let mut expected = Expected::default();
    let mut lines = Lines::new(body);
    let (mut package, mut directory, mut file) = (String::new(), String::new(), String::new());
    let mut current: [Option<ExpectedFiles>; 2] = [None, None];
    let mut count = 0;
    while let Some(line) = lines.next_line() {
        let Some((field, value)) = line.split_once(':') else {
            expected.packages.extend(current.iter_mut().filter_map(Option::take));
            continue;
        };
        match field {
            "P" => value.clone_into(&mut package),
            "F" => directory = format!("{root}{value}"),
            "R" => value.clone_into(&mut file),
            "Z" if !value.is_empty() => {
                let inner = directory.strip_prefix(root).unwrap_or(&directory);
                if (inner == "etc" || inner.starts_with("etc/")) && !inner.starts_with("etc/init.d") {
                    continue;
                }
                let (slot, sum) = if value.starts_with("Q2") { (1, Sum::Sha256) } else { (0, Sum::Sha1) };
                let digest = value.get(2..).and_then(|text| BASE64_STANDARD.decode(text).ok()).unwrap_or_default();
                if !value.starts_with('Q') || digest.len() != sum.length() {
                    facts.not_understood(format!("line {}: not a digest", lines.number));
                    break;
                }
                count += 1;
                if count > MAX_FILES {
                    too_many(facts);
                    break;
                }
                let path = if directory == root { format!("{root}{file}") } else { format!("{directory}/{file}") };
                let new = || ExpectedFiles::new(PackageType::Apk, &package, None, sum);
                if let Some(files) = current.get_mut(slot) {
                    files.get_or_insert_with(new).push(&path, &digest);
                }
            }
            _ => {}
        }
    }
    expected.packages.extend(current.into_iter().flatten());
    expected
}

/// A wheel's RECORD: `path,sha256=urlsafe base64 without padding,size`, relative to the folder that `.dist-info` is in.
pub(crate) fn record(body: &Body<'_>, dist_info: &str, facts: &mut FileFacts) -> Expected {
    let (site, own) = dist_info.rsplit_once('/').unwrap_or(("", dist_info));
    let name = own.strip_suffix(".dist-info").and_then(|name| name.split_once('-')).map_or(own, |(name, _)| name);
    let mut files = ExpectedFiles::new(PackageType::Pypi, name, None, Sum::Sha256);
    let mut lines = Lines::new(body);
    let mut count = 0;
    while let Some(line) = lines.next_line() {
        // from behind: a path may have commas
        let mut fields = line.rsplitn(3, ',');
        let (_, Some(digest), Some(listed)) = (fields.next(), fields.next(), fields.next()) else { continue };
        let digest = digest.strip_prefix("sha256=").and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
        let Some(digest) = digest else { continue };
        let Some(path) = joined(site, &listed.trim_matches('"').replace("\"\"", "\"")) else { continue };
        count += 1;
        if count > MAX_FILES {
            too_many(facts);
            break;
        }
        files.push(&path, &digest);
    }
    Expected { packages: vec![files], ..Expected::default() }
}

/// `None`: it leads out of the root.
fn joined(site: &str, listed: &str) -> Option<String> {
    if let Some(absolute) = listed.strip_prefix('/') {
        return Some(absolute.to_owned());
    }
    let (mut site, mut listed) = (site, listed);
    while let Some(rest) = listed.strip_prefix("../") {
        listed = rest;
        if site.is_empty() {
            return None;
        }
        site = site.rsplit_once('/').map_or("", |(above, _)| above);
    }
    Some(if site.is_empty() { listed.to_owned() } else { format!("{site}/{listed}") })
}

fn too_many(facts: &mut FileFacts) {
    facts.problem(ProblemKind::LimitExceeded, format!("more than {MAX_FILES} digests in one list"));
}
