//! Bundler's lockfile.

use lazaret_model::PackageType::Gem;

use super::Declared;

/// `Gemfile.lock`: `    name (1.0-platform)` under `specs:` of `GEM`; what is from a path or a repository has the version that it
/// gives itself, which is no release.
pub(super) fn bundler(text: &str, declared: &mut Declared) {
    let mut section = "";
    for line in text.lines() {
        if !line.starts_with(' ') {
            section = line.trim();
            continue;
        }
        let Some(entry) = line.strip_prefix("    ").filter(|entry| !entry.starts_with(' ')) else { continue };
        if section != "GEM" {
            continue;
        }
        let Some((name, version)) = entry.strip_suffix(')').and_then(|entry| entry.split_once(" (")) else { continue };
        // `1.16.2-x86_64-linux`: a version has no hyphen
        let (version, platform) = version.split_once('-').map_or((version, None), |(v, p)| (v, Some(p)));
        declared.add_for(Gem, name, version, platform);
    }
}
