//! WordPress: itself by `wp-includes/version.php`, plugins by the header in a PHP file at the top of theirs, themes by the
//! header of `style.css`.

use lazaret_model::PackageType;
use lazaret_oci::{Body, Limits};

use super::{Candidate, Detector, Interest};
use crate::{
    layer::{FileFacts, FoundPackage, Root},
    license,
};

pub(crate) struct Wordpress;

/// WordPress itself looks no further for a header.
const HEADER_BYTES: usize = 8 << 10;

impl Detector for Wordpress {
    fn id(&self) -> &'static str {
        "wordpress"
    }

    fn version(&self) -> u32 {
        1
    }

    fn doc(&self) -> &'static str {
        "https://developer.wordpress.org/plugins/plugin-basics/header-requirements/"
    }

    fn interest(&self, file: &Candidate<'_>) -> Interest {
        if Part::of(file).is_some() { Interest::Content } else { Interest::No }
    }

    fn detect(&self, file: &Candidate<'_>, body: &Body<'_>, _limits: &Limits, facts: &mut FileFacts) {
        let Some(part) = Part::of(file) else { return };
        let mut bytes = vec![0; HEADER_BYTES];
        let read = match body.read_at(0, &mut bytes) {
            Ok(read) => read,
            Err(error) => return facts.not_understood(format!("cannot be read back: {error}")),
        };
        let text = String::from_utf8_lossy(&bytes[..read]);
        match part {
            Part::Core { root } => core(root, &text, facts),
            Part::Plugin { slug, root } => extension("plugin", "Plugin Name", slug, root, &text, facts),
            Part::Theme { slug, root } => extension("theme", "Theme Name", slug, root, &text, facts),
        }
    }
}

enum Part<'a> {
    Core {
        /// Directory, empty for the root.
        root: &'a str,
    },
    Plugin {
        slug: &'a str,
        root: &'a str,
    },
    Theme {
        slug: &'a str,
        root: &'a str,
    },
}

impl<'a> Part<'a> {
    fn of(file: &Candidate<'a>) -> Option<Self> {
        match file.name {
            "version.php" => {
                let root = file.directory().strip_suffix("wp-includes")?;
                (root.is_empty() || root.ends_with('/')).then_some(Self::Core { root: root.trim_end_matches('/') })
            }
            "style.css" => {
                let root = file.directory();
                let (themes, slug) = root.rsplit_once('/')?;
                ends_with(themes, "wp-content/themes").then_some(Self::Theme { slug, root })
            }
            name => {
                let stem = name.strip_suffix(".php")?;
                let directory = file.directory();
                // one file that is the whole plugin
                if ends_with(directory, "wp-content/plugins") || ends_with(directory, "wp-content/mu-plugins") {
                    return Some(Self::Plugin { slug: stem, root: file.path });
                }
                let (plugins, slug) = directory.rsplit_once('/')?;
                ends_with(plugins, "wp-content/plugins").then_some(Self::Plugin { slug, root: directory })
            }
        }
    }
}

fn ends_with(directory: &str, end: &str) -> bool {
    directory.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// `$wp_version = '6.1.9';`
fn core(root: &str, text: &str, facts: &mut FileFacts) {
    let version = text.lines().find_map(|line| {
        let value = line.trim().strip_prefix("$wp_version")?.trim_start().strip_prefix('=')?.trim();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        value[1..].split(quote).next().filter(|version| is_version(version))
    });
    let Some(version) = version else {
        return facts.not_understood("no $wp_version in WordPress's version.php");
    };
    let below = |path: &str| if root.is_empty() { path.to_owned() } else { format!("{root}/{path}") };
    let directories = ["wp-includes", "wp-admin"].map(|path| Root { path: below(path), everything: false });
    facts.packages.push(FoundPackage {
        license: Some("GPL-2.0-or-later".to_owned()),
        cpe: Some(format!("cpe:2.3:a:wordpress:wordpress:{version}:*:*:*:*:*:*:*")),
        roots: directories.into_iter().collect(),
        ..FoundPackage::new(PackageType::Wordpress, "wordpress", version)
    });
}

fn extension(kind: &str, title: &str, slug: &str, root: &str, text: &str, facts: &mut FileFacts) {
    if header(text, title).is_none_or(str::is_empty) {
        return;
    }
    let version = header(text, "Version").filter(|version| is_version(version));
    facts.packages.push(FoundPackage {
        license: header(text, "License").and_then(license::normalise),
        roots: vec![Root { path: root.to_owned(), everything: false }],
        uncertain: version.is_none(),
        ..FoundPackage::new(PackageType::Wordpress, format!("{kind}/{slug}"), version.unwrap_or_default())
    });
}

/// ` * Plugin Name: Akismet`: the name after any of blanks, `/`, `*`, `#`, `@` and `<?php`.
fn header<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let line = line.trim_start().trim_start_matches("<?php");
        let line = line.trim_start_matches([' ', '\t', '/', '*', '#', '@']);
        let (field, value) = line.split_at_checked(name.len())?;
        let value = value.strip_prefix(':').filter(|_| field.eq_ignore_ascii_case(name))?;
        let value = value.split("*/").next().unwrap_or(value).split("?>").next().unwrap_or_default();
        Some(value.trim())
    })
}

fn is_version(version: &str) -> bool {
    (1..=64).contains(&version.len())
        && version.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_alphanumeric() || b".-+_".contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shown::found;

    #[test]
    fn real_files() {
        let of = |path: &str, text: &str| found(&Wordpress, path, text);
        assert_eq!(
            of("var/www/html/wp-includes/version.php", include_str!("../../testdata/wordpress/version.php")),
            "wordpress wordpress 6.1.9 (GPL-2.0-or-later) in var/www/html/wp-includes in var/www/html/wp-admin"
        );
        assert_eq!(
            of("www/wp-content/plugins/akismet/akismet.php", include_str!("../../testdata/wordpress/akismet.php")),
            "wordpress plugin/akismet 5.0.2 (GPL-2.0-or-later) in www/wp-content/plugins/akismet"
        );
        let theme = include_str!("../../testdata/wordpress/style.css");
        assert!(
            of("wp-content/themes/twentytwentythree/style.css", theme)
                .starts_with("wordpress theme/twentytwentythree 1.0 (GPL-2.0-or-later) in wp-content/themes/")
        );
    }

    #[test]
    fn places() {
        let text = "<?php /* Plugin Name: Hello\n * Version: 1.7.2 */";
        let of = |path: &str, text: &str| found(&Wordpress, path, text);
        assert_eq!(
            of("wp-content/plugins/hello.php", text),
            "wordpress plugin/hello 1.7.2 in wp-content/plugins/hello.php"
        );
        assert_eq!(of("wp-content/mu-plugins/x.php", text), "wordpress plugin/x 1.7.2 in wp-content/mu-plugins/x.php");
        for not in ["x.php", "wp-content/plugins/a/b/c.php", "plugins/a/a.php", "wp-content/themes/style.css"] {
            assert_eq!(of(not, text), "", "{not}");
        }
        assert_eq!(of("wp-content/plugins/a/b.php", "<?php\n// Version: 1.0\n"), "", "no plugin's main file");
        assert_eq!(
            of("wp-content/plugins/a/a.php", "<?php\n# plugin name: A\n"),
            "wordpress plugin/a ? in wp-content/plugins/a"
        );
        assert_eq!(of("wp-includes/version.php", "<?php"), "parse_error");
        let far = format!("<?php\n{}/* Plugin Name: A */", "//\n".repeat(9000));
        assert_eq!(of("wp-content/plugins/a/a.php", &far), "");
    }
}
