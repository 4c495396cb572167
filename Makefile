# Every target sets up what it needs: Python 3.11 or newer and the package registries are enough.

UV_VERSION := 0.13.9
UV := .tools/bin/uv
PYTHON ?= python3
# trust what the machine trusts
export UV_SYSTEM_CERTS ?= 1
RUN := $(UV) run --frozen --all-extras

# a browser for the tests of the web UI; Debian's own, where it may be installed
CHROMIUM ?= $(shell command -v chromium || command -v chromium-headless-shell)

.PHONY: help demo ui browser test check fix lint types layers unit slow soak bench screenshots clean

help: ## show the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: $(UV) ## a flow fails, is fixed, and is replayed (ARGS=--serve: in a browser)
	@$(if $(findstring --serve,$(ARGS)),,DALSEGNO_UI_SKIP=1) $(UV) sync --quiet --frozen --inexact --no-dev --extra serdes \
		$(if $(findstring --serve,$(ARGS)),--extra server)
	@.venv/bin/dalsegno demo $(ARGS)

ui: $(UV) ## build the web UI into the package
	@DALSEGNO_UI_SKIP= $(UV) sync --quiet --frozen --inexact --no-dev --extra server --reinstall-package dalsegno

browser:
	@test -n "$(CHROMIUM)" || { test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get update -qq \
		&& apt-get install -y -qq --no-install-recommends chromium >/dev/null; } \
		|| echo "NOT TESTED: the web UI in a browser. Install Chromium, or name one in CHROMIUM." >&2

test: $(UV) browser ## everything that must hold: lint, types, layers, and all tests
	@$(UV) sync --quiet --frozen --all-extras
	@$(MAKE) --no-print-directory lint types layers
	@$(RUN) python -m tests.support.node ui test
	@$(RUN) pytest -n 2 --dist worksteal $(ARGS)

check: test ## the same as test

lint: $(UV) ## style and formatting
	@$(RUN) ruff check .
	@$(RUN) ruff format --check .

types: $(UV) ## pyright, strict
	@$(RUN) pyright

layers: $(UV) ## a module imports only from the layers below it
	@$(RUN) lint-imports --no-cache

fix: $(UV) ## mend what ruff can mend
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

unit: $(UV) ## the fast tests alone
	@$(RUN) pytest tests/unit $(ARGS)

soak: $(UV) ## the long versions: more graphs, more stops
	@DALSEGNO_ORACLE_GRAPHS=20000 DALSEGNO_CRASH_RUNS=200 $(RUN) pytest -n 2 tests/oracle tests/crash --timeout 7200 $(ARGS)
	@DALSEGNO_LARGE_FILE_MIB=2048 $(RUN) pytest tests/server/test_faults.py --timeout 600 $(ARGS)

bench: $(UV) ## measure; prints a table (PEERS=1: compared with other engines)
	@$(UV) sync --quiet --frozen --all-extras --compile-bytecode
	@env -u PYTHONDONTWRITEBYTECODE $(RUN) python -m bench $(if $(PEERS),peers --install) $(ARGS)

screenshots: $(UV) browser ## take the pictures of the documentation anew (ARGS="--every FOLDER": of every page)
	@$(UV) sync --quiet --frozen --all-extras
	@$(RUN) python -m tests.support.pictures $(ARGS)

clean: ## remove what the targets made
	rm -rf .tools .venv .pytest_cache .ruff_cache .hypothesis dist ui/node_modules src/dalsegno/_ui

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed (PYTHON=... names one)"; exit 1; }
	@$(PYTHON) -m venv .tools
	@.tools/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)
