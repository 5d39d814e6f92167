# Everything a developer or an operator types. `make` alone lists it.
PYTHON ?= python3
PORT ?= 5000
VENV := .venv
BIN := $(VENV)/bin
RUN_ENV := DEMO=$(or $(DEMO),1) ALLOW_BACKDATING=1 PORT=$(PORT)

.DEFAULT_GOAL := help
.PHONY: help setup run demo test proof lint format bench db migration lock translations shell check clean

help: ## list of all commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

$(VENV)/installed: requirements.txt
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing the locked requirements (about half a minute the first time) ..." >&2
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements.txt
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.txt
	@$(BIN)/pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.txt
	@touch $@

setup: $(VENV)/installed-dev ## make the virtual environment with everything for development

run: $(VENV)/installed ## serve the portal with its demo at http://127.0.0.1:5000 (PORT=…, DEMO=0 for an empty one)
	@$(RUN_ENV) $(BIN)/flask --app app db upgrade
	@$(RUN_ENV) $(BIN)/flask --app app serve

demo: $(VENV)/installed ## load the demo (does nothing where it is loaded)
	@$(RUN_ENV) $(BIN)/flask --app app db upgrade
	@$(RUN_ENV) $(BIN)/flask --app app demo

test: $(VENV)/installed-dev ## run the tests on SQLite and on a PostgreSQL that they start (TEST_SCALE=0.1)
	@$(BIN)/pytest -n auto

proof: $(VENV)/installed-dev ## the long trials at full counts; writes docs/proof/*.json
	@$(BIN)/python -m tests.proof

lint: $(VENV)/installed-dev ## style, types, floors of the house
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(VENV)/installed-dev ## put the code into its style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(VENV)/installed-dev ## benchmarks as ratios to a floor measured in the same run (FULL=1: full counts, an hour)
	@$(BIN)/python -m benchmarks $(if $(FULL),--full)

db: $(VENV)/installed ## bring the database up to date
	@$(RUN_ENV) $(BIN)/flask --app app db upgrade

migration: $(VENV)/installed-dev ## write a migration from the models: make migration m="what it does"
	@$(BIN)/flask --app app db migration "$(m)"

lock: $(VENV)/installed-dev ## write the locked requirements anew from the .in files
	@$(BIN)/uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes requirements.in -o requirements.txt
	@$(BIN)/uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes requirements-dev.in -o requirements-dev.txt

translations: $(VENV)/installed-dev ## collect the texts, update and compile the Chinese catalogue
	@$(BIN)/pybabel -q extract -F babel.cfg --ignore-dirs ".* tests" -k N_ -k _l -k lazy_gettext --no-location --sort-output -o $(VENV)/messages.pot .
	@$(BIN)/pybabel -q update -i $(VENV)/messages.pot -d translations --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date
	@$(BIN)/pybabel -q compile -d translations

shell: $(VENV)/installed ## a Python shell inside the application
	@$(RUN_ENV) $(BIN)/flask --app app shell

check: lint test ## what CI runs

clean: ## remove caches (keeps the environment and the database)
	@rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage
	@find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +
