use super::*;

/// What stands in real databases, and what it means.
#[test]
fn real_fields() {
    for (field, wanted) in [
        // SPDX already
        ("MIT", "MIT"),
        ("mit", "MIT"),
        ("Apache-2.0 OR MIT", "Apache-2.0 OR MIT"),
        ("(MIT OR CC0-1.0)", "MIT OR CC0-1.0"),
        ("GPL-2.0-or-later WITH Classpath-exception-2.0", "GPL-2.0-or-later WITH Classpath-exception-2.0"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0 WITH LLVM-exception"),
        ("LicenseRef-Callaway-MIT", "LicenseRef-Callaway-MIT"),
        ("BSD-3-Clause AND (MIT OR GPL-2.0-only) AND MIT", "BSD-3-Clause AND (MIT OR GPL-2.0-only) AND MIT"),
        // Fedora, before it took SPDX
        ("GPLv2+", "GPL-2.0-or-later"),
        ("GPL+ or Artistic", "GPL-1.0-or-later OR Artistic-1.0-Perl"),
        ("LGPLv2+ and GPLv2", "LGPL-2.0-or-later AND GPL-2.0-only"),
        (
            "GPLv3+ and GPLv3+ with exceptions and GPLv2+",
            "GPL-3.0-or-later AND LicenseRef-GPL-3.0-or-later-with-exceptions AND GPL-2.0-or-later",
        ),
        ("ASL 2.0", "Apache-2.0"),
        (
            "(MPLv1.1 or GPLv2+ or LGPLv2+) and BSD",
            "(MPL-1.1 OR GPL-2.0-or-later OR LGPL-2.0-or-later) AND LicenseRef-BSD",
        ),
        ("Public Domain", "LicenseRef-Public-Domain"),
        ("zlib and Boost", "Zlib AND BSL-1.0"),
        ("Python", "Python-2.0"),
        ("BSD with advertising", "BSD-4-Clause"),
        // SUSE
        ("GPL-2.0+", "GPL-2.0-or-later"),
        ("LGPL-2.1-or-later", "LGPL-2.1-or-later"),
        ("SUSE-Public-Domain", "LicenseRef-SUSE-Public-Domain"),
        // Alpine
        ("GPL-2.0-or-later MIT", "GPL-2.0-or-later AND MIT"),
        ("MIT BSD GPL2+", "MIT AND LicenseRef-BSD AND GPL-2.0-or-later"),
        ("custom", "LicenseRef-custom"),
        // Arch
        ("GPL", "GPL-1.0-or-later"),
        ("LGPL2.1", "LGPL-2.1-only"),
        ("custom:BSD", "LicenseRef-custom-BSD"),
        ("PerlArtistic", "LicenseRef-PerlArtistic"),
        // Portage
        ("|| ( GPL-2 MIT ) BSD-2", "(GPL-2.0-only OR MIT) AND BSD-2-Clause"),
        ("GPL-2+ public-domain", "GPL-2.0-or-later AND LicenseRef-Public-Domain"),
        ("MIT || ( Apache-2.0 GPL-3 )", "MIT AND (Apache-2.0 OR GPL-3.0-only)"),
        // Debian
        ("GPL-2+ or MIT, and Expat", "(GPL-2.0-or-later OR MIT) AND MIT"),
        ("Artistic or GPL-1+", "Artistic-1.0-Perl OR GPL-1.0-or-later"),
        ("BSD-3-clause", "BSD-3-Clause"),
        ("GFDL-1.3+", "GFDL-1.3-or-later"),
        // Python, npm, Maven, R
        ("MIT License", "MIT"),
        ("The MIT License (MIT)", "MIT"),
        ("MIT/X11", "MIT"),
        ("MIT/Apache-2.0", "MIT OR Apache-2.0"),
        ("Apache License, Version 2.0", "Apache-2.0"),
        ("Apache Software License 2.0", "Apache-2.0"),
        ("Apache 2.0", "Apache-2.0"),
        ("BSD 3-Clause License", "BSD-3-Clause"),
        ("3-Clause BSD License", "BSD-3-Clause"),
        ("New BSD License", "BSD-3-Clause"),
        ("GNU General Public License v2 or later (GPLv2+)", "GPL-2.0-or-later"),
        ("GNU Lesser General Public License v3 (LGPLv3)", "LGPL-3.0-only"),
        ("GNU GPL v3 or later", "GPL-3.0-or-later"),
        ("GPL version 2 or (at your option) any later version", "GPL-2.0-or-later"),
        ("GPL (>= 2)", "GPL-2.0-or-later"),
        ("GPL-2 | GPL-3", "GPL-2.0-only OR GPL-3.0-only"),
        ("MIT + file LICENSE", "MIT"),
        ("Eclipse Public License - v 2.0", "EPL-2.0"),
        ("Mozilla Public License 2.0 (MPL 2.0)", "MPL-2.0"),
        ("Python Software Foundation License", "PSF-2.0"),
        ("ISC License (ISCL)", "ISC"),
        ("UNLICENSED", "LicenseRef-UNLICENSED"),
        ("The Unlicense", "Unlicense"),
        ("Dual License", "LicenseRef-Dual-License"),
        ("https://example.org/license", "LicenseRef-https-example.org-license"),
    ] {
        assert_eq!(normalise(field).as_deref(), Some(wanted), "{field}");
        spdx::Expression::parse(wanted).unwrap_or_else(|error| panic!("{wanted}: {error}"));
    }
    for nothing in ["", "  ", "UNKNOWN", "(none)", "()", "and"] {
        assert_eq!(normalise(nothing), None, "{nothing:?}");
    }
}

#[test]
fn lists() {
    assert_eq!(all_of(["MIT", "", "GPL-2 or BSD-2"]).as_deref(), Some("MIT AND (GPL-2.0-only OR BSD-2-Clause)"));
    assert_eq!(any_of(["MIT", "MIT"]).as_deref(), Some("MIT"));
    assert_eq!(all_of([""; 0]), None);
}

/// Whatever comes in, an expression comes out that others can read, in bounded time.
#[test]
fn garbage_gives_expressions() {
    let pieces = [
        "(",
        ")",
        " or ",
        " and ",
        " with ",
        ",",
        "MIT",
        "GPL-2+",
        "x y",
        "/",
        "||",
        "é",
        "\u{0}",
        "(>=",
        " + file license",
    ];
    let mut state: u32 = 1;
    for _ in 0..5_000 {
        let mut field = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            field.push_str(pieces[(state >> 16) as usize % pieces.len()]);
        }
        if let Some(expression) = normalise(&field) {
            spdx::Expression::parse(&expression).unwrap_or_else(|error| panic!("{field:?} -> {expression}: {error}"));
        }
    }
    for huge in ["|(MIT ISC)".repeat(1000), "MIT |(MIT ISC)".repeat(1000), "MIT with ".repeat(1000)] {
        let expression = normalise(&huge).unwrap_or_default();
        assert!(expression.len() < 8 * super::MAX_BYTES, "{}", expression.len());
    }
    for huge in ["(".repeat(100_000), "MIT or ".repeat(50_000), "a/".repeat(50_000), "(>=".repeat(50_000)] {
        let _ = normalise(&huge);
    }
}
