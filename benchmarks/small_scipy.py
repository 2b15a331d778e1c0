"""The ten lines that one would write instead of `klcli kl p.csv q.csv --json`: the peer for small files."""

import csv
import json
import sys

import numpy as np
from scipy.special import rel_entr

p, q = ({row["label"]: float(row["p"]) for row in csv.DictReader(open(path))} for path in sys.argv[1:])  # noqa: SIM115
terms = rel_entr(np.array(list(p.values())), np.array([q[label] for label in p]))
print(json.dumps({"value": terms.sum(), "terms": dict(zip(p, terms.tolist(), strict=True))}))
