"""How often each value stands in a column, by SQL written by hand: the peer for `klcli count`."""

import csv
import sys

import duckdb

path, column = sys.argv[1:]
query = f"SELECT {column} AS outcome, count(*) AS count FROM '{path}' GROUP BY 1 ORDER BY 2 DESC, 1"
csv.writer(sys.stdout).writerows([("outcome", "count"), *duckdb.connect().execute(query).fetchall()])
