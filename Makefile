# Everything that CI does, with the same words. `make` prints what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3
BIN := $(CURDIR)/.venv/bin
READY := .venv/.ready
OLDEST_READY := .venv-oldest/.ready
BELOW_ENGINE := tests/core tests/client tests/faults tests/simulator tests/plugin_host tests/plugin

.PHONY: help
help:  ## Print this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1 \t/' | expand -t 16

.PHONY: demo
demo: $(READY)  ## Publish sites of a simulated NAO Cloud with the real Pulumi engine
	@engine=$$($(BIN)/python tools/engine/find.py); PATH="$(BIN):$$engine:$$PATH" $(BIN)/python tools/demo.py

# More than the two cores of a small machine: many tests wait more than they compute.
WORKERS ?= 4
SIDE_BY_SIDE := --numprocesses $(WORKERS) --dist loadgroup
define pytest
@engine=$$($(BIN)/python tools/engine/find.py); \
  export PATH="$(BIN):$$engine:$$PATH" COVERAGE_FILE="$(CURDIR)/.coverage"; $(BIN)/python -m pytest
endef

.PHONY: test
test: $(READY) $(OLDEST_READY)  ## Run all tiers, the engine included; or, with TESTS=tests/core, some tests
ifdef TESTS
	$(pytest) $(TESTS)
else
	@echo "Running all tiers, $(WORKERS) tests at a time: under ten minutes on two cores" >&2
	$(pytest) -m "not acceptance" $(SIDE_BY_SIDE) --cov --cov-report=term --cov-fail-under=98
endif

.PHONY: acceptance
acceptance: $(READY) $(OLDEST_READY)  ## Run documentation, examples, pipelines, demo and benchmarks on the engine
	@echo "Running the full width on the engine, $(WORKERS) tests at a time: some six minutes on two cores" >&2
	$(pytest) -m acceptance $(SIDE_BY_SIDE)

.PHONY: network
network: $(READY) $(OLDEST_READY)  ## Run the tests behind nginx; where there is none, that is an error
	@CI=true $(BIN)/python -m pytest tests/network

.PHONY: model
model: $(READY)  ## Tell 1,000 stories of engine actions and faults, and check the promises after every step
	@MODEL_RUNS=$${MODEL_RUNS:-1000} $(BIN)/python -m pytest tests/model/test_engine_actions.py --timeout=0

.PHONY: oldest
oldest: $(OLDEST_READY)  ## Run the tests of the core and the client on the oldest dependencies
	@.venv-oldest/bin/python -m pytest tests/core tests/client

.PHONY: newest
newest: $(READY) $(OLDEST_READY)  ## Run the tests below the engine on the newest dependencies, whatever the lock says
	@rm -rf .venv-newest
	@$(PYTHON) -m venv .venv-newest
	@$(BIN)/uv pip install --quiet --python .venv-newest/bin/python --group test --editable .
	@.venv-newest/bin/python -m pytest $(BELOW_ENGINE)

.PHONY: mutants
mutants: .venv-mutants/.ready  ## Break attempt, jobs and lifecycle in small ways, and list the ways that tests/core does not notice
	@rm -rf mutants
	@.venv-mutants/bin/mutmut run --max-children 2
	@.venv-mutants/bin/mutmut results

.PHONY: check
check: pipelines  ## Format, lint (docstrings too, and workflows), types and layers
	@$(BIN)/ruff format --check --quiet . || { echo "Run 'make format'."; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy pulumi_nao tools/demo.py tools/plugin_archive.py benchmarks
	@cd tools/engine && $(BIN)/mypy --config-file ../../pyproject.toml *.py language_host/*.py
	@for example in $(sort $(dir $(wildcard examples/*/*.py))); do \
	  (cd "$$example"; $(BIN)/mypy --config-file ../../pyproject.toml --cache-dir ../../.mypy_cache/examples $$(ls *.py | grep -v ^test_)) \
	done
	@$(BIN)/lint-imports --no-cache

.PHONY: pipelines
WORKFLOWS := .github/workflows/*.yml pipelines/github/*.yml
SCHEMA := $(BIN)/check-jsonschema --quiet
pipelines: $(READY)  ## Lint the workflows of this project and the pipelines for users
	@$(BIN)/zizmor --offline --quiet --no-progress --persona=pedantic $(WORKFLOWS) .github/dependabot.yml
	@$(SCHEMA) --builtin-schema vendor.github-workflows $(WORKFLOWS)
	@$(SCHEMA) --builtin-schema vendor.dependabot .github/dependabot.yml
	@$(SCHEMA) --builtin-schema vendor.gitlab-ci --data-transform gitlab-ci pipelines/gitlab/.gitlab-ci.yml
	@$(SCHEMA) --schemafile tools/pipelines/operator-stack.schema.json pipelines/pulumi-operator/stack.yaml
	@if actionlint=$$(go -C tools/pipelines tool -n actionlint); then "$$actionlint" $(WORKFLOWS); else \
	  echo "ACTIONLINT DID NOT RUN: it is built with Go 1.25 or newer, which found no way to do it" >&2; test -z "$${CI:-}"; fi

.PHONY: wheel
wheel: $(READY) $(OLDEST_READY)  ## Build the wheel, install it alone and run the tests below the engine on it
	@rm -rf dist .venv-wheel
	@$(BIN)/python -m build --no-isolation --wheel >/dev/null
	@$(PYTHON) -m venv .venv-wheel
	@.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/dev.txt
	@.venv-wheel/bin/python -m pip install --quiet --disable-pip-version-check --no-deps dist/*.whl
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; cp -r tests pyproject.toml "$$folder"; \
	  ln -s "$(CURDIR)/.venv-oldest" "$$folder/.venv-oldest"; cd "$$folder"; \
	  "$(CURDIR)/.venv-wheel/bin/python" -m pytest $(BELOW_ENGINE)

.PHONY: plugin
plugin: $(READY)  ## Pack the native plugin as Pulumi downloads it, into build/plugin
	@rm -rf build/plugin
	@$(BIN)/python tools/plugin_archive.py build/plugin

.PHONY: format
format: $(READY)  ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

.PHONY: docs
docs: $(READY)  ## Build the documentation into sdk-docs/_build
	@$(BIN)/sphinx-build -q -W -n --keep-going -b html sdk-docs sdk-docs/_build
	@echo "Open sdk-docs/_build/index.html"

.PHONY: bench
bench: $(READY)  ## Measure fleets on the real engine (about half an hour), then write tables and plots
	@engine=$$($(BIN)/python tools/engine/find.py); export PATH="$(BIN):$$engine:$$PATH"; \
	  for part in fleet unchanged looks scale; do echo "== $$part"; $(BIN)/python -m benchmarks.$$part $(BENCH); done; \
	  $(BIN)/python -m benchmarks.report

.PHONY: figures
figures: $(READY)  ## Write tables and plots of the documentation from the stored results
	@$(BIN)/python -m benchmarks.report

.PHONY: soak
soak: $(READY)  ## Publish for ten minutes and see that the plugin host does not grow
	@$(BIN)/python -m benchmarks.soak

.PHONY: lock
lock: $(READY)  ## Lock the dependencies anew, for every supported Python
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.10 \
	  --group dev pyproject.toml --output-file requirements/dev.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.10 \
	  --upgrade --resolution lowest-direct pyproject.toml requirements/oldest.in --output-file requirements/oldest.txt
	@$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.10 \
	  --constraint requirements/dev.txt requirements/mutants.in --output-file requirements/mutants.txt

.PHONY: clean
clean:  ## Remove what the other targets made in this folder
	rm -rf .venv .venv-oldest .venv-mutants .venv-newest .venv-wheel build dist htmlcov mutants .coverage* .hypothesis .*_cache tools/*/.mypy_cache sdk-docs/_build

$(READY): requirements/dev.txt pyproject.toml
	@echo "Setting up .venv with the locked tools (about a minute, once)" >&2
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

$(OLDEST_READY): requirements/oldest.txt
	@echo "Setting up .venv-oldest with the oldest supported SDK (a few seconds, once)" >&2
	@$(PYTHON) -m venv .venv-oldest
	@.venv-oldest/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement $<
	@touch $@

.venv-mutants/.ready: requirements/dev.txt requirements/mutants.txt
	@echo "Setting up .venv-mutants with mutmut (about a minute, once)" >&2
	@$(PYTHON) -m venv .venv-mutants
	@.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/dev.txt
	@.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements/mutants.txt
	@touch $@
