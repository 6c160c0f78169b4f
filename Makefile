# Everything is installed into this checkout: .venv and node_modules.
SHELL := /bin/bash
.DEFAULT_GOAL := help

PORT ?= 5000
BIN := .venv/bin
# Tests, workers and web servers start Python by the hundred: none is to compile everything anew.
unexport PYTHONDONTWRITEBYTECODE
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard domain/translations/*/LC_MESSAGES/messages.po))

help: ## What can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: .venv/run $(CATALOGUES) static/vendor/htmx.min.js ## Install what it needs to run, and compile its translations

run: install ## Install, migrate, fill the demo world, start web and worker
	@PORT=$(PORT) .ci/serve

# In the order of their names: the browser's tests, long and few to a file, are not left to one process at the end.
test: .venv/dev $(CATALOGUES) static/vendor/htmx.min.js ## Run all tests, the browser and PostgreSQL ones too
	@.ci/chromium
	@.ci/redis
	$(BIN)/pytest -n $${PYTEST_WORKERS:-2} --dist loadfile --no-loadscope-reorder $(ARGS)

lint: .venv/dev ## Check style, types and templates
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/djlint --quiet --lint templates

bench: .venv/dev $(CATALOGUES) static/vendor/htmx.min.js ## Measure against the bars of tests/benchmarks
	$(BIN)/python -m tests.benchmarks $(ARGS)

chaos: .venv/dev $(CATALOGUES) ## Kill, cut, fill, flush at random, and reckon what was lost (ARGS="--seed 1 --runs 5")
	$(BIN)/python -m tests.chaos $(ARGS)

screenshots: .venv/dev $(CATALOGUES) static/vendor/htmx.min.js ## Take the pictures of the README anew
	@.ci/chromium
	$(BIN)/python -m tests.browser.screenshots

messages: .venv/run ## Bring the translations up to date with the code (LANGUAGE=de begins one)
	@.ci/messages $(LANGUAGE)

.PHONY: help install run test lint bench chaos screenshots messages

.venv/bin/pip:
	@.ci/venv $(PYTHON)

# What pip has installed is remembered by a file each, so that a second run is quick.
.venv/run: .venv/bin/pip pyproject.toml .ci/constraints.txt
	@.ci/install run
	@touch $@

.venv/dev: .venv/bin/pip pyproject.toml .ci/constraints.txt
	@.ci/install dev
	@touch $@ .venv/run

%.mo: %.po | .venv/run
	@$(BIN)/pybabel --quiet compile --input-file $< --output-file $@

static/vendor/htmx.min.js: package.json
	@.ci/htmx
