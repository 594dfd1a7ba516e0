# Two commands on a fresh machine: make demo, make test. Both make their own .venv; make setup is what they share.
PYTHON ?= python3
BIN := .venv/bin
# Less of the suite, in one process: make test PYTEST_ARGS="-k keycloak -x"
PYTEST_ARGS ?=
# For each benchmark: make bench BENCH_ARGS=--smoke
BENCH_ARGS ?=
# Handlers run patched, so the suite does; tests of unpatched behaviour start processes of their own.
PATCHED := -m gevent.monkey --module

.PHONY: help setup demo test test-all coverage lint libraries clients bench soak referees clean
.DEFAULT_GOAL := help

help: ## Say what there is
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.done ## Make .venv with all that demo and tests need (again only when pyproject.toml changed)

# The stamp comes last: an interrupted installation is done again.
.venv/.done: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "needs Python 3.10 to 3.15, $(PYTHON) is $$($(PYTHON) -V 2>&1); say make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || \
		{ rm -rf .venv; echo "could not make .venv; on Debian and Ubuntu: apt-get install python3-venv"; exit 2; }
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

demo: setup ## Work 500 process instances with blocking handlers, and compare with one after another
	@$(BIN)/camunda-client demo

# Measured, the suite takes more than twice the time: CI does it each time, others when they ask for it.
ifeq ($(CI),true)
test: coverage
else
test: lint ## Lint, then the tests, patched as users run them, in minutes; with CI=true that is make coverage
	$(BIN)/python tests/run.py $(PYTEST_ARGS)
endif

# Quick, make test leaves out further cases of each test, and tests of what is beside the package.
test-all: lint ## Lint, then every test there is
	$(BIN)/python tests/run.py --all $(PYTEST_ARGS)

coverage: lint ## Every test, measured, with the coverage floors of setup.cfg and tests/floors.py
	@$(BIN)/coverage erase
	$(BIN)/python tests/run.py --coverage $(PYTEST_ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report
	@$(BIN)/python tests/floors.py

lint: setup ## ruff, mypy --strict and the import contracts
	$(BIN)/ruff check
	$(BIN)/ruff format --check --quiet
	$(BIN)/mypy
	$(BIN)/lint-imports

libraries: setup ## Fetch the real libraries that tests/libraries tries (350 MB, kept in the user's cache)
	@$(BIN)/python -m tests.parts.libraries

clients: setup ## Fetch the other clients that tests/clients tries on the embedded gateway (230 MB, kept in the user's cache)
	@$(BIN)/python -m tests.clients.clients

bench: setup ## Run every benchmark in turn; results and plots go to benchmarks/results
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	@set -e; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python "$$file" $(BENCH_ARGS); done

soak: setup ## The long tests, which make test leaves out
	$(BIN)/python $(PATCHED) pytest -m soak --timeout=0 $(PYTEST_ARGS)

referees: setup ## Ask the open referees anew and show what differs (needs Java 17 and Maven)
	$(BIN)/python -m tests.referees.feel.record
	$(BIN)/python -m tests.referees.dmn.record
	$(BIN)/python -m tests.referees.bpmn.record

clean: ## Remove what these commands made here (not Keycloak in the user's cache)
	rm -rf .venv .nox build dist *.egg-info .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
