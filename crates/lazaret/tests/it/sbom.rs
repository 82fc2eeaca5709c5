//! An SBOM of ours stands for its image; one of another tool never allows.

use std::{fs, path::Path};

use lazaret_report::SbomFormat;
use serde_json::Value;

use crate::support::{Run, lazaret};

#[path = "../../../lazaret-report/tests/it/sbom/official.rs"]
mod official;

const ACCEPT: (&str, &str) = ("LAZARET_ADVISORIES_ACCEPT_STARTER", "true");
const CLOCK: &str = "2026-11-24T08:00:00Z";
const FORMATS: [&str; 3] = ["cyclonedx", "spdx", "spdx3"];

fn run(args: &[&str]) -> Run {
    let data = tempfile::tempdir().unwrap();
    lazaret(data.path(), args, &[ACCEPT])
}

/// The scan of a source, without what an SBOM does not say.
fn scan(source: &str) -> (i32, Value) {
    let run = run(&["scan", source, "--clock", CLOCK, "--format", "json"]);
    assert!([0, 10, 11].contains(&run.code), "{}", run.stderr);
    let mut json = run.json();
    let platforms = json.get_mut("platforms").and_then(Value::as_array_mut).map(std::mem::take);
    let of_platform = |image: &mut Value| {
        image["layers_verified"].take();
        // the digest of the whole document moves with the words that stand for secrets
        image["inputs"]["inventory"].take();
    };
    match platforms {
        Some(mut platforms) => {
            platforms.iter_mut().for_each(of_platform);
            json["platforms"] = platforms.into();
        }
        None => of_platform(&mut json),
    }
    (run.code, json)
}

fn agrees(source: &str) {
    let dir = tempfile::tempdir().unwrap();
    let whole = scan(source);
    for format in FORMATS {
        let bill = run(&["sbom", source, "--clock", CLOCK, "--format", format]);
        assert_eq!(bill.code, 0, "{}", bill.stderr);
        let schema = SbomFormat::ALL.into_iter().find(|known| known.name() == format).unwrap();
        assert_eq!(official::errors(official::validator(schema), &bill.stdout), Vec::<String>::new(), "{source}");
        let file = dir.path().join(format);
        fs::write(&file, &bill.stdout).unwrap();
        let again = scan(&format!("sbom:{}", file.display()));
        assert_eq!(again, whole, "{source} as {format}");
        // the bill of the bill is the bill
        let twice = run(&["sbom", &format!("sbom:{}", file.display()), "--clock", CLOCK, "--format", format]);
        assert_eq!(twice.stdout, bill.stdout, "{source} as {format}");
        let judged = run(&["scan", source, "--clock", CLOCK, "--format", format]);
        assert_eq!((judged.stdout, judged.code), (bill.stdout, whole.0), "{source} as {format}");
    }
}

#[test]
fn shared_images_agree_with_their_sboms() {
    let images = Path::new("/work/shared/images");
    let Ok(files) = fs::read_dir(images) else {
        eprintln!("skipped: {} is not here", images.display());
        return;
    };
    let mut seen = 0;
    for file in files.map(|file| file.unwrap().path()) {
        let name = file.file_name().unwrap().to_str().unwrap();
        let kind = match name {
            name if name.ends_with(".docker.tar") => "docker-archive",
            name if name.ends_with(".oci.tar") => "oci-archive",
            _ => continue,
        };
        agrees(&format!("{kind}:{}", file.display()));
        seen += 1;
    }
    assert!(seen > 0, "no image in {}", images.display());
}

/// A root file system with one npm package.
fn root(version: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let package = dir.path().join("app/node_modules/lodash");
    fs::create_dir_all(&package).unwrap();
    fs::write(package.join("package.json"), format!("{{\"name\":\"lodash\",\"version\":\"{version}\"}}")).unwrap();
    dir
}

#[test]
fn a_root_file_system_agrees_with_its_sboms() {
    let dir = root("4.17.11");
    agrees(&format!("dir:{}", dir.path().display()));
}

#[test]
fn what_was_changed_never_allows() {
    let (dir, out) = (root("4.17.11"), tempfile::tempdir().unwrap());
    for format in FORMATS {
        let bill = run(&["sbom", &format!("dir:{}", dir.path().display()), "--format", format]).stdout;
        let file = out.path().join(format);
        fs::write(&file, bill.replace("4.17.11", "99.0.0")).unwrap();
        let run = run(&["scan", &format!("sbom:{}", file.display()), "--policy", "observe", "--format", "json"]);
        assert_eq!(run.code, 11, "{format}: {}", run.stdout);
        let json = run.json();
        assert!(json["problems"].as_array().unwrap().iter().any(|p| p["kind"] == "sbom_only"), "{json}");
    }
}

#[test]
fn another_tools_bill_has_findings_and_never_allows() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("bom.json");
    for (version, code) in [("4.17.11", 10), ("99.0.0", 11)] {
        let text = format!(
            "{{\"bomFormat\":\"CycloneDX\",\"specVersion\":\"1.5\",\"components\":[\
             {{\"type\":\"library\",\"name\":\"lodash\",\"purl\":\"pkg:npm/lodash@{version}\"}}]}}"
        );
        fs::write(&file, text).unwrap();
        let source = format!("sbom:{}", file.display());
        let run = run(&["scan", &source, "--format", "json"]);
        assert_eq!(run.code, code, "{}", run.stdout);
        assert_eq!(run.json()["image"]["digest_kind"], "sbom");
        let converted = self::run(&["sbom", &source, "--format", "spdx"]);
        assert_eq!(converted.code, 0);
        assert!(converted.stderr.contains("sbom_only"), "{}", converted.stderr);
    }
}

#[test]
fn what_cannot_be_read_is_said_on_stderr_alone() {
    let out = tempfile::tempdir().unwrap();
    let file = out.path().join("bom.json");
    fs::write(&file, "{}").unwrap();
    for source in ["sbom:/nowhere.json".to_owned(), format!("sbom:{}", file.display())] {
        for command in ["scan", "sbom"] {
            let run = run(&[command, &source]);
            assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
            assert!(run.stderr.contains("SBOM"), "{}", run.stderr);
        }
    }
    assert_eq!(run(&["sbom", "dir:/", "--clock", "noon"]).code, 2);
}

#[test]
fn secrets_of_the_configuration_stay_at_home() {
    let Ok(image) = fs::canonicalize("/work/shared/images/shop-orders-1.4.0.oci.tar") else {
        eprintln!("skipped: the shared images are not here");
        return;
    };
    let source = format!("oci-archive:{}", image.display());
    let (_, whole) = scan(&source);
    assert!(whole["verdict"]["reasons"].as_array().unwrap().iter().any(|r| r["rule"] == "secret_in_env"), "{whole}");
    for format in FORMATS {
        let bill = run(&["sbom", &source, "--format", format]).stdout;
        assert!(bill.contains("[hidden by lazaret] a password"), "{format}");
    }
}
