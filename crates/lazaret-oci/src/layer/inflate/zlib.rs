//! zlib-rs: pure Rust, always built in.

use flate2::{Decompress, FlushDecompress, Status};

use super::{Corrupt, Inflate, Step};

pub(in super::super) struct Zlib(Decompress);

impl Default for Zlib {
    fn default() -> Self {
        Self(Decompress::new(false))
    }
}

impl Inflate for Zlib {
    fn reset(&mut self) {
        self.0.reset(false);
    }

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, Corrupt> {
        let (taken, made) = (self.0.total_in(), self.0.total_out());
        let status = self.0.decompress(input, out, FlushDecompress::None).map_err(|_| Corrupt)?;
        Ok(Step {
            taken: usize::try_from(self.0.total_in() - taken).unwrap_or(usize::MAX),
            made: usize::try_from(self.0.total_out() - made).unwrap_or(usize::MAX),
            ended: status == Status::StreamEnd,
        })
    }
}
