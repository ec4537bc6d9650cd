# What a developer types. Everything is installed into .venv, nothing elsewhere.
# Layers are stamped there, so that a second `make run` starts at once.

PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
# One source for torch's version: pyproject.toml.
TORCH := $(shell sed -n 's/^ *"\(torch==[^"]*\)",$$/\1/p' pyproject.toml)
# Where to take torch from, if not from where everything else comes (README.md).
TORCH_INDEX ?=
# Tests in this many processes, each file in one of them, torch on one thread in each.
JOBS ?= 2
# Further arguments for pytest, as in: make test ARGS='-k tokenizer'
ARGS ?=

# Exact files, checked by their hashes; their dependencies are in the lock already.
INSTALL_LOCK = $(PIP) install --quiet --no-deps --require-hashes -r
ONE_THREAD := OMP_NUM_THREADS=1 MKL_NUM_THREADS=1
PYTEST = $(ONE_THREAD) $(BIN)/python -m pytest -n $(JOBS) --dist loadfile

.PHONY: help run install train test test-system test-all check format bench lock clean

help: ## Show these lines
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | \
		while IFS='|' read -r name text; do printf '  make %-12s %s\n' "$$name" "$$text"; done

run: install ## Serve the current model on http://127.0.0.1:8000 (PORT= changes it)
	@exec $(BIN)/sentiment serve --port $(PORT)

install: $(VENV)/.run ## Make .venv and install what serving needs

train: $(VENV)/.train ## Train the default recipe and publish it into models/
	$(BIN)/sentiment-train run default

test: $(VENV)/.test ## Run every test that is not marked slow (ARGS= goes to pytest)
	$(PYTEST) $(ARGS)

test-system: ## Get the programs some tests need (nginx, chromium, ...), with apt
	scripts/install-system-packages

test-all: $(VENV)/.test ## Run the slow tests, too
	$(PYTEST) -m '' $(ARGS)

check: $(VENV)/.dev ## Look at format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

format: $(VENV)/.dev ## Put the code into its format, and the list of packages into the docs
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python scripts/rooms.py

bench: $(VENV)/.test ## Measure ratios, side by side in one run, and save them under bench/
	$(BIN)/python tests/benchmarks $(ARGS)

lock: $(VENV)/.dev ## Write requirements/*.lock anew (UPGRADE=1 takes the newest versions)
	$(BIN)/python scripts/lock.py $(if $(UPGRADE),--upgrade)

clean: ## Remove the environment and the caches; models and runs stay
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist

$(VENV)/.made:
	@echo 'making $(VENV)'
	@scripts/make-venv $(VENV) '$(PYTHON)'
	@touch $@

$(VENV)/.run: $(VENV)/.made requirements/run.lock pyproject.toml
	@echo 'installing what serving needs'
	@$(INSTALL_LOCK) requirements/run.lock
	@$(PIP) install --quiet $(if $(TORCH_INDEX),--index-url '$(TORCH_INDEX)') '$(TORCH)'
	@$(PIP) install --quiet --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.feedback: $(VENV)/.run requirements/feedback.lock
	@echo 'installing what keeps corrections'
	@$(INSTALL_LOCK) requirements/feedback.lock
	@touch $@

$(VENV)/.train: $(VENV)/.feedback requirements/train.lock
	@echo 'installing what training needs'
	@$(INSTALL_LOCK) requirements/train.lock
	@touch $@

$(VENV)/.tune: $(VENV)/.train requirements/tune.lock
	@echo 'installing what the search for recipes needs'
	@$(INSTALL_LOCK) requirements/tune.lock
	@touch $@

$(VENV)/.teacher: $(VENV)/.tune requirements/teacher.lock
	@echo 'installing what reads transformers'
	@$(INSTALL_LOCK) requirements/teacher.lock
	@touch $@

$(VENV)/.ray: $(VENV)/.teacher requirements/ray.lock
	@echo 'installing what scores on a cluster'
	@$(INSTALL_LOCK) requirements/ray.lock
	@touch $@

$(VENV)/.test: $(VENV)/.ray requirements/test.lock
	@echo 'installing what the tests need'
	@$(INSTALL_LOCK) requirements/test.lock
	@touch $@

$(VENV)/.dev: $(VENV)/.test requirements/dev.lock
	@echo 'installing what the checks need'
	@$(INSTALL_LOCK) requirements/dev.lock
	@touch $@
