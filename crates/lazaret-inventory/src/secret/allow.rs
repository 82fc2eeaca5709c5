//! What looks like a secret and is none: examples, placeholders, the documentation and tests of installed packages.

/// Parts of a placeholder, in small letters.
const PARTS: [&[u8]; 36] = [
    b"example",
    b"sample",
    b"placeholder",
    b"changeme",
    b"change_me",
    b"change-me",
    b"changeit",
    b"your",
    b"xxxx",
    b"dummy",
    b"fake",
    b"redacted",
    b"replace",
    b"insert",
    b"todo",
    b"notreal",
    b"not-real",
    b"notasecret",
    b"invalid",
    b"mock",
    b"${",
    b"{{",
    b"}}",
    b"$(",
    b"%s",
    b"%(",
    b"%{",
    b"#{",
    b"...",
    b"***",
    b"deadbeef",
    b"qwerty",
    b"abcdef",
    b"secret_here",
    // the keys of the Azure storage and Cosmos emulators, which Microsoft publishes
    b"eby8vdm02xnocqfl",
    b"c2y6ydjf5/r+ob0n",
];

/// Whole values that are in every tutorial.
const WHOLE: [&[u8]; 63] = [
    b"password",
    b"passw0rd",
    b"passwort",
    b"password1",
    b"password123",
    b"passwd",
    b"pass",
    b"pass1",
    b"pass123",
    b"pwd",
    b"pw",
    b"secret",
    b"secrets",
    b"mysecret",
    b"my-secret",
    b"supersecret",
    b"s3cret",
    b"s3cr3t",
    b"topsecret",
    b"token",
    b"key",
    b"apikey",
    b"api-key",
    b"api_key",
    b"foo",
    b"bar",
    b"baz",
    b"foobar",
    b"spam",
    b"user",
    b"username",
    b"login",
    b"admin",
    b"admin123",
    b"root",
    b"toor",
    b"none",
    b"null",
    b"nil",
    b"undefined",
    b"true",
    b"false",
    b"string",
    b"value",
    b"default",
    b"empty",
    b"required",
    b"optional",
    b"hunter2",
    b"letmein",
    b"abc",
    b"abc123",
    b"guest",
    b"anonymous",
    b"unused",
    b"nopassword",
    b"no_password",
    b"prompt",
    b"ask",
    b"hidden",
    b"masked",
    b"unknown",
    b"open sesame",
];

/// Whether a value stands for a secret that somebody else is to fill in, or is one that everybody knows.
pub(crate) fn is_placeholder(value: &[u8]) -> bool {
    // a key goes over many lines; by chance it may have any of the words
    if value.len() > 256 {
        return false;
    }
    let small = value.to_ascii_lowercase();
    let has = |part: &[u8]| memchr::memmem::find(&small, part).is_some();
    // `$6$...` is a hash, `$NAME` a variable
    let variable = |name: &[u8]| name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    matches!(small.first(), None | Some(b'%' | b'{' | b'<' | b'['))
        || small.strip_prefix(b"$").is_some_and(variable)
        || WHOLE.contains(&small.as_slice())
        || PARTS.iter().any(|part| has(part))
        || (small.len() <= 20 && (has(b"test") || has(b"demo") || has(b"1234")))
        || is_monotonous(&small)
}

/// One letter again and again, few letters, or a row of neighbours (`12345678`).
fn is_monotonous(small: &[u8]) -> bool {
    let longest = |follows: fn(u8, u8) -> bool| {
        let mut run = 1;
        small.windows(2).fold(1, |longest, pair| {
            run = if follows(pair[0], pair[1]) { run + 1 } else { 1 };
            run.max(longest)
        })
    };
    let mut seen = [false; 256];
    for byte in small {
        seen[usize::from(*byte)] = true;
    }
    let distinct = seen.iter().filter(|seen| **seen).count();
    longest(|a, b| a == b) >= 6 || longest(|a, b| b == a.wrapping_add(1)) >= 7 || (small.len() >= 8 && distinct <= 3)
}

/// Folders that belong to packages as they are installed.
const PACKAGES: [&str; 20] = [
    "site-packages/",
    "dist-packages/",
    "node_modules/",
    "gems/",
    "usr/share/",
    "usr/lib/",
    "usr/lib64/",
    "usr/libexec/",
    "usr/src/",
    "usr/local/lib/",
    "usr/local/share/",
    "usr/local/go/",
    "go/pkg/mod/",
    "lib/python",
    ".cargo/registry/",
    ".m2/repository/",
    "vendor/",
    "usr/include/",
    "lib/ruby/",
    "lib/node/",
];

/// Folders in them that hold tests and documentation.
const TESTS: [&str; 28] = [
    "test",
    "tests",
    "testing",
    "testdata",
    "test-data",
    "test_data",
    "testsuite",
    "fixtures",
    "__tests__",
    "__fixtures__",
    "spec",
    "specs",
    "example",
    "examples",
    "doc",
    "docs",
    "demo",
    "demos",
    "sample",
    "samples",
    "mock",
    "mocks",
    "man",
    "locale",
    "idle_test",
    "dummyserver",
    "benchmarks",
    "i18n",
];

/// Whether a file is documentation or a test of an installed package: secrets there are made up. Those of the image's
/// own files are not: what somebody copies from a test folder of his own may be real.
pub(crate) fn is_noise(path: &str) -> bool {
    // its sections on enrolment are examples
    if path.ends_with("etc/ssl/openssl.cnf") {
        return true;
    }
    let Some(inside) = inside_package(path) else { return false };
    let (folders, name) = inside.rsplit_once('/').unwrap_or(("", inside));
    folders.split('/').any(|folder| TESTS.contains(&folder)) || is_noise_by_name(name)
}

/// The path below the outermost folder of packages.
pub(crate) fn inside_package(path: &str) -> Option<&str> {
    let places = PACKAGES.iter().filter_map(|folder| {
        let at = path.find(folder)?;
        (at == 0 || path.as_bytes()[at - 1] == b'/').then_some(at + folder.len())
    });
    places.min().map(|at| &path[at..])
}

fn is_noise_by_name(name: &str) -> bool {
    const ENDS: [&str; 16] = [
        ".md", ".rst", ".html", ".htm", ".d.ts", ".map", ".po", ".pot", ".mo", "_test.go", "_test.py", "_spec.rb",
        ".test.js", ".test.ts", ".spec.js", ".spec.ts",
    ];
    const NAMES: [&str; 3] = ["METADATA", "PKG-INFO", "RECORD"];
    let starts = ["README", "CHANGELOG", "CHANGES", "NEWS", "HISTORY", "test_", "copyright", "examples"];
    ENDS.iter().any(|end| name.ends_with(end))
        || name.contains(".examples.")
        || NAMES.contains(&name)
        || starts.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders() {
        for value in [
            "",
            "${TOKEN}",
            "<token>",
            "your-token-here",
            "AKIAIOSFODNN7EXAMPLE",
            "xxxxxxxxxxxx",
            "changeme!",
            "Password",
            "%(password)s",
            "********",
            "aaaaaaaaaaaaaaaa",
            "test1234",
            "abababab",
            "x23456789y",
            "ghp_abcdefghijklmnop",
        ] {
            assert!(is_placeholder(value.as_bytes()), "{value}");
        }
        for value in ["kY7vQ2mZp9", "tr0ub4dor&3", "9f8b7a6c5d4e3f2a1b0c", "correct-horse-battery"] {
            assert!(!is_placeholder(value.as_bytes()), "{value}");
        }
    }

    #[test]
    fn documentation_and_tests_of_packages() {
        for path in [
            "usr/share/doc/curl/examples/x.c",
            "usr/lib/python3.11/test/keycert.pem",
            "usr/share/doc/x/README",
            "opt/v/lib/python3.12/site-packages/tornado/test/test.key",
            "app/node_modules/a/README.md",
            "usr/local/go/src/crypto/tls/testdata/x.pem",
            "usr/lib/go-1.19/src/crypto/x509/sec1_test.go",
            "usr/lib/python3/dist-packages/x-1.dist-info/METADATA",
            "app/node_modules/aws-sdk/apis/iam.examples.json",
            "etc/ssl/openssl.cnf",
        ] {
            assert!(is_noise(path), "{path}");
        }
        for path in [
            "app/test/.env",
            "root/.aws/credentials",
            "etc/ssl/private/x.key",
            "app/node_modules/a/lib/index.js",
            "usr/lib/app/config.yml",
            "home/app/README.md",
            "srv/docs/id_rsa",
        ] {
            assert!(!is_noise(path), "{path}");
        }
    }
}
