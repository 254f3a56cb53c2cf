//! The positions of one call of the inflater: in its input, in its output, and the bits between.

/// The input of one call and how much of it is taken.
pub(super) struct InputCursor<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) position: usize,
}

/// The output of one call and how much of it is written.
pub(super) struct OutputCursor<'a> {
    pub(super) bytes: &'a mut [u8],
    pub(super) position: usize,
    /// Where the output of this stream begins; matches must not reach before it.
    pub(super) floor: usize,
}

/// Bits taken from the input and not yet used, the next one lowest; all above `count` are zero.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BitBuffer {
    pub(super) word: u64,
    pub(super) count: u32,
}

impl BitBuffer {
    /// Takes as many whole bytes from the input as there is room for: at least 56 bits are at hand
    /// afterwards, if the input has them.
    #[inline]
    pub(super) fn refill(&mut self, input: &mut InputCursor) {
        if let Some(next) = input
            .bytes
            .get(input.position..)
            .and_then(<[u8]>::first_chunk)
        {
            self.word |= u64::from_le_bytes(*next) << self.count;
            input.position += (63 - self.count) as usize / 8;
            // From here on, 56 to 63.
            self.count |= 0b11_1000;
            self.trim();
            return;
        }
        while self.count < 56 {
            let Some(&byte) = input.bytes.get(input.position) else {
                return;
            };
            self.word |= u64::from(byte) << self.count;
            self.count += 8;
            input.position += 1;
        }
    }

    /// The next `count` bits, at most 56, consumed; `None`, and nothing consumed, where the input
    /// has fewer.
    pub(super) fn take(&mut self, count: u32, input: &mut InputCursor) -> Option<u64> {
        if self.count < count {
            self.refill(input);
            if self.count < count {
                return None;
            }
        }
        let taken = self.word & ((1 << count) - 1);
        self.consume(count);
        Some(taken)
    }

    pub(super) fn consume(&mut self, count: u32) {
        self.word >>= count;
        self.count -= count;
    }

    /// Clears all above the lowest `count` bits.
    pub(super) fn trim(&mut self) {
        self.word &= (1 << self.count) - 1;
    }
}

impl OutputCursor<'_> {
    /// Writes one byte, if there is room; returns whether there was.
    pub(super) fn put(&mut self, byte: u8) -> bool {
        let Some(place) = self.bytes.get_mut(self.position) else {
            return false;
        };
        *place = byte;
        self.position += 1;
        true
    }

    /// Copies up to `limit` bytes from the input; returns how many.
    pub(super) fn put_all(&mut self, input: &mut InputCursor, limit: usize) -> usize {
        let room = self.bytes.get_mut(self.position..).unwrap_or_default();
        let source = input.bytes.get(input.position..).unwrap_or_default();
        let count = limit.min(room.len()).min(source.len());
        if let (Some(room), Some(source)) = (room.get_mut(..count), source.get(..count)) {
            room.copy_from_slice(source);
        }
        self.position += count;
        input.position += count;
        count
    }

    /// Copies a match as far as there is room; returns how much of it is left.
    pub(super) fn copy_match(&mut self, distance: usize, length: usize) -> usize {
        let count = length.min(self.bytes.len() - self.position);
        let source = self.position - distance;
        if distance >= count {
            self.bytes
                .copy_within(source..source + count, self.position);
        } else {
            for offset in 0..count {
                // A match may overlap itself: its end repeats what its beginning wrote.
                if let Some(&byte) = self.bytes.get(source + offset)
                    && let Some(place) = self.bytes.get_mut(self.position + offset)
                {
                    *place = byte;
                }
            }
        }
        self.position += count;
        length - count
    }
}
