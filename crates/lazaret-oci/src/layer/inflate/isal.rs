//! Intel's ISA-L (igzip): C and assembly, about one and a half times as fast as zlib-rs.
//!
//! Why it is sound: `isal_inflate` is given two slices that live over the call, as pointer and length; its contract
//! (`igzip_lib.h`) is to read at most `avail_in` bytes at `next_in`, to write at most `avail_out` at `next_out`, and to
//! count both down by what it used. The pointers are taken back after each call, so the state never holds one into
//! memory that it does not own. The state is plain numbers, arrays of them and pointers, for all of which zero is a
//! value; it stays at one place in a box, is used from one thread at a time, and frees nothing.
//!
//! It takes blocks whose codes are not complete, which zlib refuses; the output is verified all the same.

use std::ptr;

use isal_sys::igzip_lib::{
    inflate_state, isal_block_state_ISAL_BLOCK_FINISH as FINISH, isal_inflate, isal_inflate_init, isal_inflate_reset,
};

use super::{Corrupt, Inflate, Step};

pub(in super::super) struct Isal {
    state: Box<inflate_state>,
    /// Whole bytes that were read ahead when the stream ended.
    behind: [u8; 8],
    behind_len: usize,
}

impl Default for Isal {
    fn default() -> Self {
        #[expect(unsafe_code, reason = "zero is a value of every field; init is given a state that it may write")]
        let state = unsafe {
            let mut state = Box::<inflate_state>::new_zeroed().assume_init();
            isal_inflate_init(&raw mut *state);
            state
        };
        Self { state, behind: [0; 8], behind_len: 0 }
    }
}

impl Inflate for Isal {
    fn reset(&mut self) {
        self.behind_len = 0;
        #[expect(unsafe_code, reason = "the state was initialised, and is borrowed for this call alone")]
        unsafe {
            isal_inflate_reset(&raw mut *self.state);
        }
    }

    fn step(&mut self, input: &[u8], out: &mut [u8]) -> Result<Step, Corrupt> {
        let (given, room) = (length(input.len()), length(out.len()));
        let state = &mut *self.state;
        (state.avail_in, state.avail_out) = (given, room);
        // never written to: the field is not const since the same structure serves other calls
        state.next_in = input.as_ptr().cast_mut();
        state.next_out = out.as_mut_ptr();
        #[expect(unsafe_code, reason = "both pointers are good for the lengths beside them; see the head of this file")]
        let code = unsafe { isal_inflate(&raw mut *state) };
        (state.next_in, state.next_out) = (ptr::null_mut(), ptr::null_mut());
        if code != 0 {
            return Err(Corrupt);
        }
        let ended = state.block_state == FINISH;
        if ended {
            // the bits that are left of the last byte are padding
            let bits = u32::try_from(state.read_in_length).unwrap_or(0).min(64);
            self.behind_len = (bits / 8) as usize;
            self.behind = state.read_in.checked_shr(bits % 8).unwrap_or(0).to_le_bytes();
        }
        Ok(Step { taken: (given - state.avail_in) as usize, made: (room - state.avail_out) as usize, ended })
    }

    fn behind(&self) -> &[u8] {
        self.behind.get(..self.behind_len).unwrap_or_default()
    }
}

/// What one call is given of a slice.
fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}
