//! Counter-based random numbers: a value is a function of its key, never of what was drawn before.

/// A deterministic generator keyed by a seed and a path of numbers or names (seed, step, task, sample, …). Two
/// generators with the same key give the same numbers in any process, so a resumed run repeats itself exactly.
#[derive(Clone, Debug)]
pub struct Random {
    key: [u8; 32],
    counter: u64,
    block: [u64; 8],
}

impl Random {
    pub fn new(seed: u64) -> Self {
        Self::from_key(*blake3::hash(&seed.to_le_bytes()).as_bytes())
    }

    fn from_key(key: [u8; 32]) -> Self {
        Self { key, counter: 0, block: [0; 8] }
    }

    /// The generator for a named purpose below this one; independent of what this one has drawn.
    pub fn named(&self, name: &str) -> Self {
        Self::from_key(*blake3::keyed_hash(&self.key, name.as_bytes()).as_bytes())
    }

    /// The generator for item `index` below this one.
    pub fn at(&self, index: u64) -> Self {
        Self::from_key(*blake3::keyed_hash(&self.key, &index.to_le_bytes()).as_bytes())
    }

    pub fn next_u64(&mut self) -> u64 {
        let lane = (self.counter % 8) as usize;
        if lane == 0 {
            let mut bytes = [0u8; 64];
            let mut hasher = blake3::Hasher::new_keyed(&self.key);
            hasher.update(b"block").update(&(self.counter / 8).to_le_bytes());
            hasher.finalize_xof().fill(&mut bytes);
            for (word, chunk) in self.block.iter_mut().zip(bytes.chunks_exact(8)) {
                *word = u64::from_le_bytes(chunk.try_into().unwrap_or([0; 8]));
            }
        }
        self.counter += 1;
        self.block[lane]
    }

    /// Uniform in `[0, 1)`, 53 bits.
    pub fn uniform(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Uniform in `0..n`.
    ///
    /// # Panics
    /// If `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        assert!(n > 0, "cannot choose from nothing");
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// One of `items`.
    ///
    /// # Panics
    /// If there is none.
    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    /// True with probability `p`.
    pub fn chance(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Standard normal (Box–Muller, one of the pair).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// Fisher–Yates.
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last + 1));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_depends_on_its_key_alone() {
        let root = Random::new(7);
        let mut used = root.clone();
        used.next_u64();
        assert_eq!(root.named("a").next_u64(), used.named("a").next_u64());
        assert_ne!(root.named("a").next_u64(), root.named("b").next_u64());
        assert_ne!(root.at(1).next_u64(), root.at(2).next_u64());
    }

    #[test]
    fn uniform_and_normal_have_their_moments() {
        let mut random = Random::new(1);
        let n = 20_000;
        let mean: f64 = (0..n).map(|_| random.uniform()).sum::<f64>() / f64::from(n);
        assert!((mean - 0.5).abs() < 0.01, "{mean}");
        let square: f64 = (0..n).map(|_| random.normal().powi(2)).sum::<f64>() / f64::from(n);
        assert!((square - 1.0).abs() < 0.05, "{square}");
    }
}
