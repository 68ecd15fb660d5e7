//! The statistics against SciPy and statsmodels on 200 random cases (`scripts/store_statistics.py` makes them), and what
//! the 95 % interval covers.

use galley_core::Random;
use galley_store::stats::{Paired, SEED, bootstrap_mean, holm, mcnemar_exact, sign_flip};
use serde_json::Value;

fn cases(name: &str) -> Vec<Value> {
    let goldens: Value = serde_json::from_str(include_str!("goldens/statistics.json")).unwrap();
    goldens[name].as_array().unwrap().clone()
}

fn number(case: &Value, key: &str) -> f64 {
    case[key].as_f64().unwrap()
}

fn numbers(case: &Value, key: &str) -> Vec<f64> {
    case[key].as_array().unwrap().iter().map(|value| value.as_f64().unwrap()).collect()
}

#[test]
fn there_are_two_hundred_cases() {
    let kinds = ["bootstrap", "permutation_exact", "permutation_sampled", "mcnemar", "holm", "detectable"];
    assert_eq!(kinds.map(|kind| cases(kind).len()).iter().sum::<usize>(), 200);
}

#[test]
fn bootstrap_intervals_are_those_of_scipy() {
    for case in cases("bootstrap") {
        let values = numbers(&case, "values");
        let found = bootstrap_mean(&values, SEED);
        let mean = values.iter().sum::<f64>() / values.len() as f64;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (values.len() - 1) as f64;
        // A quantile of 10,000 resamples has a standard error of about 0.027 standard errors of the mean. Means of
        // quarters lie on a lattice, on which it may fall to either side.
        let lattice = values.iter().all(|value| (value * 4.0).fract() == 0.0);
        let step = if lattice { 0.2501 / values.len() as f64 } else { 0.0 };
        let noise = step + 0.13 * (variance / values.len() as f64).sqrt();
        let (low, high) = (number(&case, "low"), number(&case, "high"));
        assert!((found.low - low).abs() < noise, "low {} and {low}, noise {noise}: {case}", found.low);
        assert!((found.high - high).abs() < noise, "high {} and {high}, noise {noise}: {case}", found.high);
    }
}

#[test]
fn exact_permutation_is_that_of_scipy() {
    for case in cases("permutation_exact") {
        let p = sign_flip(&numbers(&case, "differences"), SEED);
        assert!((p - number(&case, "p")).abs() < 1e-12, "{p}: {case}");
    }
}

#[test]
fn sampled_permutation_is_that_of_scipy_within_its_noise() {
    for case in cases("permutation_sampled") {
        let (p, expected) = (sign_flip(&numbers(&case, "differences"), SEED), number(&case, "p"));
        let noise = 5.0 * (expected * (1.0 - expected) / 10_000.0).sqrt() + 5e-4;
        assert!((p - expected).abs() < noise, "{p}, noise {noise}: {case}");
    }
}

#[test]
fn mcnemar_is_that_of_statsmodels() {
    for case in cases("mcnemar") {
        let count = |key: &str| case[key].as_u64().unwrap() as usize;
        let p = mcnemar_exact(count("won"), count("lost"));
        assert!((p - number(&case, "p")).abs() < 1e-10, "{p}: {case}");
    }
}

#[test]
fn holm_is_that_of_statsmodels() {
    for case in cases("holm") {
        let adjusted = holm(&numbers(&case, "ps"));
        let expected = numbers(&case, "adjusted");
        assert_eq!(adjusted.len(), expected.len());
        for (found, expected) in adjusted.iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}: {case}");
        }
    }
}

#[test]
fn the_detectable_difference_is_that_of_scipy() {
    for case in cases("detectable") {
        let pairs: Vec<(f64, f64)> = numbers(&case, "differences").into_iter().map(|d| (0.0, d)).collect();
        let (found, expected) = (Paired::of(&pairs, SEED).detectable, number(&case, "detectable"));
        assert!((found - expected).abs() < 1e-6 * expected.max(1e-3), "{found}: {case}");
    }
}

#[test]
fn the_interval_covers_the_mean_as_often_as_it_says() {
    let (mut random, repetitions, mut covered) = (Random::new(3), 400, 0);
    for _ in 0..repetitions {
        // Differences of scores, skewed.
        let values: Vec<f64> = (0..60).map(|_| random.uniform().powi(2) - 0.5 * random.uniform()).collect();
        let truth = 1.0 / 3.0 - 0.25;
        let interval = bootstrap_mean(&values, SEED);
        covered += usize::from((interval.low..=interval.high).contains(&truth));
    }
    let share = covered as f64 / f64::from(repetitions);
    assert!((0.93..=0.97).contains(&share), "{share}");
}
