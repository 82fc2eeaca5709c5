//! Two digests side by side. SHA-256 waits for its own last round, so two streams take little longer than one where
//! their rounds take turns: a third less time for both on x86-64 with SHA extensions. That needs instructions by name,
//! and with them `unsafe`, so it is part of the feature `isal`; without, one follows the other.

use lazaret_model::{Algorithm, Digest};

use crate::Hasher;

#[cfg(all(feature = "isal", target_arch = "x86_64"))]
mod lanes;

pub(crate) struct Pair(Kind);

enum Kind {
    Apart(Box<(Hasher, Hasher)>),
    #[cfg(all(feature = "isal", target_arch = "x86_64"))]
    Together(Box<lanes::Lanes>),
}

impl Pair {
    pub(crate) fn new(first: Algorithm, second: Algorithm) -> Self {
        #[cfg(all(feature = "isal", target_arch = "x86_64"))]
        if first == Algorithm::Sha256
            && second == Algorithm::Sha256
            && let Some(lanes) = lanes::Lanes::new()
        {
            return Self(Kind::Together(Box::new(lanes)));
        }
        Self(Kind::Apart(Box::new((Hasher::new(first), Hasher::new(second)))))
    }

    /// Best with as many bytes of the one as of the other.
    pub(crate) fn update(&mut self, first: &[u8], second: &[u8]) {
        match &mut self.0 {
            Kind::Apart(both) => {
                both.0.update(first);
                both.1.update(second);
            }
            #[cfg(all(feature = "isal", target_arch = "x86_64"))]
            Kind::Together(lanes) => lanes.update(first, second),
        }
    }

    pub(crate) fn finish(self) -> (Digest, Digest) {
        match self.0 {
            Kind::Apart(both) => (both.0.finish(), both.1.finish()),
            #[cfg(all(feature = "isal", target_arch = "x86_64"))]
            Kind::Together(lanes) => lanes.finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sha256;

    #[test]
    fn two_streams_cut_anyhow() {
        let bytes: Vec<u8> = (0..3000_u32).map(|i| (i % 251).to_le_bytes()[0]).collect();
        for algorithm in [Algorithm::Sha256, Algorithm::Sha512] {
            for (first, second, step) in
                [(0, 0, 1), (1, 64, 1), (55, 56, 7), (63, 65, 64), (3000, 100, 200), (64, 2999, 65)]
            {
                let mut pair = Pair::new(Algorithm::Sha256, algorithm);
                let (mut a, mut b) = (bytes[..first].chunks(step), bytes[..second].chunks(step / 2 + 1));
                loop {
                    let (x, y) = (a.next(), b.next());
                    if x.is_none() && y.is_none() {
                        break;
                    }
                    pair.update(x.unwrap_or_default(), y.unwrap_or_default());
                }
                let mut alone = Hasher::new(algorithm);
                alone.update(&bytes[..second]);
                assert_eq!(pair.finish(), (sha256(&bytes[..first]), alone.finish()), "{first} {second} {step}");
            }
        }
    }
}
