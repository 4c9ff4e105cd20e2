# Every command a person types. `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help setup compiled demo up test test-fast test-one test-docker system secrets audit sbom client-core faults fuzz soak soak-domain check fix bench bench-smoke requirements clean-data

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
AUDIT := .venv-audit
CLIENT := .venv-client
EXTRAS := ingest projector api importers cli standalone compiler dev client audit

help: ## List the commands
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

setup: compiled ## Install everything into .venv, tools of development too, hashes checked, and compile the domain

# What was compiled of other sources is not run, so those who edit the domain need not wait for the compiler each time.
compiled: $(VENV)/ready ## Compile the domain as it stands, if a C compiler answers (half a minute; else it is interpreted)
	@$(BIN)/python -m steppe.compiler

# What the system needs to run, and what development needs beside it: two locks, one folder.
$(VENV)/runs: LOCK := requirements/standalone.txt
$(VENV)/runs: requirements/standalone.txt pyproject.toml
$(VENV)/ready: LOCK := requirements/dev.txt
$(VENV)/ready: requirements/dev.txt pyproject.toml

$(VENV)/runs $(VENV)/ready:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Steppe needs Python 3.11 or newer; this is %d.%d. Name another one: make PYTHON=/usr/bin/python3.11 ..." % sys.version_info[:2])'
	@echo "Installing $(LOCK) into $(VENV) (a minute the first time) ..." >&2
	@test -x $(BIN)/python || "$(PYTHON)" -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

# Whoever has installed everything need not install what runs.
RUNTIME := $(if $(wildcard $(VENV)/ready),$(VENV)/ready,$(VENV)/runs)

demo: $(RUNTIME) ## Start the whole system with the real Central Asia events; ONCE=1 prints and stops
	@$(BIN)/steppe up --example central-asia $(if $(ONCE),--once)

up: $(RUNTIME) ## Start the whole system on the log in .steppe
	@$(BIN)/steppe up

# Tests mostly wait, for brokers and deadlines: four at a time fill two cores. Each process has a stack of its own.
test: setup system $(CLIENT)/ready ## Run every test, on Docker if an engine answers, else on the standalone stack; AT_ONCE=1 for one at a time
	@$(BIN)/pytest --numprocesses $(or $(AT_ONCE),4) --dist worksteal

test-fast: $(VENV)/ready $(CLIENT)/ready ## The tests one runs while thinking: domain, contracts, golden answers and settings; no broker, no database, no browser
	@STEPPE_HYPOTHESIS_PROFILE=fast $(BIN)/pytest -q --numprocesses $(or $(AT_ONCE),2) --dist worksteal \
	  tests/domain tests/contracts tests/golden tests/test_settings.py tests/test_sql.py tests/test_docs.py

test-one: $(VENV)/ready ## One test, file or folder: make test-one T=tests/services/api, T="-k pagination", ...
	@test -n "$(T)" || { echo 'Name it: make test-one T=tests/domain/fold (what pytest takes)' >&2; exit 2; }
	@$(BIN)/pytest $(T)

test-docker: setup system $(CLIENT)/ready ## Run every test on containers, and drive docker compose itself; needs an engine
	@docker info >/dev/null 2>&1 || { echo "No Docker engine answers: start one, or run make test." >&2; exit 1; }
	@$(BIN)/pytest -o addopts="-ra --strict-markers" tests/docker
	@$(BIN)/pytest --numprocesses $(or $(AT_ONCE),2) --dist worksteal

system: ## Install what tests need of the system: Debian's Chromium, Prometheus and PgBouncer
	@PATH="$$PATH:/usr/sbin"; missing=""; for need in chromium:chromium promtool:prometheus pgbouncer:pgbouncer; do \
	  command -v $${need%%:*} >/dev/null || missing="$$missing $${need##*:}"; done; \
	if [ -n "$$missing" ]; then \
	  echo "Installing$$missing with apt ..." >&2; \
	  if [ "$$(id -u)" = 0 ]; then as=""; else as="sudo -n"; fi; \
	  { $$as apt-get update -qq && DEBIAN_FRONTEND=noninteractive $$as apt-get install -y -qq --no-install-recommends $$missing; } >&2 \
	    || { echo "The tests need$$missing: install them with your package manager, then run make again." >&2; exit 1; }; \
	fi

faults: setup ## Run the fault suite at its full sizes (tests/faults/README.md)
	@STEPPE_FAULTS=full $(BIN)/pytest -s tests/faults tests/services/rebuild/test_rebuild_readers.py

fuzz: setup ## Generated requests to both services (schemathesis), and 5,000 with forged cursors, positions and headers; SEED=… repeats all of them
	@$(BIN)/python -m tests.operations.fuzz

soak: setup ## Twenty minutes of load and random faults; SECONDS=…, SEED=… to repeat one
	@$(BIN)/python -m tests.faults.soak --seconds $(or $(SECONDS),1200) $(if $(SEED),--seed $(SEED))

soak-domain: setup ## Hold the properties of the domain on five thousand long logs, and the core to the reference (takes long, prints figures)
	@for of in a_project corrected a_portfolio; do \
	  STEPPE_HYPOTHESIS_PROFILE=soak $(BIN)/pytest -q tests/domain/soak.py -k $$of & pids="$$pids $$!"; \
	done; \
	STEPPE_HYPOTHESIS_PROFILE=soak $(BIN)/pytest -q tests/domain/reference/test_core_equals_reference.py & pids="$$pids $$!"; \
	for pid in $$pids; do wait $$pid || failed=1; done; exit $${failed:-0}

check: $(VENV)/ready ## Lint, types and import contracts
	@$(BIN)/ruff check --no-cache .
	@$(BIN)/ruff format --no-cache --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

fix: $(VENV)/ready ## Repair what the linter and the formatter can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: setup ## Measure the goals beside their limits, and add them to benchmarks/history.jsonl (takes hours); ROUNDS=…, SMALL=1, or MILLION=1 for a million events
	@$(BIN)/python -m benchmarks --record --rounds $(or $(ROUNDS),3) $(if $(SMALL),--small) $(if $(MILLION),--million)

bench-smoke: setup ## A minute of it, compared with the recorded ratios: fails where a step became slower by more than a third
	@$(BIN)/python -m benchmarks.smoke --both

requirements: ## Lock the dependencies again: names, versions, hashes, no index address
	@for extra in $(EXTRAS); do \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url \
	    --no-annotate --extra $$extra $(UPGRADE) --output-file requirements/$$extra.txt pyproject.toml || exit 1; \
	done

$(AUDIT)/ready: requirements/audit.txt
	@test -x $(AUDIT)/bin/python || "$(PYTHON)" -m venv $(AUDIT)
	@$(AUDIT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

client-core: $(VENV)/ready $(CLIENT)/ready ## Make the types of clients/python again, from the API's own OpenAPI document
	@PYTHONPATH=. $(BIN)/python clients/python/generate.py

# What tests run beside the product: generators of typed clients, the client of clients/python as a wheel, statistics of others.
$(CLIENT)/ready: requirements/client.txt
	@test -x $(CLIENT)/bin/python || "$(PYTHON)" -m venv $(CLIENT)
	@$(CLIENT)/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

secrets: ## Make the secrets of docker compose, once: random passwords and the addresses that contain them
	@mkdir -p secrets && chmod 700 secrets
	@for one in database:steppe projector:projector api:api; do \
	  name=$${one%%:*}; user=$${one##*:}; \
	  [ -s secrets/$${name}_password ] || { \
	    "$(PYTHON)" -c 'import secrets; print(secrets.token_hex(24), end="")' > secrets/$${name}_password; \
	    printf 'postgresql://%s:%s@postgres:5432/steppe' $$user "$$(cat secrets/$${name}_password)" > secrets/$${name}_dsn; }; \
	done
	@[ -s secrets/grafana_password ] || "$(PYTHON)" -c 'import secrets; print(secrets.token_hex(12), end="")' > secrets/grafana_password
	@chmod 644 secrets/* && ls secrets

audit: $(AUDIT)/ready ## Compare the locked dependencies with the published advisories (asks the package index)
	@for extra in ingest projector api cli compiler; do \
	  echo "requirements/$$extra.txt" >&2; \
	  $(AUDIT)/bin/pip-audit --strict --disable-pip --require-hashes --cache-dir $(AUDIT)/advisories -r requirements/$$extra.txt || exit 1; \
	done

sbom: $(AUDIT)/ready ## Write what each image is made of as CycloneDX into build/sbom
	@mkdir -p build/sbom
	@for extra in ingest projector api cli; do \
	  $(AUDIT)/bin/cyclonedx-py requirements --output-reproducible --of JSON -o build/sbom/$$extra.json requirements/$$extra.txt || exit 1; \
	done
	@ls build/sbom

clean-data: ## Remove the log and the read models of the demo (.steppe)
	@rm -rf .steppe
