# Commands for users and developers. Everything is installed into .venv, nothing elsewhere.
# Each layer of packages leaves a stamp file there, so a second `make run` starts at once.

PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# The version of torch is pinned in pyproject.toml only.
TORCH := $(shell sed -n 's/^ *"\(torch==[^"]*\)",$$/\1/p' pyproject.toml)
# Package index for torch, if it differs from that of the other packages, as for its CPU
# build: TORCH_INDEX=https://... (README.md says where to find the address).
TORCH_INDEX ?=
# Number of test processes. Each test file runs in one process, each process uses one thread.
JOBS ?= 2
# More arguments for pytest, as in: make test ARGS='-k tokenizer'
ARGS ?=

# Exact files, checked by hash. The lock contains all dependencies, so pip need not resolve any.
INSTALL_LOCK = $(PIP) install --quiet --no-deps --require-hashes -r
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
# By default, xdist starts files with few tests last. Ours with few tests are the slowest: one
# process would wait for the other.
PYTEST = $(ONE_THREAD) $(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder

.PHONY: help run install install-feedback install-train install-parquet install-tune install-teacher \
	install-ray train test test-system test-all check format bench lock clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-16s %s\n' "$$name" "$$text"; done

run: install ## Install and serve the current model on http://127.0.0.1:8000 (PORT= changes the port)
	@exec $(BIN)/sentiment serve --port $(PORT)

install: $(VENV)/.run ## Create .venv and install the dependencies of serving

# Each of these also installs those above it: the lock of a layer assumes the layers before.
install-feedback: $(VENV)/.feedback ## Also install what storing corrections needs

install-train: $(VENV)/.train ## Also install what training needs

install-parquet: $(VENV)/.train ## Also install what reading Parquet needs: the same as training

install-tune: $(VENV)/.tune ## Also install what the search for a better recipe needs

install-teacher: $(VENV)/.teacher ## Also install what transformers as teachers need

install-ray: $(VENV)/.ray ## Also install what scoring on a Ray cluster needs

train: $(VENV)/.train ## Train the default recipe and publish it into models/
	$(BIN)/sentiment-train run default

test: $(VENV)/.test ## Run every test that is not marked slow (ARGS= for pytest, JOBS= processes)
	$(PYTEST) $(ARGS)

test-system: ## Install the programs that some tests need (nginx, chromium, ...) with apt
	scripts/install-system-packages

test-all: $(VENV)/.test ## Run all tests, including the slow ones
	$(PYTEST) -m '' $(ARGS)

check: $(VENV)/.dev ## Check format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev ## Format the code, and update the list of packages in the docs
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python scripts/rooms.py

bench: $(VENV)/.test ## Benchmark: measure ratios side by side in one run, save them under bench/
	$(BIN)/python tests/benchmarks $(ARGS)

lock: $(VENV)/.dev ## Rewrite requirements/*.lock (UPGRADE=1 takes the newest versions)
	$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## Remove the environment and the caches; models and runs stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

$(VENV)/.made:
	@echo 'creating $(VENV)'
	@scripts/make-venv $(VENV) '$(PYTHON)'
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.lock pyproject.toml
	@echo 'installing the dependencies of serving'
	@$(INSTALL_LOCK) requirements/run.lock
	@$(PIP) install --quiet $(if $(TORCH_INDEX),--index-url '$(TORCH_INDEX)') '$(TORCH)'
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.feedback: $(VENV)/.run requirements/feedback.lock
	@echo 'installing the dependencies of storing corrections'
	@$(INSTALL_LOCK) requirements/feedback.lock
	@touch $@

$(VENV)/.train: $(VENV)/.feedback requirements/train.lock
	@echo 'installing the dependencies of training'
	@$(INSTALL_LOCK) requirements/train.lock
	@touch $@

$(VENV)/.tune: $(VENV)/.train requirements/tune.lock
	@echo 'installing the dependencies of hyperparameter search'
	@$(INSTALL_LOCK) requirements/tune.lock
	@touch $@

$(VENV)/.teacher: $(VENV)/.tune requirements/teacher.lock
	@echo 'installing the dependencies of transformer teachers'
	@$(INSTALL_LOCK) requirements/teacher.lock
	@touch $@

$(VENV)/.ray: $(VENV)/.teacher requirements/ray.lock
	@echo 'installing the dependencies of scoring on a cluster'
	@$(INSTALL_LOCK) requirements/ray.lock
	@touch $@

$(VENV)/.test: $(VENV)/.ray requirements/test.lock
	@echo 'installing the dependencies of the tests'
	@$(INSTALL_LOCK) requirements/test.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.test requirements/dev.lock
	@echo 'installing the dependencies of the checks'
	@$(INSTALL_LOCK) requirements/dev.lock
	@touch $@
