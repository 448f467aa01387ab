# Needs python3 (3.11 or newer, with venv) and git; everything else comes from requirements/, into .venv.
# `make test` uses Chromium and Node where they are and says what it left out where they are not; .ci/run installs them.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
PYTEST := $(PY) -m pytest -p tests.left_out -p tests.order
JOBS ?= 2
# The quick tests wait for the engine a fifth of their time: on 2 cores a third worker fills it.
QUICK_JOBS ?= 3
# Compiled modules are kept, whatever the shell says: the tests import the functions hundreds of times.
unexport PYTHONDONTWRITEBYTECODE
UV := uv==0.13.8
PIP := $(PY) -m pip install --quiet --disable-pip-version-check --no-compile

.DEFAULT_GOAL := help
.PHONY: help demo install test format lint types site-types tests docs golden test-slow crash lock bench bench-others clean
# A half-made file of a failed command must not count as made.
.DELETE_ON_ERROR:

help:
	@echo 'make demo       deploy to the embedded AWS engine on this machine, with a sample school'
	@echo 'make test       format, lint, types, unit, moto, embedded engine, browser, docs, the wheel'
	@echo 'make test-slow  every cell of the permissions, every point of a kill, the newest boto3, the deployed Python'
	@echo 'make crash      a crash, a lost answer, a refusal at every single call; ONLY="update, killed" for a part'
	@echo 'make docs       regenerate what is generated'
	@echo 'make golden     the plans that the tests expect, written anew'
	@echo 'make format     put the code into form'
	@echo 'make bench      measurements'
	@echo 'make bench-others the same job by chalice, CDK and Serverless'
	@echo 'make lock       requirements/*.lock from pyproject.toml'
	@echo 'make clean      remove .venv and caches'

demo: install
	$(PY) -m studentdb demo

# ---- environment ----

install: $(VENV)/.installed

# uv takes 2 s where pip takes 28. It knows nothing of pip's own settings (a mirror, a proxy): then pip does it after all.
$(VENV)/.locked: requirements/dev.lock requirements/uv.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "studentdb needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) -V 2>&1)." >&2; \
	  echo "Name another one: make PYTHON=python3.13" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "$(PYTHON) has no venv. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	{ $(PIP) --require-hashes -r requirements/uv.lock && \
	  $(BIN)/uv pip install --quiet --python $(PY) --require-hashes -r requirements/dev.lock; } || \
	  $(PIP) --require-hashes -r requirements/dev.lock
	@touch $@

# Without isolation the build backend is the locked one as well.
$(VENV)/.installed: $(VENV)/.locked pyproject.toml
	$(PIP) --no-deps --no-build-isolation -e .
	@touch $@

# The hashes are those of the registry in use; no host stands in the file.
lock:
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet --disable-pip-version-check '$(UV)'
	.venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade \
	  --no-header --no-annotate --no-emit-index-url --extra local --group dev pyproject.toml -o requirements/dev.lock
	echo '$(UV)' | .venv-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url - -o requirements/uv.lock

# ---- checks ----

test: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	@$(MAKE) --no-print-directory site-types
	@$(MAKE) --no-print-directory tests

format: install
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: install
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install
	$(BIN)/mypy
	@$(MAKE) --no-print-directory site-types

# The summary of `tests` names this check where it is left out.
site-types:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory tests/site/node_modules/.installed && \
	  echo 'tsc --checkJs' && npm --prefix tests/site run --silent types; fi

tests/site/node_modules/.installed: tests/site/package.json $(wildcard tests/site/package-lock.json)
	npm --prefix tests/site ci --silent --no-audit --no-fund
	@touch $@

tests:
	$(PYTEST) -m 'not slow' -rs -n $(QUICK_JOBS) --dist worksteal

test-slow: install
	$(PYTEST) -m slow -rs -n $(JOBS) --dist worksteal

# About half an hour; goes on where it was stopped.
crash: install
	$(PY) -m tests.crash --jobs $(JOBS) $(if $(ONLY),'$(ONLY)')

# Tests hold them against their sources.
docs: install
	$(PY) -m studentdb.contract.export
	$(PY) docs/generate.py

# What `plan` prints, as the tests expect it: read the difference before you commit it.
golden: install
	UPDATE_GOLDEN=1 $(PYTEST) -q tests/flows/test_plans.py

bench: install
	$(PY) -m benchmarks

# The other tools come from PyPI and npm into .venv-others; what cannot be had is said.
bench-others: install
	$(PY) -m benchmarks.others

clean:
	rm -rf .venv .venv-lock .venv-others dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis tests/site/node_modules
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
