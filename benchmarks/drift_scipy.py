"""The drift of each column by pandas and scipy, as people write it: bins of the reference, JS, PSI and a test."""

import sys

import numpy as np
import pandas as pd
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency

reference, current = map(pd.read_parquet, sys.argv[1:])
for name in reference:
    p, q = reference[name], current[name]
    if p.dtype == object and not isinstance(p.iloc[0], str):
        p, q = pd.to_datetime(p), pd.to_datetime(q)
    if pd.api.types.is_datetime64_any_dtype(p):
        p, q = p.astype("int64"), q.astype("int64")
    if pd.api.types.is_numeric_dtype(p) and not pd.api.types.is_bool_dtype(p):
        edges = np.unique(np.quantile(p, np.linspace(0, 1, 11)))
        edges[0], edges[-1] = -np.inf, np.inf
        counts = [np.histogram(side, edges)[0] for side in (p, q)]
    else:
        table = pd.concat([p.value_counts(), q.value_counts()], axis=1).fillna(0)
        counts = [table.iloc[:, 0].to_numpy(), table.iloc[:, 1].to_numpy()]
    a, b = (side / side.sum() for side in counts)
    psi = np.sum((a - b) * np.log(a / b))
    print(name, jensenshannon(a, b) ** 2, psi, chi2_contingency(counts, lambda_="log-likelihood").pvalue)
