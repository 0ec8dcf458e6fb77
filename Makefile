# The menu. `make` alone shows it.

PYTHON ?= python3
PYTEST_ARGS ?=
# A file's tests stay together: most share an instance or a deployed stack. The long files come first.
PARALLEL ?= -n 4 --dist loadfile --no-loadscope-reorder
# A drill is a story of one process, which mostly waits; three of them beside each other.
DRILLS ?= -n 3 --dist loadfile --no-loadscope-reorder

# A Python named by the user is the one that is used; python3 may be passed over for a newer one.
ifneq ($(origin PYTHON),file)
THIS_PYTHON = --this-python
endif
SETUP = $(PYTHON) -I ops/setup/__main__.py $(THIS_PYTHON)

# What tests start finds the project's commands, and Terraform where set-up had to bring it in.
# Tests start many Pythons, so their bytecode is kept where a machine's setting says otherwise, too.
IN_VENV = PYTHONDONTWRITEBYTECODE= PATH="$(CURDIR)/.venv/bin:$$PATH" .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup up down test test-fast least-privilege drill bench lint policy lock clean

help:
	@echo "make setup      .venv, Node and function packages, Terraform; does nothing where all is there"
	@echo "make up         a fresh checkout to an applied, answering dev environment on the local AWS"
	@echo "make down       stop what 'make up' started; the state is kept"
	@echo "make test       all tests: unit, functions, synth, plan, local (PYTEST_ARGS='-k name' selects);"
	@echo "                brings Chromium by apt-get where there is none"
	@echo "make test-fast  unit, function and synth tests only"
	@echo "make least-privilege"
	@echo "                takes away each statement of each function's role, and sees what fails"
	@echo "make drill      day two on the local AWS: loses data and gets it back, kills and breaks things, drift,"
	@echo "                destroy, API keys, migration; half an hour and more"
	@echo "make bench      measure synth, plan and start times, and the review of 2,000 resources (gates, cost, comment,"
	@echo "                summary, page), each with its goal"
	@echo "make lint       ruff and mypy"
	@echo "make policy     checkov, zizmor and rules of our own over all stacks and workflows, and the scanners' tests;"
	@echo "                installs them first"
	@echo "make lock       resolve the lock files anew: Python's, the scanners', npm's"
	@echo "make clean      remove what can be made again; .env files and the local AWS's state stay"
	@echo
	@echo "After setup, '. .venv/bin/activate' puts 'ops' and 'cdktf' on PATH (else: .venv/bin/ops ...)."
	@echo "Another Python for .venv: make setup PYTHON=/path/to/python3"

# Tests look at pages in a real browser.
test test-fast: SETUP_FOR = browser
policy: SETUP_FOR = scanners

setup:
	@$(SETUP) $(SETUP_FOR) || { code=$$?; \
	  if [ $$code = 126 ] || [ $$code = 127 ]; then \
	    echo "setup: '$(PYTHON)' does not run; Python 3.11 or newer is needed (PYTHON=/path/to/python3 names one)" >&2; \
	    code=11; \
	  fi; exit $$code; }

up: setup
	@.venv/bin/ops up

down:
	@if [ -x .venv/bin/ops ]; then exec .venv/bin/ops down; else echo "Nothing is set up here."; fi

test: setup
	@$(IN_VENV) -m pytest $(PARALLEL) $(PYTEST_ARGS)

test-fast: setup
	@$(IN_VENV) -m pytest $(PARALLEL) tests/unit tests/functions tests/synth $(PYTEST_ARGS)

least-privilege: setup
	@$(IN_VENV) -m pytest tests/least_privilege $(PYTEST_ARGS)

drill: setup
	@$(IN_VENV) -m pytest $(DRILLS) tests/drills $(PYTEST_ARGS)

bench: setup
	@$(IN_VENV) -m bench

lint: setup
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/python -m mypy

policy: setup
	@.venv/bin/ops policy
	@$(IN_VENV) -m pytest tests/policy $(PYTEST_ARGS)

lock: setup
	@$(SETUP) lock

clean:
	rm -rf .venv policy/.venv .tools node_modules cdktf.out .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
