# Everything a clone needs, from nothing but Python >= 3.11 and make.
# `make` alone prints this file's targets.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
export UV_PYTHON_DOWNLOADS := never
# The tests start hundreds of processes: none of them is to compile the library anew.
export PYTHONDONTWRITEBYTECODE :=

BIN := .venv/bin
PYTHON := $(BIN)/python
# How many worker processes run the tests: `make test WORKERS=0` runs them in one. One more than
# there are cores, since some of them wait: for a disk, for a process that is killed.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)
# More words for pytest or a suite: `make test ARGS='-k ledger -x'`.
ARGS ?=
# What `make bench` measures: one suite, or without a name all.
SUITE ?=
# Which module `make mutants` mutates: `make mutants OF=money`; without a name, each in turn.
OF ?=
MUTANTS := .cache/mutants/venv/bin/python

.PHONY: help env demo test lint types docs bench kills mutants behaviours migrations referee constraints clean

help: ## print this list
	@echo "usage: make TARGET"
	@sed -nE 's/^([a-z]+):.*## (.*)$$/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'

env: .venv/dev.stamp ## make .venv with everything a developer needs

demo: .venv/demo.stamp ## run a morning of rides in Kathmandu
	@$(BIN)/marketplace demo rides

test: env ## run all tests, on SQLite and on PostgreSQL
	@$(PYTHON) -m pytest -n $(WORKERS) $(ARGS)

lint: env ## check style, format and floors
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

types: env ## check types, strictly
	@$(BIN)/mypy

docs: env ## build the documentation into docs/_build/html
	@$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

bench: env ## measure everything in a quarter of an hour, or SUITE=lives, search, checkout, …
	@$(PYTHON) -m bench $(SUITE) $(ARGS)

kills: env ## kill deals paid by Stripe at each commit and call, or ARGS='--flow berth'
	@$(PYTHON) -m tests.attacks.kill_matrix $(ARGS)
	@test -n "$(ARGS)" || $(PYTHON) -m tests.attacks.killed_at_stripe

mutants: .cache/mutants/stamp ## count the mutants that tests notice, of one module with OF=money
	@$(MUTANTS) -m tests.mutants $(OF) $(ARGS)

behaviours: env ## run all tests, rewrite docs/reference/behaviours.md
	@$(PYTHON) -m pytest -n $(WORKERS) --behaviours-page=docs/reference/behaviours.md

migrations: env ## check that tables and migrations agree
	@$(PYTHON) -m pytest -n $(WORKERS) -k migrations

referee: env ## make ready the other double of Stripe, for the tests of ours
	@$(PYTHON) -m tests.support.stripe_referee

constraints: .venv/bin/python ## pin every dependency anew in constraints.txt
	@$(UV) pip compile --quiet --universal --python-version 3.11 --upgrade --all-extras --group dev \
	  --group mutants --no-annotate --no-header --no-emit-index-url pyproject.toml \
	  --output-file constraints.txt

clean: ## remove .venv, caches and what was built
	rm -rf .venv .cache .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache \
	  build dist docs/_build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A uv that is on the path but does not run (a version manager's shim) counts as none.
UV = $(shell if uv --version >/dev/null 2>&1; then echo uv; else echo $(BIN)/uv; fi)
INSTALL = $(UV) pip install --quiet --python $(PYTHON) -c constraints.txt -b constraints.txt

.venv/bin/python:
	@for python in python3 python3.13 python3.12 python3.11; do \
	  if $$python -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
	    echo "making .venv with $$($$python --version)"; \
	    $$python -m venv .venv; \
	    if ! uv --version >/dev/null 2>&1; then $(BIN)/pip install --quiet -c constraints.txt uv; fi; \
	    exit 0; \
	  fi; \
	done; \
	echo "no python3 of version 3.11 or later with venv and pip was found on the path" >&2; exit 1

.venv/demo.stamp: .venv/bin/python pyproject.toml constraints.txt
	@$(INSTALL) -e '.[demo]'
	@touch $@

.venv/dev.stamp: .venv/bin/python pyproject.toml constraints.txt
	@$(INSTALL) -r pyproject.toml --all-extras --group dev -e .
	@touch .venv/demo.stamp $@

# Apart from the other environment, which carries nothing for mutants.
.cache/mutants/stamp: .venv/bin/python pyproject.toml constraints.txt
	@test -x $(MUTANTS) || $(PYTHON) -m venv .cache/mutants/venv
	@$(UV) pip install --quiet --python $(MUTANTS) -c constraints.txt -b constraints.txt \
	  -r pyproject.toml --all-extras --group mutants
	@touch $@
