//! Which of several images is meant.

use lazaret_model::Platform;

use crate::{Selection, SourceError};

/// The images that a selection means, by index into `platforms`. An empty list gives an empty answer.
pub fn choose(platforms: &[Platform], selection: &Selection) -> Result<Vec<usize>, SourceError> {
    let best = |wanted: &Platform| {
        let ranked = platforms.iter().enumerate().filter_map(|(i, p)| rank(wanted, p).map(|r| (r, i)));
        ranked.min().map(|(_, i)| i)
    };
    match selection {
        Selection::All => Ok((0..platforms.len()).collect()),
        Selection::Default => {
            Ok(best(&host()).or(if platforms.is_empty() { None } else { Some(0) }).into_iter().collect())
        }
        Selection::Platform(wanted) => match best(wanted) {
            Some(index) => Ok(vec![index]),
            None => Err(SourceError::NoPlatform { wanted: wanted.to_string(), available: list(platforms) }),
        },
    }
}

/// How well a platform fits; lower is better, `None` not at all. Without a wanted variant the plain one and the
/// common default (`v8` on arm64, `v7` on arm) come first.
fn rank(wanted: &Platform, offered: &Platform) -> Option<usize> {
    if (&wanted.os, &wanted.architecture) != (&offered.os, &offered.architecture) {
        return None;
    }
    let default = match offered.architecture.as_str() {
        "arm64" => Some("v8"),
        "arm" => Some("v7"),
        _ => None,
    };
    let offered = offered.variant.as_deref().or(default);
    match wanted.variant.as_deref() {
        Some(wanted) => (Some(wanted) == offered).then_some(0),
        None => Some(usize::from(offered != default)),
    }
}

/// Images are Linux's; the architecture is this machine's, in Go's words.
pub(super) fn host() -> Platform {
    let architecture = match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        "x86" => "386",
        "powerpc64" => "ppc64le",
        "loongarch64" => "loong64",
        other => other,
    };
    Platform { os: "linux".to_owned(), architecture: architecture.to_owned(), variant: None }
}

fn list(platforms: &[Platform]) -> String {
    platforms.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(texts: &[&str]) -> Vec<Platform> {
        texts.iter().map(|t| Platform::parse(t).unwrap()).collect()
    }

    fn chosen(texts: &[&str], wanted: &str) -> Option<usize> {
        choose(&of(texts), &Selection::Platform(Platform::parse(wanted).unwrap())).ok().map(|all| all[0])
    }

    #[test]
    fn platforms() {
        let arm = ["linux/arm/v6", "linux/arm/v7", "linux/arm64/v8", "linux/amd64"];
        assert_eq!(chosen(&arm, "linux/arm"), Some(1));
        assert_eq!(chosen(&arm, "linux/arm/v6"), Some(0));
        assert_eq!(chosen(&arm, "linux/arm64"), Some(2));
        assert_eq!(chosen(&["linux/arm64"], "linux/arm64/v8"), Some(0));
        assert_eq!(chosen(&arm, "linux/arm/v5"), None);
        assert_eq!(chosen(&arm, "windows/amd64"), None);
        let error = choose(&of(&arm), &Selection::Platform(Platform::parse("linux/s390x").unwrap())).unwrap_err();
        assert!(error.to_string().contains("linux/arm/v6, linux/arm/v7"));
    }

    #[test]
    fn defaults() {
        let host = host().to_string();
        assert_eq!(choose(&of(&["linux/mips", &host]), &Selection::Default).unwrap(), [1]);
        assert_eq!(choose(&of(&["linux/mips", "linux/z80"]), &Selection::Default).unwrap(), [0]);
        assert_eq!(choose(&of(&["linux/mips", "linux/z80"]), &Selection::All).unwrap(), [0, 1]);
        assert!(choose(&[], &Selection::Default).unwrap().is_empty());
    }
}
