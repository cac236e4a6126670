# Two commands do everything: `make demo` and `make test`.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --quiet install -c constraints.txt

.PHONY: axe stripe-cli demo clean-demo test lint run worker fuzz bench bench-gpu chromium help

help:  ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

demo: $(VENV)/worker  ## the whole way with a demo organisation; ONCE=1 ends when all is delivered
	@$(BIN)/python -m headshots.demo $(if $(ONCE),--once)

clean-demo:  ## remove the demo's data
	@if [ -x $(BIN)/python ]; then $(BIN)/python -m headshots.lib.embedded_postgres stop --root var/demo/postgres || true; fi
	rm -rf var/demo

test: $(VENV)/dev chromium axe stripe-cli  ## everything the tests need, then all tests
	@$(BIN)/python -m pytest -n 2 --dist loadgroup $(ARGS)

lint: $(VENV)/dev  ## ruff, mypy, import-linter, missing migrations
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/mypy headshots accounts billing generation manage.py
	@cd clients/python && ../../$(BIN)/mypy --config-file pyproject.toml headshots_client examples
	@$(BIN)/lint-imports
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python manage.py makemigrations --check --dry-run

run: $(VENV)/web  ## web server and default cluster (settings from the environment)
	@$(BIN)/python -m headshots.processes web default

worker: $(VENV)/worker  ## a worker host: the gpu cluster
	@$(BIN)/python -m headshots.processes gpu

fuzz: $(VENV)/dev  ## the API under schemathesis with many requests; FUZZ_EXAMPLES=1000 for more
	@FUZZ_EXAMPLES=$(or $(FUZZ_EXAMPLES),300) $(BIN)/python -m pytest -q tests/api/test_fuzz.py

bench: $(VENV)/dev  ## benchmarks; each writes var/bench/SUBJECT.json; ends with an error where a goal is missed
	@began=$$(date +%s); \
	  for subject in tests/benchmarks/[a-z]*.py; do DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python $$subject || exit 1; done; \
	  $(BIN)/python tests/benchmarks/_report.py $$began

bench-gpu: $(VENV)/dev  ## what the engine makes of a CUDA device; writes var/bench/gpu.json
	@DJANGO_SETTINGS_MODULE=tests.settings $(BIN)/python tests/benchmarks/gpu.py

# Chromium comes from the system's packages, where we may install them; tests that need it say so.
chromium:
	@command -v chromium chromium-browser google-chrome >/dev/null 2>&1 || \
	  { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && \
	    apt-get update -qq >/dev/null 2>&1 && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null 2>&1; } || true

# What looks for barriers on pages. Without npm those tests say that they were skipped.
AXE := 4.11.0
axe:
	@[ -f var/axe/axe-$(AXE).js ] || ! command -v npm >/dev/null 2>&1 || \
	  { mkdir -p var/axe && cd var/axe && npm pack --silent axe-core@$(AXE) >/dev/null 2>&1 && \
	    tar xzf axe-core-$(AXE).tgz package/axe.min.js && mv package/axe.min.js axe-$(AXE).js && \
	    rm -r package axe-core-$(AXE).tgz; } || \
	  echo "axe-core could not be fetched: tests say of each page that it was not looked at."

# Stripe's own tool makes events at the stand-in; where npm is missing, its test says so.
stripe-cli:
	@command -v stripe >/dev/null 2>&1 || [ -x var/tools/node_modules/.bin/stripe ] || \
	  { command -v npm >/dev/null 2>&1 && \
	    npm install --prefix var/tools --no-save --no-audit --no-fund --loglevel=error \
	      @stripe/cli@1.52.0 >/dev/null 2>&1; } || true

$(VENV)/bin/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || \
	  { echo "Python 3.11 is needed. Name it: make PYTHON=/path/to/python3.11 …"; exit 1; }
	@echo "Making the environment in $(VENV) …"
	@"$(PYTHON)" -m venv $(VENV)

# torch comes first, and exactly as pinned: its CPU wheel is what plain machines have.
$(VENV)/web: pyproject.toml constraints.txt | $(VENV)/bin/python
	@echo "Installing packages for the web host …"
	@$(INSTALL) -e .
	@touch $@

$(VENV)/worker: $(VENV)/web
	@echo "Installing packages for a worker host …"
	@$(INSTALL) "$$(sed -n 's/^\(torch==[^ ]*\).*/\1/p' constraints.txt)"
	@$(INSTALL) -e '.[worker]'
	@touch $@

$(VENV)/dev: $(VENV)/worker
	@echo "Installing packages for tests …"
	@$(INSTALL) -e '.[dev]'
	@touch $@
