//! All inflaters give the same bytes, stop at the same place and refuse the same streams, however the bytes are cut
//! up. With the feature `isal` there are two to compare; without, zlib-rs is held against what was packed.

use std::io::{BufReader, Read, Write};

use flate2::{Compression, write::DeflateEncoder};
use proptest::prelude::*;

use super::{super::gzip::Gzip, Corrupt, Inflate, Step, zlib::Zlib};

/// What an inflater made of a stream.
#[derive(PartialEq, Eq)]
struct Made {
    /// Nothing where the stream is refused: how much comes before that is the inflater's own affair.
    out: Vec<u8>,
    end: End,
}

impl std::fmt::Debug for Made {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} after {} bytes with {}", self.end, self.out.len(), crate::sha256(&self.out))
    }
}

impl Made {
    /// The same; of a stream that is cut, the last symbols may be given or kept back.
    fn agrees(&self, other: &Self) -> bool {
        let cut = self.end == End::Cut && other.end == End::Cut;
        self == other || cut && (self.out.starts_with(&other.out) || other.out.starts_with(&self.out))
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum End {
    /// At this offset of the input.
    At(usize),
    Cut,
    Corrupt,
}

fn run<I: Inflate>(packed: &[u8], input_step: usize, output_step: usize) -> Made {
    let mut inflater = I::default();
    // a stream that was left in its middle leaves nothing behind
    let mut nothing = [0; 10];
    let _ = inflater.step(&packed[..packed.len() / 2], &mut nothing);
    inflater.reset();
    let (mut out, mut buffer, mut at) = (Vec::new(), vec![0; output_step], 0);
    loop {
        let input = &packed[at..packed.len().min(at + input_step)];
        match inflater.step(input, &mut buffer) {
            Err(Corrupt) => return Made { out: Vec::new(), end: End::Corrupt },
            Ok(Step { taken, made, ended }) => {
                out.extend_from_slice(&buffer[..made]);
                at += taken;
                if ended {
                    let behind = inflater.behind();
                    assert!(behind.len() <= 8 && packed[..at].ends_with(behind));
                    return Made { out, end: End::At(at - behind.len()) };
                }
                if taken == 0 && made == 0 {
                    assert_eq!(at, packed.len(), "it waits though there is input");
                    return Made { out, end: End::Cut };
                }
            }
        }
    }
}

/// All inflaters, at several steps; gives what they agree on.
fn agreed(packed: &[u8]) -> Made {
    compared(packed, false)
}

/// `lenient`: ISA-L may take what zlib-rs refuses, a block whose codes are not complete. No unpacker in use takes that,
/// and what comes out is held against the diff id or the checksum.
#[cfg_attr(not(feature = "isal"), expect(unused_variables, reason = "there is only one"))]
fn compared(packed: &[u8], lenient: bool) -> Made {
    let wanted = run::<Zlib>(packed, usize::MAX / 2, 1 << 20);
    for (input_step, output_step) in [(1, 1), (3, 300), (4096, 77), (100_000, 1 << 20), (7, 70_000)] {
        if packed.len() > 10_000 && output_step < 100 {
            continue;
        }
        let zlib = run::<Zlib>(packed, input_step, output_step);
        assert!(zlib.agrees(&wanted), "zlib {input_step} {output_step}: {zlib:?}, not {wanted:?}");
        #[cfg(feature = "isal")]
        {
            let isal = run::<super::isal::Isal>(packed, input_step, output_step);
            // what is damaged and too short may be told as either
            let either = isal.end == End::Corrupt && wanted.end == End::Cut;
            let lenient = lenient && (wanted.end == End::Corrupt || either);
            assert!(isal.agrees(&wanted) || lenient, "isal {input_step} {output_step}: {isal:?}, not {wanted:?}");
        }
    }
    wanted
}

fn pack(bytes: &[u8], level: u32) -> Vec<u8> {
    let mut writer = DeflateEncoder::new(Vec::new(), Compression::new(level));
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap()
}

/// Text, repeats at all distances, noise, zeros.
fn samples() -> Vec<Vec<u8>> {
    let mut state = 1_u32;
    let mut noise = move || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        u8::try_from(state >> 24).unwrap()
    };
    let random: Vec<u8> = (0..90_000).map(|_| noise()).collect();
    let text = include_str!("../gzip.rs").repeat(9).into_bytes();
    let far = [&random[..32_768], &random[..32_768], &[0; 7000].repeat(10), &random[7..300], &text].concat();
    let skewed: Vec<u8> = random.iter().map(|byte| byte.leading_zeros().try_into().unwrap()).collect();
    vec![Vec::new(), b"x".to_vec(), b"abcabcabcabcabcabcabcabc".to_vec(), vec![0; 300_000], skewed, text, random, far]
}

#[test]
fn every_level_comes_back() {
    for sample in samples() {
        for level in 0..=9 {
            let packed = pack(&sample, level);
            assert_eq!(agreed(&packed), Made { out: sample.clone(), end: End::At(packed.len()) }, "level {level}");
            let followed = [&packed[..], b"\x01\x02\x03\x04\x05\x06\x07\x08trailing garbage"].concat();
            assert_eq!(agreed(&followed).end, End::At(packed.len()), "level {level}");
        }
    }
}

#[test]
fn cut_anywhere() {
    for (sample, level) in samples().into_iter().zip([6, 6, 9, 1, 6, 6, 0, 9]) {
        let packed = pack(&sample, level);
        let step = 1 + packed.len() / 60;
        for cut in (0..packed.len()).step_by(step).chain(packed.len().saturating_sub(9)..packed.len()) {
            let made = agreed(&packed[..cut]);
            assert_eq!(made.end, End::Cut, "{cut} of {}", packed.len());
            assert!(sample.starts_with(&made.out));
        }
    }
}

/// Writes bits as deflate has them: numbers from their lowest bit, codes from their highest.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn number(mut self, value: u32, count: usize) -> Self {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= u8::try_from(value >> bit & 1).unwrap() << (self.used % 8);
            self.used += 1;
        }
        self
    }

    fn code(self, value: u32, count: usize) -> Self {
        (0..count).rev().fold(self, |bits, bit| bits.number(value >> bit & 1, 1))
    }

    /// The head of a last block with dynamic codes: counts, then lengths of the code length code in their order.
    fn dynamic(literals: u32, distances: u32, lengths: &[u32]) -> Self {
        let count = u32::try_from(lengths.len()).unwrap();
        let head = Self::default().number(1, 1).number(2, 2);
        let head = head.number(literals - 257, 5).number(distances - 1, 5).number(count - 4, 4);
        lengths.iter().fold(head, |bits, length| bits.number(*length, 3))
    }

    /// With room behind it, so that nobody waits.
    fn end(mut self) -> Vec<u8> {
        self.bytes.extend([0; 400]);
        self.bytes
    }
}

#[test]
fn streams_that_no_packer_writes() {
    let fixed = || Bits::default().number(1, 1).number(1, 2);
    let refused = [
        ("a block type that is reserved", Bits::default().number(1, 1).number(3, 2)),
        ("a stored length without its complement", Bits::default().number(1, 8).number(5, 16).number(5, 16)),
        ("a distance before the start", fixed().code(0x30 + 97, 8).code(1, 7).code(1, 5)),
        ("a distance code that is reserved", fixed().code(0x30 + 97, 8).code(1, 7).code(30, 5)),
        ("a length code that is reserved", fixed().code(0x30 + 97, 8).code(0xc6, 8).code(0, 5)),
        ("code lengths that are too many", Bits::dynamic(257, 1, &[1, 1, 1, 1])),
        ("code lengths that are none", Bits::dynamic(257, 1, &[0, 0, 0, 0])),
        // symbol 16 first
        ("a repeat of nothing", Bits::dynamic(257, 1, &[1, 0, 0, 1]).code(1, 1).number(0, 2)),
        // 18 (zeros) twice 138: more than there are
        (
            "zeros past the end",
            Bits::dynamic(257, 1, &[0, 0, 1, 1]).code(1, 1).number(127, 7).code(1, 1).number(127, 7),
        ),
    ];
    for (what, bits) in refused {
        assert_eq!(agreed(&bits.end()).end, End::Corrupt, "{what}");
    }
    let far = fixed().code(0x30 + 97, 8).code(1, 7).code(0, 5).code(0, 7).end();
    assert_eq!(agreed(&far), Made { out: b"aaaa".to_vec(), end: End::At(4) });
    let empty = Bits::default().number(0, 3).number(0, 5).number(0, 16).number(0xffff, 16).number(3, 10).end();
    assert_eq!(agreed(&empty), Made { out: Vec::new(), end: End::At(7) });
}

#[test]
fn gzip_around_each() {
    fn unpack<I: Inflate>(packed: &[u8], step: usize) -> std::io::Result<Vec<u8>> {
        let mut out = Vec::new();
        Gzip::<_, I>::new(BufReader::with_capacity(step, packed), true).read_to_end(&mut out).map(|_| out)
    }
    let mut members = Vec::new();
    let mut wanted = Vec::new();
    for sample in samples() {
        let mut writer = flate2::write::GzEncoder::new(members, Compression::fast());
        writer.write_all(&sample).unwrap();
        members = writer.finish().unwrap();
        wanted.extend(sample);
    }
    members.extend(b"\0\0\0garbage");
    for step in [1, 5, 333, 1 << 20] {
        assert!(unpack::<Zlib>(&members, step).unwrap() == wanted);
        #[cfg(feature = "isal")]
        assert!(unpack::<super::isal::Isal>(&members, step).unwrap() == wanted);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// A changed bit is another stream, or none: the same for all.
    #[test]
    fn a_flipped_bit(sample in 1_usize..8, level in 0_u32..=9, at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let sample = &samples()[sample];
        let mut packed = pack(&sample[..sample.len().min(20_000)], level);
        let at = at.index(packed.len());
        packed[at] ^= 1_u8 << bit;
        compared(&packed, true);
    }

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        compared(&bytes, true);
    }
}
