use std::io::{BufRead, Write};
fn main() {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let f: Vec<&str> = line.split('\t').collect();
        let s: lazaret_version::Scheme = f[0].parse().unwrap();
        let c = match s.compare(f[1], f[2]) { std::cmp::Ordering::Less => '<', std::cmp::Ordering::Equal => '=', _ => '>' };
        writeln!(out, "{c}\t{}\t{}", s.is_valid(f[1]) as u8, s.is_valid(f[2]) as u8).unwrap();
    }
}
