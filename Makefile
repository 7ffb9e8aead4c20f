# SPDX-FileCopyrightText: 2026 The Hanse authors
# SPDX-License-Identifier: EUPL-1.2
# `make demo` and `make test` need Python 3.11+, git and make; the rest is set up here.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
export HANSE_TEST_DATA ?= $(abspath ../shared)

.DEFAULT_GOAL := help
.PHONY: help demo test setup check gates alone locks stubs judges soak bench clean

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: $(VENV)/.demo ## two cities, one borderless permit check: report, pictures and proof in build/demo
	$(BIN)/hanse demo --out build/demo

test: setup $(VENV)/.system ## sets up what the tests need and runs them
	$(BIN)/python -m pytest $(PYTEST_ARGS)

setup: $(VENV)/.test ## .venv with the project and its tests' needs: .venv/bin/hanse works

check: gates ## every gate: style, types, layers, wire, licences
gates: $(VENV)/.all
	bash .ci/gates

alone: setup ## starts each service with only its own extra
	PYTHON='$(PYTHON)' bash .ci/alone

locks: $(VENV)/.all ## pins the dependencies again
	$(BIN)/python requirements/compile.py $(LOCK_ARGS)

stubs: $(VENV)/.all ## generates the wire stubs from proto/
	$(BIN)/python proto/generate.py

judges: setup ## outside suites whole; writes tests/ledgers; CQL2_EXAMPLES=FOLDER for OGC's
	cd tests && ../$(BIN)/python -m ledgers.judges
	$(if $(CQL2_EXAMPLES),$(BIN)/python tests/conformance/cql2_examples.py $(CQL2_EXAMPLES))

soak: setup ## long faults; writes tests/ledgers
	cd tests && ../$(BIN)/python -m ledgers.soak $(SOAK_ARGS)

bench: setup ## ours beside its peer or floor, in one run
	@for script in benchmarks/*.py; do $(BIN)/python $$script $(BENCH_ARGS) || exit 1; done

clean: ## forgets what was built, but not .venv
	rm -rf build dist

$(BIN)/python:
	bash deploy/python-venv.sh $(PYTHON) $(VENV)

# What is installed is stamped; a changed lock installs anew.
$(VENV)/.demo: requirements/demo.lock pyproject.toml | $(BIN)/python
	@echo 'Installing Hanse (the first time about a minute) ...'
	$(PIP) install --require-hashes -r requirements/demo.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@
$(VENV)/.test: requirements/test.lock pyproject.toml | $(BIN)/python
	@echo 'Installing Hanse and what its tests need ...'
	$(PIP) install --require-hashes -r requirements/test.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.demo
$(VENV)/.all: requirements/all.lock pyproject.toml | $(BIN)/python
	$(PIP) install --require-hashes -r requirements/all.lock
	$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.test $(VENV)/.demo
$(VENV)/.system: | $(BIN)/python
	bash deploy/test-packages.sh
	@touch $@
