# What a contributor runs; CONTRIBUTING.md says when. Only Python (3.11 or newer) must be there.

PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: help demo test matrix samples corpus benchmarks lint format clean

help:
	@echo "make demo     record the sample project, generate its tests, run them, show them"
	@echo "make test     ruff, mypy and all tests"
	@echo "make matrix   what depends on them on every Python and Django that is supported and at hand"
	@echo "make samples  record samples/spans/ anew"
	@echo "make corpus   record third-party applications, generate their tests, run them, tell how many pass"
	@echo "make benchmarks   measure what recording and generating cost, beside others"
	@echo "make lint     ruff and mypy only"
	@echo "make format   let ruff put things right"
	@echo "make clean    remove everything that these commands made"

demo: $(READY)
	@$(BIN)/python -m samples.demo

test: lint
	@$(BIN)/python -m pytest -n 2 --dist loadgroup

# PY=3.12 and DJANGO=5.2 run those cells only, PART=tests/processors those tests, FULL=1 all tests in each
# cell; RESUME=1 goes on where it was broken off.
matrix: $(READY)
	@$(BIN)/python -m scripts.matrix $(if $(PY),--python $(PY)) $(if $(DJANGO),--django $(DJANGO)) $(if $(RESUME),--resume) $(if $(FULL),--full) $(PART)

samples: $(READY)
	@$(BIN)/python -m samples.record
	@$(BIN)/python -m samples.hard_cases
	@$(BIN)/python scripts/picture.py

# DATABASE=postgresql takes the server at 127.0.0.1:5432; PROVE=1 proves the tests, MUTATE=1 breaks the code, too, in MUTANTS=300 places of each.
corpus: $(READY)
	@$(BIN)/python -m corpus --database $(or $(DATABASE),sqlite) $(if $(PROVE)$(MUTATE),--prove) $(if $(MUTATE),--mutate) $(if $(MUTANTS),--mutants $(MUTANTS))

benchmarks: $(READY)
	@$(BIN)/python -m benchmarks --results benchmarks/results.md

lint: $(READY)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

format: $(READY)
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

clean:
	rm -rf .venv .venvs demo build dist *.egg-info .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "otel2test needs Python 3.11 or newer; say which: make PYTHON=python3.11")'
	@test -x $(BIN)/python || { echo "Making .venv …"; $(PYTHON) -m venv .venv; }
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --editable . --group dev
	@$(BIN)/python -m scripts.mysqlclient $(BIN)/python
	@touch $@
