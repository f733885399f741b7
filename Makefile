# HandyWriterz. `make help` lists what there is.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help run install install-dev check check-the-rest test coverage bench bench-retrieval fuzz chaos evaluate clean

PY := .venv/bin/python

# Given on the command line (make run PORT=9000), handed on to the program.
ifdef PORT
export PORT
endif
ifdef DATA_DIR
export DATA_DIR
endif
ifdef PYTHON
export PYTHON
endif

help: ## List the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'

install: ## Make .venv with everything the product needs
	@deploy/install.sh runtime

install-dev: ## The same with what checks and tests need
	@deploy/install.sh dev

run: install ## Start the whole product [PORT=8000] [DATA_DIR=.data]; Ctrl-C stops it
	@exec $(PY) manage.py up --with-parent

# Checks load Django's settings, which make DATA_DIR; it must not be the one people work with.
SCRATCH := scratch=$$(mktemp -d); types=; trap 'kill $$types 2>/dev/null || :; rm -rf "$$scratch"' EXIT; \
	export DATA_DIR="$$scratch/data"; mkdir "$$DATA_DIR"

# The types take as long as all the rest, on one core: they are looked at beside it and told last.
check: install-dev ## Format, lint, types, import contract, migrations, docs in step
	@$(SCRATCH); \
	.venv/bin/mypy >"$$scratch/types" 2>&1 & types=$$!; \
	$(MAKE) --no-print-directory check-the-rest; \
	wait $$types || failed=$$?; types=; cat "$$scratch/types"; exit $${failed:-0}

check-the-rest:
	@$(SCRATCH); set -x; \
	.venv/bin/ruff format --check .; \
	.venv/bin/ruff check .; \
	.venv/bin/lint-imports; \
	$(PY) -W ignore::RuntimeWarning manage.py makemigrations --check --dry-run; \
	$(PY) -m pytest -q -p no:cacheprovider tests/docs

# Tests that start the product or a browser would disturb the others: they come after these, the
# longest files first, so that none is left to one worker at the end. Three at a time, because some
# wait. `check-the-rest` has run those of the docs.
PRODUCT := $(addprefix tests/,evaluation journeys chaos handywriterz/stack browser)

# The types go on beside the first tests: nothing waits for them but the end.
test: install-dev ## Everything that CI runs: the checks, then all tests
	@$(SCRATCH); \
	.venv/bin/mypy >"$$scratch/types" 2>&1 & types=$$!; \
	unset DATA_DIR; \
	deploy/test-tools.sh & tools=$$!; \
	$(PY) -W ignore -m tests.ready_made & made=$$!; \
	$(MAKE) --no-print-directory check-the-rest || failed=1; \
	for one in $$tools $$made; do wait $$one || failed=1; done; \
	[ -z "$${failed:-}" ] || exit 1; \
	run() { echo "+ $$*"; "$$@" || failed=1; }; \
	run $(PY) -m pytest -n 3 --dist loadfile tests $(addprefix --ignore=,tests/docs $(PRODUCT)); \
	wait $$types || failed=1; types=; cat "$$scratch/types"; \
	run $(PY) -m pytest -n 3 --dist loadfile --no-loadscope-reorder $(PRODUCT); \
	exit $${failed:-0}

coverage: install-dev ## All tests in one process, and which lines and branches they reach
	@deploy/test-tools.sh
	$(PY) -m pytest --cov --cov-report=term --cov-report=html

bench: install-dev ## Measure speed and memory on this machine, against named baselines [BENCH="throughput …"]
	@$(PY) -m tests.bench $(BENCH)

bench-retrieval: install-dev ## How well search finds in a BEIR folder [BEIR_DIR=…] [RETRIEVAL_DATA=… keeps the database]
	@BEIR_DIR="$(BEIR_DIR)" RETRIEVAL_DATA="$(RETRIEVAL_DATA)" $(PY) -m tests.bench retrieval

fuzz: install-dev ## Parse thousands of damaged files and check that each ends with a sentence [COUNT=2000] [SEED=1]
	@$(PY) -m tests.fuzz $(or $(COUNT),2000) $(or $(SEED),1)

chaos: install-dev ## Hurt everything on purpose and check every promise [SEED=1] [CHAOS="--only sigkill"]
	@$(PY) -m tests.chaos $(if $(SEED),--seed $(SEED)) $(CHAOS)

evaluate: install-dev ## Prove the loop's behaviours by tasks that need them [SEEDS=20] [TASKS="…"] [OFF=1]
	@$(PY) -m tests.evaluation --keep --seeds $(or $(SEEDS),20) $(if $(OFF),--off) $(TASKS)

clean: ## Remove what was built; DATA_DIR stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis htmlcov test-results
	rm -f .coverage .coverage.*
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
