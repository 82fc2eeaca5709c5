use lazaret_report::{TableStyle, scan_table};

use crate::sample;

#[test]
fn plain_and_as_wide_as_needed() {
    insta::assert_snapshot!(scan_table("app:1", None, &[sample::bad().report()], TableStyle::default()));
}

#[test]
fn narrow_terminals_wrap_cells() {
    let style = TableStyle { width: Some(60), color: false };
    let text = scan_table("app:1", None, &[sample::bad().report()], style);
    let table = text.lines().skip_while(|line| !line.contains("SEVERITY")).take_while(|line| !line.is_empty());
    assert!(table.into_iter().all(|line| line.chars().count() <= 60), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn an_index_ends_with_the_verdict_over_all() {
    let (bad, clean) = (sample::bad(), sample::clean());
    let images = [clean.report(), bad.report()];
    let text = scan_table("app:1", Some(&sample::digest(9)), &images, TableStyle::default());
    assert!(text.starts_with("app:1  index sha256:0909"), "{text}");
    assert!(text.contains("0 packages in 2 layers; no known vulnerability"), "{text}");
    assert!(text.ends_with("DENY  over 2 platforms\n"), "{text}");
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let bad = sample::bad();
    let plain = scan_table("app:1", None, &[bad.report()], TableStyle::default());
    let coloured = scan_table("app:1", None, &[bad.report()], TableStyle { width: None, color: true });
    assert!(!plain.contains('\x1b'), "an escape, perhaps the image's own: {plain:?}");
    assert!(coloured.contains("\x1b[1;31mDENY\x1b[0m"), "{coloured:?}");
    assert!(!coloured.contains("\x1b[31m\n") && coloured.contains("zip archive\u{fffd}[31m"), "{coloured:?}");
}
