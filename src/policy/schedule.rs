//! The learning rate over the steps.

use serde::{Deserialize, Serialize};

/// How the rate falls after the warm-up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Schedule {
    #[default]
    Constant,
    /// In a straight line to `floor · peak`.
    Linear,
    /// Along half a cosine to `floor · peak`.
    Cosine,
}

/// A learning rate for each step; pure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearningRate {
    pub peak: f64,
    pub schedule: Schedule,
    /// Steps of linear warm-up: step `i` of them runs at `(i + 1) / warmup` of the peak.
    pub warmup: usize,
    /// All steps, warm-up included.
    pub total: usize,
    /// Share of the peak that remains at the end.
    pub floor: f64,
}

impl LearningRate {
    /// The rate of step `step`, counted from 0.
    pub fn at(&self, step: usize) -> f64 {
        if step < self.warmup {
            return self.peak * (step + 1) as f64 / self.warmup as f64;
        }
        let rest = self.total.saturating_sub(self.warmup).max(1);
        let done = ((step - self.warmup) as f64 / rest as f64).min(1.0);
        let share = match self.schedule {
            Schedule::Constant => 1.0,
            Schedule::Linear => 1.0 - done,
            Schedule::Cosine => 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
        };
        match self.schedule {
            Schedule::Constant => self.peak,
            _ => self.peak * (self.floor + (1.0 - self.floor) * share),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_warms_up_peaks_and_falls_to_the_floor() {
        let rate = LearningRate { peak: 2.0, schedule: Schedule::Cosine, warmup: 4, total: 104, floor: 0.1 };
        assert_eq!([rate.at(0), rate.at(3), rate.at(4)], [0.5, 2.0, 2.0]);
        assert!((rate.at(54) - 1.1).abs() < 1e-12);
        assert!((rate.at(104) - 0.2).abs() < 1e-12 && rate.at(999) == rate.at(104));
        let linear = LearningRate { schedule: Schedule::Linear, floor: 0.0, ..rate };
        assert!((linear.at(54) - 1.0).abs() < 1e-12);
        assert_eq!(LearningRate { schedule: Schedule::Constant, ..rate }.at(80), 2.0);
    }
}
