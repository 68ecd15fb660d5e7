#!/usr/bin/env python3
"""Writes src/store/tests/goldens/statistics.json: random cases with what SciPy and statsmodels say about them.

    python3 -m venv venv && venv/bin/pip install numpy==2.4.6 scipy==1.17.1 statsmodels==0.15.0
    venv/bin/python scripts/store_statistics.py

Bootstrap and permutation are resamplings: the goldens hold SciPy's own result with many resamples, and the test allows
for the noise of ten thousand. Exact where the method is: permutations of up to 13 differences, McNemar, Holm, and the
smallest detectable difference.
"""

import json
import pathlib

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests

RANDOM = np.random.default_rng(20_240_917)
TARGET = pathlib.Path(__file__).parent.parent / "src/store/tests/goldens/statistics.json"


def rounded(values):
    return [round(float(value), 4) for value in values]


def sample(n):
    """Numbers between 0 and 1 as scores are, normal ones, or ones with many ties."""
    kind = RANDOM.integers(3)
    if kind == 0:
        return RANDOM.beta(2, 1.3, n)
    if kind == 1:
        return RANDOM.normal(0.2, 1.0, n)
    return RANDOM.integers(0, 5, n) / 4


def bootstrap_case():
    values = np.array(rounded(sample(int(RANDOM.integers(8, 60)))))
    interval = stats.bootstrap(
        (values,), np.mean, n_resamples=99_999, method="percentile", rng=np.random.default_rng(1), batch=2_000
    ).confidence_interval
    return {"values": rounded(values), "low": float(interval.low), "high": float(interval.high)}


def permutation_case(exact):
    n = int(RANDOM.integers(3, 12) if exact else RANDOM.integers(16, 50))
    differences = np.array(rounded(sample(n) - sample(n) + RANDOM.choice([0.0, 0.2, 0.5])))
    result = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=np.inf if exact else 99_999,
        rng=np.random.default_rng(2),
        batch=2_000,
    )
    return {"differences": rounded(differences), "p": float(result.pvalue)}


def mcnemar_case():
    table = RANDOM.integers(0, 40, (2, 2))
    p = mcnemar(table, exact=True).pvalue
    return {"won": int(table[0, 1]), "lost": int(table[1, 0]), "p": float(p)}


def holm_case():
    ps = rounded(RANDOM.random(int(RANDOM.integers(1, 12))) ** 3)
    return {"ps": ps, "adjusted": multipletests(ps, method="holm")[1].tolist()}


def detectable_case():
    """z quantiles times the standard error of the mean difference."""
    differences = np.array(rounded(sample(int(RANDOM.integers(2, 60)))))
    z = stats.norm.ppf(0.975) + stats.norm.ppf(0.8)
    return {"differences": rounded(differences), "detectable": float(z * stats.sem(differences))}


cases = {
    "made_by": f"numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}",
    "bootstrap": [bootstrap_case() for _ in range(40)],
    "permutation_exact": [permutation_case(True) for _ in range(40)],
    "permutation_sampled": [permutation_case(False) for _ in range(20)],
    "mcnemar": [mcnemar_case() for _ in range(40)],
    "holm": [holm_case() for _ in range(30)],
    "detectable": [detectable_case() for _ in range(30)],
}
TARGET.parent.mkdir(exist_ok=True)
lines = ",\n".join(
    f" {json.dumps(key)}: "
    + (json.dumps(value) if isinstance(value, str) else "[\n" + ",\n".join("  " + json.dumps(c) for c in value) + "]")
    for key, value in cases.items()
)
TARGET.write_text("{\n" + lines + "\n}\n")
