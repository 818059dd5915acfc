//! Randomness for ids.

/// Random bits for stamps, drawn from the system many at a time.
pub(super) struct Entropy {
    bytes: [u8; 512],
    used: usize,
}

impl Default for Entropy {
    fn default() -> Self {
        Self { bytes: [0; 512], used: 512 }
    }
}

impl Entropy {
    pub(super) fn next(&mut self) -> u64 {
        if self.used == self.bytes.len() {
            getrandom::fill(&mut self.bytes).expect("the system has randomness");
            self.used = 0;
        }
        let (words, _) = self.bytes.as_chunks::<8>();
        let word = u64::from_le_bytes(words[self.used / 8]);
        self.used += 8;
        word
    }
}
