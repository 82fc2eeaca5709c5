//! SHA-256 (FIPS 180-4) of two streams with Intel's SHA extensions, round by round in turns.
//!
//! The one `unsafe` is the call of a function that needs CPU features: it is sound since a [`Lanes`] is only made where
//! the CPU was asked and has them. There are no pointers; everything else the compiler checks.

use std::arch::x86_64::{
    __m128i, _mm_add_epi32, _mm_alignr_epi8, _mm_extract_epi32, _mm_set_epi32, _mm_set_epi64x, _mm_sha256msg1_epu32,
    _mm_sha256msg2_epu32, _mm_sha256rnds2_epu32, _mm_shuffle_epi8, _mm_shuffle_epi32,
};

use lazaret_model::Digest;
use sha2::block_api::compress256;

type Block = [u8; 64];

pub(super) struct Lanes {
    first: Lane,
    second: Lane,
}

/// One stream.
struct Lane {
    state: [u32; 8],
    total: u64,
    /// The beginning of a block, and how much of it there is.
    rest: Block,
    filled: usize,
}

impl Lanes {
    /// `None` where the CPU cannot do it.
    pub(super) fn new() -> Option<Self> {
        let able = is_x86_feature_detected!("sha")
            && is_x86_feature_detected!("sse2")
            && is_x86_feature_detected!("ssse3")
            && is_x86_feature_detected!("sse4.1");
        able.then(|| Self { first: Lane::new(), second: Lane::new() })
    }

    pub(super) fn update(&mut self, first: &[u8], second: &[u8]) {
        let (first, second) = (self.first.complete(first), self.second.complete(second));
        let ((a, a_rest), (b, b_rest)) = (first.as_chunks::<64>(), second.as_chunks::<64>());
        let both = a.len().min(b.len());
        let ((a, a_more), (b, b_more)) = (a.split_at(both), b.split_at(both));
        #[expect(unsafe_code, reason = "the CPU has these features: `new` asked it")]
        unsafe {
            compress_both(&mut self.first.state, &mut self.second.state, a, b);
        }
        compress256(&mut self.first.state, a_more);
        compress256(&mut self.second.state, b_more);
        self.first.keep(a_rest);
        self.second.keep(b_rest);
    }

    pub(super) fn finish(self) -> (Digest, Digest) {
        (self.first.finish(), self.second.finish())
    }
}

impl Lane {
    const fn new() -> Self {
        const START: [u32; 8] =
            [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
        Self { state: START, total: 0, rest: [0; 64], filled: 0 }
    }

    /// Counts the bytes and fills the block that was begun; what is left of them begins a block.
    fn complete<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        self.total += bytes.len() as u64;
        if self.filled == 0 {
            return bytes;
        }
        let (part, rest) = bytes.split_at(bytes.len().min(64 - self.filled));
        self.rest[self.filled..self.filled + part.len()].copy_from_slice(part);
        self.filled += part.len();
        if self.filled == 64 {
            compress256(&mut self.state, &[self.rest]);
            self.filled = 0;
        }
        rest
    }

    /// Keeps the beginning of a block; nothing where one that was begun is not full yet.
    fn keep(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.rest[..bytes.len()].copy_from_slice(bytes);
            self.filled = bytes.len();
        }
    }

    fn finish(mut self) -> Digest {
        let bits = self.total * 8;
        let mut end = [0; 128];
        end[..self.filled].copy_from_slice(&self.rest[..self.filled]);
        end[self.filled] = 0x80;
        let length = if self.filled < 56 { 64 } else { 128 };
        end[length - 8..length].copy_from_slice(&bits.to_be_bytes());
        compress256(&mut self.state, end[..length].as_chunks::<64>().0);
        let mut digest = [0; 32];
        for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.state) {
            *bytes = word.to_be_bytes();
        }
        Digest::from_sha256(digest)
    }
}

const K: [u32; 64] = [
    0x428a_2f98,
    0x7137_4491,
    0xb5c0_fbcf,
    0xe9b5_dba5,
    0x3956_c25b,
    0x59f1_11f1,
    0x923f_82a4,
    0xab1c_5ed5,
    0xd807_aa98,
    0x1283_5b01,
    0x2431_85be,
    0x550c_7dc3,
    0x72be_5d74,
    0x80de_b1fe,
    0x9bdc_06a7,
    0xc19b_f174,
    0xe49b_69c1,
    0xefbe_4786,
    0x0fc1_9dc6,
    0x240c_a1cc,
    0x2de9_2c6f,
    0x4a74_84aa,
    0x5cb0_a9dc,
    0x76f9_88da,
    0x983e_5152,
    0xa831_c66d,
    0xb003_27c8,
    0xbf59_7fc7,
    0xc6e0_0bf3,
    0xd5a7_9147,
    0x06ca_6351,
    0x1429_2967,
    0x27b7_0a85,
    0x2e1b_2138,
    0x4d2c_6dfc,
    0x5338_0d13,
    0x650a_7354,
    0x766a_0abb,
    0x81c2_c92e,
    0x9272_2c85,
    0xa2bf_e8a1,
    0xa81a_664b,
    0xc24b_8b70,
    0xc76c_51a3,
    0xd192_e819,
    0xd699_0624,
    0xf40e_3585,
    0x106a_a070,
    0x19a4_c116,
    0x1e37_6c08,
    0x2748_774c,
    0x34b0_bcb5,
    0x391c_0cb3,
    0x4ed8_aa4a,
    0x5b9c_ca4f,
    0x682e_6ff3,
    0x748f_82ee,
    0x78a5_636f,
    0x84c8_7814,
    0x8cc7_0208,
    0x90be_fffa,
    0xa450_6ceb,
    0xbef9_a3f7,
    0xc671_78f2,
];

/// Runs as many rounds of the one as of the other.
#[target_feature(enable = "sha,sse2,ssse3,sse4.1")]
fn compress_both(first: &mut [u32; 8], second: &mut [u32; 8], blocks: &[Block], others: &[Block]) {
    let (mut one, mut two) = (Words::of(first), Words::of(second));
    for (block, other) in blocks.iter().zip(others) {
        let (one_before, two_before) = (one, two);
        let (mut words, mut other_words) = (message(block), message(other));
        for step in 0..16 {
            if step >= 4 {
                words[step % 4] = scheduled(&words, step);
                other_words[step % 4] = scheduled(&other_words, step);
            }
            let constants = constants(step);
            let (w1, w2) = (_mm_add_epi32(words[step % 4], constants), _mm_add_epi32(other_words[step % 4], constants));
            one.cdgh = _mm_sha256rnds2_epu32(one.cdgh, one.abef, w1);
            two.cdgh = _mm_sha256rnds2_epu32(two.cdgh, two.abef, w2);
            one.abef = _mm_sha256rnds2_epu32(one.abef, one.cdgh, _mm_shuffle_epi32::<0x0e>(w1));
            two.abef = _mm_sha256rnds2_epu32(two.abef, two.cdgh, _mm_shuffle_epi32::<0x0e>(w2));
        }
        one = one.plus(one_before);
        two = two.plus(two_before);
    }
    (*first, *second) = (one.to_state(), two.to_state());
}

/// The state, words a to h, as the instructions want it.
#[derive(Clone, Copy)]
struct Words {
    abef: __m128i,
    cdgh: __m128i,
}

impl Words {
    #[target_feature(enable = "sse2")]
    fn of(state: &[u32; 8]) -> Self {
        let at = |index: usize| state[index].cast_signed();
        Self { abef: _mm_set_epi32(at(0), at(1), at(4), at(5)), cdgh: _mm_set_epi32(at(2), at(3), at(6), at(7)) }
    }

    #[target_feature(enable = "sse2")]
    fn plus(self, other: Self) -> Self {
        Self { abef: _mm_add_epi32(self.abef, other.abef), cdgh: _mm_add_epi32(self.cdgh, other.cdgh) }
    }

    #[target_feature(enable = "sse2,sse4.1")]
    fn to_state(self) -> [u32; 8] {
        let words = [
            _mm_extract_epi32::<3>(self.abef),
            _mm_extract_epi32::<2>(self.abef),
            _mm_extract_epi32::<3>(self.cdgh),
            _mm_extract_epi32::<2>(self.cdgh),
            _mm_extract_epi32::<1>(self.abef),
            _mm_extract_epi32::<0>(self.abef),
            _mm_extract_epi32::<1>(self.cdgh),
            _mm_extract_epi32::<0>(self.cdgh),
        ];
        words.map(i32::cast_unsigned)
    }
}

#[target_feature(enable = "sse2")]
fn constants(step: usize) -> __m128i {
    let at = |index: usize| K[4 * step + index].cast_signed();
    _mm_set_epi32(at(3), at(2), at(1), at(0))
}

/// The words of a block, which are big-endian.
#[target_feature(enable = "sse2,ssse3")]
fn message(block: &Block) -> [__m128i; 4] {
    let swap = _mm_set_epi64x(0x0c0d_0e0f_0809_0a0b, 0x0405_0607_0001_0203);
    let halves = block.as_chunks::<8>().0;
    let words = |index: usize| {
        let half = |at: usize| i64::from_le_bytes(halves[2 * index + at]);
        _mm_shuffle_epi8(_mm_set_epi64x(half(1), half(0)), swap)
    };
    [words(0), words(1), words(2), words(3)]
}

/// The next four words of the message schedule.
#[target_feature(enable = "sha,sse2,ssse3")]
fn scheduled(words: &[__m128i; 4], step: usize) -> __m128i {
    let at = |index: usize| words[(step + index) % 4];
    let sum = _mm_add_epi32(_mm_sha256msg1_epu32(at(0), at(1)), _mm_alignr_epi8::<4>(at(3), at(2)));
    _mm_sha256msg2_epu32(sum, at(3))
}
