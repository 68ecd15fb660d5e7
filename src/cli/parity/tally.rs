//! Differences by number.

use serde::Serialize;

/// One number of a family over all cases.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Number {
    pub family: String,
    pub name: String,
    pub compared: usize,
    /// Largest absolute difference. Things that are equal or not count 1 for each that is not.
    pub largest: f64,
    pub tolerance: f64,
    /// The case of the largest difference; empty where there is none.
    pub worst: String,
}

impl Number {
    pub fn holds(&self) -> bool {
        self.largest <= self.tolerance
    }
}

/// What a family's cases say.
#[derive(Debug)]
pub struct Tally {
    family: &'static str,
    case: String,
    pub numbers: Vec<Number>,
    pub failed: Vec<String>,
    /// Numbers that nothing here computes.
    pub absent: Vec<String>,
    pub cases: usize,
}

impl Tally {
    pub fn new(family: &'static str) -> Self {
        Self {
            family,
            case: String::new(),
            numbers: Vec::new(),
            failed: Vec::new(),
            absent: Vec::new(),
            cases: 0,
        }
    }

    /// What is told from now on belongs to this case.
    pub fn case(&mut self, name: impl Into<String>) {
        self.case = name.into();
        self.cases += 1;
    }

    pub fn failed(&mut self, case: &str, error: &anyhow::Error) {
        self.failed.push(format!("{}: {case}: {error:#}", self.family));
    }

    /// A number in the goldens that nothing here computes.
    pub fn absent(&mut self, name: &str) {
        if !self.absent.iter().any(|known| known == name) {
            self.absent.push(name.into());
        }
    }

    /// A number and what it should be.
    pub fn number(&mut self, name: &str, found: f64, expected: f64, tolerance: f64) {
        let apart = if found == expected { 0.0 } else { (found - expected).abs() };
        // A number that is none is as far off as can be.
        self.add(name, if apart.is_nan() { f64::INFINITY } else { apart }, tolerance);
    }

    /// Numbers in order; lists of different length are infinitely apart.
    pub fn numbers(&mut self, name: &str, found: &[f64], expected: &[f64], tolerance: f64) {
        if found.len() != expected.len() {
            return self.add(name, f64::INFINITY, tolerance);
        }
        found
            .iter()
            .zip(expected)
            .for_each(|(found, expected)| self.number(name, *found, *expected, tolerance));
    }

    /// Something that must be equal.
    pub fn same<T: PartialEq>(&mut self, name: &str, found: &T, expected: &T) {
        self.add(name, f64::from(u8::from(found != expected)), 0.0);
    }

    fn add(&mut self, name: &str, apart: f64, tolerance: f64) {
        let at = self.numbers.iter().position(|number| number.name == name).unwrap_or_else(|| {
            let (family, name) = (self.family.to_owned(), name.to_owned());
            self.numbers.push(Number {
                family,
                name,
                compared: 0,
                largest: 0.0,
                tolerance,
                worst: String::new(),
            });
            self.numbers.len() - 1
        });
        let number = &mut self.numbers[at];
        number.compared += 1;
        if apart > number.largest {
            number.largest = apart;
            number.worst.clone_from(&self.case);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_difference_decides() {
        let mut tally = Tally::new("f");
        tally.case("a");
        tally.number("x", 1.0, 1.0, 1e-9);
        tally.same("s", &1, &1);
        tally.case("b");
        tally.number("x", 1.5, 1.0, 1e-9);
        tally.numbers("n", &[1.0], &[1.0, 2.0], 1.0);
        tally.number("nan", f64::NAN, 1.0, 1.0);
        let held: Vec<bool> = tally.numbers.iter().map(Number::holds).collect();
        assert_eq!(held, [false, true, false, false]);
        assert_eq!((tally.numbers[0].worst.as_str(), tally.numbers[0].compared), ("b", 2));
    }
}
