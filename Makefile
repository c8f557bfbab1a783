PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt

.DEFAULT_GOAL := help
.PHONY: help install install-demo install-peers demo serve test journeys check format bench chaos clean

help:            ## this list
	@grep -hE '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/'

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Greenhatch needs Python 3.11 or newer; set PYTHON=python3.11")'
	@$(PYTHON) -m venv .venv

# A stamp per set of packages: nothing is installed twice while pyproject and constraints stand still.
.venv/.server: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing Greenhatch into .venv ..." && $(PIP) -e '.[server]' && touch $@
.venv/.dev: .venv/bin/python pyproject.toml constraints.txt
	@echo "Installing Greenhatch and its development tools into .venv ..." && $(PIP) -e '.[dev]' && touch $@ .venv/.server
.venv/.peers: .venv/.dev
	@$(PIP) -e '.[dev,peers]' && touch $@

install: .venv/.dev             ## .venv with everything for development

demo: .venv/.server             ## the whole story once, one line a step; writes build/report.html
	@$(BIN)/greenhatch demo

serve: .venv/.server            ## the API and the pages on http://127.0.0.1:8000, with the demo data
	@$(BIN)/greenhatch serve --demo

test: .venv/.dev                ## the whole test suite
	@$(BIN)/python -m pytest -q

journeys: .venv/.dev            ## the three journeys in a browser in all eight ways, instead of four
	@EVERY_WAY=1 $(BIN)/python -m pytest -q -n0 tests/browser/test_journeys.py

check: .venv/.dev               ## format, lint, types, tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q

format: .venv/.dev              ## put the code into its shape
	@$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: .venv/.peers             ## the benchmarks, each beside its peer, as a table
	@$(BIN)/python -m benchmarks

chaos: .venv/.dev             ## pay while a third of requests fail and processes are killed (RELEASES=10000)
	@$(BIN)/python -m benchmarks.chaos --releases $(or $(RELEASES),10000)

clean:
	@rm -rf .venv build .greenhatch
