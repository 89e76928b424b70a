# `make preview` and `make test` set up all they need: a virtual environment in .venv from the locked requirements.txt.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
ENV ?= dev

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(STAMP): requirements.txt pyproject.toml
	@echo "Setting up $(VENV) (about half a minute)"
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "bulkhead needs Python 3.11 or newer, got $$($(PYTHON) --version); set PYTHON" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --compile-bytecode -r requirements.txt -e .
	@touch $@

setup: $(STAMP) ## Make the virtual environment

preview: $(STAMP) ## Preview the platform of ENV (default dev) with the policies: no account, CLI or plugins
	@$(BIN)/bulkhead preview --env $(ENV) --policy-pack policies

test: $(STAMP) ## Run every test that this machine allows
	@$(BIN)/python -m pytest -n 2 --dist worksteal

test-cluster: $(STAMP) ## Run the tests on a real control plane, which Go builds the first time
	@$(BIN)/python -m pytest tests/control_plane tests/cluster_live

lint: $(STAMP) ## Check format, style and types
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

bench: $(STAMP) ## Measure each thing beside the bare one in the same run (PARTS="tenants admission" for some)
	@$(BIN)/python -m benchmarks $(PARTS)

mutants: $(STAMP) ## Change the rules' code and count what the tests notice (SAMPLE=200 for some)
	@nice -n 10 $(BIN)/python -m tests.mutants

docs: $(STAMP) ## Write the pages that the code itself tells (PAGES="reference rules" for some)
	@$(BIN)/python -m docs $(PAGES)

picture: $(STAMP) ## Draw the pictures of the README and the examples anew
	@$(BIN)/python docs/picture.py

lock: $(STAMP) ## Lock the newest allowed dependencies into requirements.txt
	@$(BIN)/uv pip compile --quiet --upgrade --extra dev --python-version 3.11 --no-header --no-annotate -o requirements.txt pyproject.toml
	@sed -i '1i # Written by make lock from pyproject.toml.' requirements.txt

clean: ## Remove the virtual environment and caches
	@rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis

.PHONY: help setup preview test test-cluster lint bench mutants docs picture lock clean
