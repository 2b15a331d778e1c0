"""The drift of each column by evidently's preset."""

import sys

import pandas as pd
from evidently import Report
from evidently.presets import DataDriftPreset

reference, current = map(pd.read_parquet, sys.argv[1:])
for table in (reference, current):
    table["d0"] = pd.to_datetime(table["d0"])
print(Report([DataDriftPreset()]).run(current, reference).json())
