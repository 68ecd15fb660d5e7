//! How well the parts of the objective's steps hide behind each other.

use std::fmt;

use crate::store::Numbers;

/// The parts that could each fill a step, by the times that they consist of.
const PARTS: [(&str, &[&str]); 3] = [
    ("sampling", &["time/sampling"]),
    ("rendering and judging", &["time/judging"]),
    ("update", &["time/contexts", "time/update"]),
];

/// Sums over steps, in seconds.
#[derive(Default)]
pub struct Overlap {
    steps: f64,
    whole: f64,
    parts: [f64; PARTS.len()],
    judging: f64,
    exposed: f64,
}

impl Overlap {
    /// Takes the numbers of a step.
    pub fn take(&mut self, numbers: &Numbers) {
        let get = |name: &str| numbers.get(name).copied().unwrap_or(0.0);
        self.steps += 1.0;
        self.whole += get("time/step");
        for (sum, (_, names)) in self.parts.iter_mut().zip(PARTS) {
            *sum += names.iter().map(|name| get(name)).sum::<f64>();
        }
        self.judging += get("time/judging-busy");
        self.exposed += get("time/judging-exposed");
    }
}

/// What is said behind the number of steps; nothing where there were none, or nothing was sampled.
impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let longest = self.parts.iter().zip(PARTS).max_by(|a, b| a.0.total_cmp(b.0));
        let Some((longest, (name, _))) = longest.filter(|(longest, _)| **longest > 0.0) else {
            return Ok(());
        };
        let (each, times) = (self.whole / self.steps, self.whole / longest);
        write!(f, ", {each:.2} s each, {times:.2} × the longest part ({name})")?;
        if self.judging > 0.0 {
            // Where judging takes next to nothing, the threads' waking up takes longer.
            let hidden = (100.0 * (1.0 - self.exposed / self.judging)).max(0.0);
            write!(f, ", rendering and judging {hidden:.0} % hidden")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_compared_with_its_longest_part() {
        let times = [
            ("time/step", 2.1),
            ("time/sampling", 1.0),
            ("time/contexts", 0.5),
            ("time/update", 1.5),
            ("time/judging-busy", 0.8),
            ("time/judging-exposed", 0.04),
        ];
        let mut overlap = Overlap::default();
        assert_eq!(overlap.to_string(), "");
        for _ in 0..2 {
            overlap.take(&times.map(|(name, value)| (name.to_owned(), value)).into());
        }
        let said = ", 2.10 s each, 1.05 × the longest part (update), rendering and judging 95 % hidden";
        assert_eq!(overlap.to_string(), said);
    }
}
