# `make help` lists the targets. Everything is installed into .venv, nothing globally.
PYTHON ?= python3
BIN := .venv/bin
DEMO := .venv/.demo
READY := .venv/.installed
BENCH := .venv/.bench
DOCS := .venv/.docs
MUTATE := .venv/.mutate

# The extras of the package; tools/wheel_user.py uses each of them.
EXTRAS := arrow cli sandbox shared

# What `make test-engines` tests, each in an environment of its own.
ENGINES := spark4 spark3 ray dask

# The generator's hooks call ruff by name: the pinned one in .venv must come first on PATH.
export PATH := $(CURDIR)/$(BIN):$(PATH)
# pyright keeps its downloads in .venv too.
export PYRIGHT_PYTHON_CACHE_DIR := $(CURDIR)/.venv/.pyright
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1
# Tests start hundreds of processes. Without bytecode, each would compile all its imports, and take three times as long.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.cache/pycache

# uv takes seconds, pip minutes. But uv does not read pip's configuration, which may be the only way to reach PyPI.
install = $(BIN)/uv pip install --quiet --python .venv --requirement $(1) || { \
	echo "uv could not install $(1); trying pip, which takes minutes ..." >&2; \
	$(BIN)/python -m pip install -qq --requirement $(1); }

.DEFAULT_GOAL := help
.PHONY: help demo test test-engines test-kills forks thorough interrupts mutate generate check-generated drift release-notes record lint check-wheel typecheck format bench bench-behaviour bench-check bench-limits bench-memory bench-portals docs lock audit test-lowest clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' Makefile

demo: $(DEMO) ## Run all reads against a sandbox on this machine (ARGS=--live: HubSpot)
	@$(BIN)/python examples/demo.py $(ARGS)

# Three workers on two cores: tests spend a quarter of their time waiting for servers and processes.
test: $(READY) ## Run all tests (ARGS: further arguments for pytest)
	$(BIN)/python -m pytest -n 3 --dist worksteal $(ARGS)

thorough: $(READY) ## Run all tests, with three times as many Hypothesis examples (minutes)
	THOROUGH=1 $(BIN)/python -m pytest -n 2 --dist worksteal $(ARGS)

forks: $(READY) ## Fork hundreds of processes while threads read, and check that each of them ends (some minutes)
	FORKS=300 $(BIN)/python -m pytest tests/unit/test_forks.py tests/unit/test_budgets.py $(ARGS)

interrupts: $(READY) ## Interrupt reads thousands of times, at random moments, and count the ids (a minute)
	INTERRUPTS=3000 $(BIN)/python -m pytest tests/unit/test_interrupts.py $(ARGS)

mutate: $(MUTATE) ## Change the core in 1,400 ways, and list the changes that its tests do not detect (10 minutes; ARGS: mutants)
	-$(BIN)/mutmut run $(ARGS)
	@$(BIN)/mutmut results

test-lowest: $(READY) ## Test with the lowest versions that pyproject.toml allows (some minutes)
	@$(BIN)/uv pip compile --quiet --upgrade --resolution lowest-direct --no-header \
		pyproject.toml $(addprefix --extra ,$(EXTRAS)) --output-file build/lowest.txt
	@$(PYTHON) -m venv --clear --without-pip build/lowest
	@# Overrides, so that the tests' own dependencies cannot raise these versions.
	@$(BIN)/uv pip install --quiet --python build/lowest --override build/lowest.txt -r requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python build/lowest --no-deps --no-build-isolation --editable .
	build/lowest/bin/python -m pytest -n 2 --dist worksteal tests/unit tests/sandbox tests/cli $(ARGS)

test-engines: $(ENGINES:%=build/engines/%/.installed) ## Test on clusters of Spark 4, Spark 3.5, Ray and Dask (minutes; ENGINES=spark4: only that one)
	@# We cannot fix an engine's warnings about itself.
	@set -e; for engine in $(ENGINES); do \
		echo "$$engine:"; \
		build/engines/$$engine/bin/python -m pytest -W default --timeout 300 $(ARGS) \
			tests/engines/test_$${engine%[0-9]}.py; \
	done

test-kills: $(READY) ## Kill runs that write 200,000 ids at random moments, and compare the files (ten minutes; ARGS: --ids, --kills)
	$(BIN)/python tools/kills.py $(ARGS)

generate: $(READY) ## Write the generated SDK from the spec and the templates
	@$(BIN)/python tools/generate.py

check-generated: $(READY) ## Fail if the generated SDK is out of date
	@$(BIN)/python tools/generate.py --check

drift: $(READY) ## Compare HubSpot's OpenAPI documents with the spec (PUBLISHED=…, or OLD=… NEW=…; FORMAT=text|markdown)
	@$(BIN)/python tools/drift.py $(call places,PUBLISHED) $(if $(OLD),--old $(call places,OLD)) \
		$(if $(NEW),--new $(call places,NEW)) --format $(or $(FORMAT),text)

# A path with spaces is one argument if it exists; otherwise, the shell splits the value, and expands patterns.
places = $(if $(and $(word 2,$($1)),$(wildcard $(subst $(space),\ ,$($1)))),"$$$1",$($1))
space := $(subst ,, )

SINCE ?= $(shell git describe --tags --abbrev=0 --match 'v[0-9]*' 2> /dev/null)
# griffe and drift.py exit with 1 if there are differences. But griffe also does, with a traceback, if it cannot load a package.
release-notes: $(READY) ## List breaking changes of Python names, and all changes of the spec, since the last tag (SINCE=…: since that commit)
	@test -n "$(SINCE)" || { echo "No release is tagged yet: name a commit with SINCE=..." >&2; exit 2; }
	@mkdir -p build
	@git show "$(SINCE):openapi/hubspot-batch-read.yaml" > build/released.yaml
	@for package in hubspot_batch_read hubspot_batch_read_api; do \
		$(BIN)/python -m griffe check $$package --against "$(SINCE)" --search src --search generated --no-inspection \
			2> build/names.txt; \
		if test $$? -gt 1 || grep --quiet ^Traceback build/names.txt; then \
			echo "$$package cannot be compared: $$(tail -n 1 build/names.txt)" >&2; exit 2; fi; \
		cat build/names.txt; done
	@$(BIN)/python tools/drift.py --old build/released.yaml --new openapi/hubspot-batch-read.yaml || test $$? -eq 1

record: $(READY) ## Replay the fixtures' requests against HubSpot (ARGS: --sandbox, --ids FILE, --update, names)
	@$(BIN)/python tools/record.py $(ARGS)

lint: $(READY) ## Check style, imports between modules, and the workflows
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo --cache-dir .cache/imports
	$(BIN)/zizmor --offline --quiet --no-progress .github

check-wheel: $(READY) ## Build wheel and sdist into dist/, install them in new environments, and use them (half a minute)
	@$(BIN)/python tools/check_wheel.py --python $(PYTHON)

typecheck: $(READY) ## Check types with mypy --strict and pyright
	$(BIN)/mypy
	$(BIN)/pyright --warnings

format: $(READY) ## Format the hand-written code and the fixtures
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python tools/recording/fixture_files.py

bench: $(BENCH) ## Measure this SDK and others; writes benchmarks/results.* and the charts (twenty minutes)
	@$(BIN)/python benchmarks/run.py $(ARGS)

bench-behaviour: $(BENCH) ## Compare how this SDK and HubSpot's two handle failures; writes benchmarks/behaviour.json (half a minute)
	@$(BIN)/python benchmarks/behaviour.py

bench-check: $(READY) ## Fail if a ratio is 15 % worse than in benchmarks/results.json (five minutes)
	@$(BIN)/python benchmarks/check.py

bench-limits: $(READY) ## Measure how well one to eight processes stay within a rate limit (an hour; ARGS: --modes, --limits, --processes, --seconds, --kills)
	@$(BIN)/python benchmarks/limits.py $(ARGS)

bench-portals: $(READY) ## Measure reading eight portals in one process and on Dask's workers (two minutes; ARGS: --portals, --ids, --runs)
	@$(BIN)/python benchmarks/portals.py $(ARGS)

bench-memory: $(READY) ## Measure the memory that reading a million ids takes (three minutes)
	@$(BIN)/python benchmarks/memory.py

docs: $(DOCS) ## Build the documentation into build/site; any warning fails
	@rm -rf build/site
	@$(BIN)/zensical build --strict --clean --config-file mkdocs.yml
	@echo "The site is in build/site. Its search needs a server; stop it with Ctrl-C:"
	@echo "  $(BIN)/python -m http.server --bind 127.0.0.1 --directory build/site 8000"
	@echo "Then open http://127.0.0.1:8000"

lock: $(READY) ## Pin the newest versions of everything: requirements-*.txt, tests/engines/*.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --no-header --no-annotate \
		requirements-dev.in --output-file requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --no-header --no-annotate \
		requirements-demo.in --constraint requirements-dev.txt --output-file requirements-demo.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --no-header --no-annotate \
		--group bench --constraint requirements-dev.txt --output-file requirements-bench.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --no-header --no-annotate \
		requirements-docs.in --constraint requirements-dev.txt --output-file requirements-docs.txt
	$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --no-header --no-annotate \
		requirements-mutate.in --constraint requirements-dev.txt --output-file requirements-mutate.txt
	for engine in $(ENGINES); do \
		$(BIN)/uv pip compile --quiet --universal --upgrade --python-version 3.11 --no-header --no-annotate \
			tests/engines/$$engine.in --output-file tests/engines/$$engine.txt; \
	done

PINS := $(wildcard requirements-*.txt tests/engines/*.txt)
# Without --strict, a package that the service does not know counts as safe.
audit: $(READY) ## Fail if a pinned package has a known vulnerability (ADVISORIES=all.zip: from a file instead of PyPI)
ifdef ADVISORIES
	@$(BIN)/python tools/advisories.py "$(ADVISORIES)" $(PINS)
else
	@$(BIN)/pip-audit --strict --disable-pip --no-deps --progress-spinner off $(addprefix --requirement ,$(PINS))
endif

clean: ## Remove .venv and caches
	rm -rf .venv .cache .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist mutants

$(DEMO): .venv/.pins pyproject.toml
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@touch $@

$(READY): $(DEMO)
	@echo "Installing the development tools (once) ..."
	@$(BIN)/python -m pip install -qq --constraint requirements-dev.txt uv
	@$(call install,requirements-dev.txt)
	@touch $@

$(BENCH): requirements-bench.txt | $(READY)
	@echo "Installing the packages for the benchmarks (once) ..."
	@$(call install,requirements-bench.txt)
	@touch $@

$(DOCS): requirements-docs.txt | $(READY)
	@echo "Installing the documentation tools (once) ..."
	@$(call install,requirements-docs.txt)
	@touch $@

$(MUTATE): requirements-mutate.txt | $(READY)
	@echo "Installing the mutation tools (once) ..."
	@$(call install,requirements-mutate.txt)
	@touch $@

build/engines/%/.installed: tests/engines/%.txt pyproject.toml | $(READY)
	@echo "Installing $* in build/engines (once) ..."
	@$(PYTHON) -m venv --clear build/engines/$*
	@$(BIN)/uv pip install --quiet --python build/engines/$* -r $< || build/engines/$*/bin/python -m pip install -qq -r $<
	@$(BIN)/uv pip install --quiet --python build/engines/$* --no-deps --no-build-isolation --editable .
	@touch $@

# When pins change, .venv is made again, so that packages that are no longer pinned do not stay.
.venv/.pins: requirements-demo.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; name one with: make PYTHON=python3.12 ..." >&2; exit 1; }
	@echo "Setting up .venv (once) ..."
	@$(PYTHON) -m venv --clear .venv
	@$(BIN)/python -m pip install -qq --requirement requirements-demo.txt
	@touch $@
