# Everything happens in .venv; a step that is done is not done again until pyproject.toml changes.
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
IS_NEW_ENOUGH := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	"$$p" -c '$(IS_NEW_ENOUGH)' 2>/dev/null && command -v "$$p" && break; done)
ARTICLE := sample_data/balls.csv::p sample_data/balls.csv::q1

FUZZ_SECONDS ?= 600
STRESS_EXAMPLES ?= 100000

# Thousands of processes are started by the tests, and benchmarks are of compiled code: it is compiled once.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test stress check fuzz format bench docs clean

help: ## Say what there is to make
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

demo: $(VENV)/.installed ## Install klcli into .venv and show the article's table
	@$(BIN)/klcli kl $(ARTICLE)

test: $(VENV)/.developing ## Run the whole test suite, doctests too
	@$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

stress: $(VENV)/.developing ## Try every law on 100,000 random examples
	@STRESS_EXAMPLES=$(STRESS_EXAMPLES) $(BIN)/python -m pytest -vv --durations=0 tests/test_stress.py

check: $(VENV)/.developing ## Check format, lint, types, spelling and documentation
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy --no-error-summary
	@$(BIN)/codespell
	@$(BIN)/python docs/examples.py --check

fuzz: $(VENV)/.fuzzing ## Fuzz every reader for FUZZ_SECONDS, ten minutes each unless it is set
	@for name in csv tsv json ndjson yaml npy npz safetensors packed parquet; do \
		$(BIN)/python tests/fuzz.py $$name $(FUZZ_SECONDS) || exit 1; done

format: $(VENV)/.developing ## Put the code into its format and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(VENV)/.benching ## Print times and memory as ratios to the peers, measured in the same run
	@$(BIN)/python benchmarks/run.py

docs: $(VENV)/.developing ## Run every example in the documentation anew and draw the picture
	@$(BIN)/python docs/examples.py
	@$(BIN)/python docs/picture.py

clean: ## Remove .venv and everything that was built
	@rm -rf $(VENV) build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.python:
	@test -n "$(PYTHON)" || { echo "klcli needs Python 3.11 or newer, and there is no such python3 here"; exit 1; }
	@"$(PYTHON)" -c '$(IS_NEW_ENOUGH)' 2>/dev/null || { echo "klcli needs Python 3.11 or newer: $(PYTHON) is not"; exit 1; }
	@"$(PYTHON)" -m venv $(VENV) >/dev/null 2>&1 || { rm -rf $(VENV); \
		echo "$(PYTHON) cannot make a virtual environment: install its venv module (python3-venv)"; exit 1; }
	@touch $@

$(VENV)/.installed: $(VENV)/.python pyproject.toml
	@$(PIP) install --editable .
	@touch $@

# --group is known to pip since 25.1, and Python 3.11 brings 23.2.
$(VENV)/.developing: $(VENV)/.python pyproject.toml
	@$(PIP) install --upgrade 'pip>=25.1'
	@$(PIP) install --editable '.[all]' --group dev
	@touch $(VENV)/.installed $@

$(VENV)/.benching: $(VENV)/.developing
	@$(PIP) install --group bench
	@touch $@

$(VENV)/.fuzzing: $(VENV)/.developing
	@$(PIP) install --group fuzz
	@touch $@
