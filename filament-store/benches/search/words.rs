//! Messages as people write them, but for their sense: words drawn by Zipf's law, the same in every run.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "draws of a generator, far below any bound"
)]

/// Words people know; the `n`-th is said in proportion to `1/n`.
pub(crate) const VOCABULARY: u64 = 30_000;
const WORDS_PER_MESSAGE: u64 = 14;

/// A small generator, so that every run writes and asks the same.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// The rank of a word, by Zipf's law: the logarithm of the rank is spread evenly.
    fn rank(&mut self) -> u64 {
        let even = self.below(1 << 32) as f64 / (1_u64 << 32) as f64;
        ((VOCABULARY as f64).powf(even)) as u64
    }

    pub(crate) fn message(&mut self) -> String {
        let count = WORDS_PER_MESSAGE / 2 + self.below(WORDS_PER_MESSAGE);
        (0..count).map(|_| word(self.rank())).collect::<Vec<_>>().join(" ")
    }
}

/// The word of a rank: syllables, the more the rarer.
pub(crate) fn word(rank: u64) -> String {
    const SYLLABLES: [&str; 16] =
        ["ka", "lo", "mi", "ren", "sta", "tur", "vi", "os", "el", "dan", "pro", "qui", "be", "fal", "gri", "hu"];
    let mut rest = rank.wrapping_mul(2_654_435_761) & 0xFFFF_FFFF;
    let length = 2 + usize::from(rank > 50) + usize::from(rank > 2_000);
    let mut word = String::new();
    for _ in 0..length {
        word.push_str(SYLLABLES[(rest % 16) as usize]);
        rest /= 16;
    }
    word + &rank.to_string()
}
