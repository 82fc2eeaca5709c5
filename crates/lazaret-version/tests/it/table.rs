//! Every line of `testdata/<scheme>.txt`, both ways.

use std::cmp::Ordering;
use std::fmt::Write as _;

use lazaret_version::Scheme;

#[test]
fn every_scheme_orders_its_table() {
    let mut wrong = String::new();
    for scheme in Scheme::ALL {
        let path = format!("{}/testdata/{scheme}.txt", env!("CARGO_MANIFEST_DIR"));
        let table = std::fs::read_to_string(&path).expect("every scheme has a table");
        let mut pairs = 0;
        for (number, line) in table.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#')) {
            let (a, b, expected) = match (line.split_once(" < "), line.split_once(" = ")) {
                (Some((a, b)), _) => (a, b, Ordering::Less),
                (None, Some((a, b))) => (a, b, Ordering::Equal),
                (None, None) => panic!("{scheme}.txt:{}: neither `a < b` nor `a = b`: {line}", number + 1),
            };
            pairs += 1;
            let (there, back) = (scheme.compare(a, b), scheme.compare(b, a));
            if there != expected || back != expected.reverse() {
                writeln!(wrong, "{scheme}.txt:{}: {line}: got {there:?}, back {back:?}", number + 1).expect("a string");
            }
        }
        assert!(pairs >= 20, "{scheme}.txt holds only {pairs} pairs");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
