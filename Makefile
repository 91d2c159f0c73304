# Everything a newcomer types. `make run` and `make test` need nothing but Python 3.11 and Debian's make.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

PYTHON ?= python3.11
AIRFLOW_LINE ?= 2
UV := .venv-uv/bin/uv
VENV := $(if $(filter 3,$(AIRFLOW_LINE)),.venv-airflow3,.venv)
REQUIREMENTS := $(if $(filter 3,$(AIRFLOW_LINE)),requirements-airflow3.txt,requirements.txt)
CONSTRAINTS := $(if $(filter 3,$(AIRFLOW_LINE)),constraints-airflow3.txt,constraints.txt)

$(UV): requirements-uv.txt
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or say PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv .venv-uv
	@.venv-uv/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements-uv.txt

$(VENV)/.ready: $(UV) $(REQUIREMENTS) requirements-dev.txt $(CONSTRAINTS)
	@echo "── creating $(VENV) from $(REQUIREMENTS)"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	@$(UV) pip install --quiet --require-hashes --python $(VENV)/bin/python -r $(REQUIREMENTS) -r requirements-dev.txt -c $(CONSTRAINTS)
	@touch $@

.venv-emulator/.ready: $(UV) requirements-emulator.txt constraints-emulator.txt
	@echo "── creating .venv-emulator (the embedded warehouse)"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-emulator
	@$(UV) pip install --quiet --require-hashes --python .venv-emulator/bin/python -r requirements-emulator.txt -c constraints-emulator.txt
	@echo "── compiling GoogleSQL's analyzer for this machine"
	@PYTHONPATH=tools/emulator .venv-emulator/bin/python -c "from googlesql.engine import Engine; Engine()"
	@touch $@

.venv-linkage/.ready: $(UV) requirements-linkage.txt constraints-linkage.txt
	@echo "── creating .venv-linkage (public sets of persons, and Splink)"
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv-linkage
	@$(UV) pip install --quiet --require-hashes --python .venv-linkage/bin/python -r requirements-linkage.txt -c constraints-linkage.txt
	@touch $@

.PHONY: help setup
help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

setup: $(VENV)/.ready .venv-emulator/.ready ## create the environments

# ── what is installed: docs/supply_chain.md ────────────────────────────────────────────────────────────
.PHONY: lock sbom licences audit
# A pin stays as it is, unless it is left out of the constraints file or named by UPGRADE="name other".
LOCK = $(UV) pip compile --quiet --python-version 3.11 --generate-hashes --no-annotate --no-header \
	$(foreach name,$(UPGRADE),--upgrade-package $(name))
lock: $(UV) ## write the pins and hashes of all packages (UPGRADE="name …" takes newer ones)
	@$(LOCK) requirements.txt requirements-dev.txt -o constraints.txt
	@$(LOCK) requirements-airflow3.txt requirements-dev.txt -o constraints-airflow3.txt
	@$(LOCK) requirements-emulator.txt -o constraints-emulator.txt
	@$(LOCK) requirements-linkage.txt -o constraints-linkage.txt
	@$(LOCK) requirements.txt -c constraints.txt -o requirements-image.txt
	@$(LOCK) requirements-airflow3.txt -c constraints-airflow3.txt -o requirements-image-airflow3.txt

PACKAGES := $(VENV)/bin/python -m tools.packages
sbom: $(VENV)/.ready ## write what is installed as CycloneDX: .local/sbom.json (AIRFLOW_LINE=3)
	@$(PACKAGES) sbom --write .local/sbom.json

licences: $(VENV)/.ready ## list the licences of all packages; fails for one that Apache-2.0 does not go with
	@$(PACKAGES) licences

# With a clone of https://github.com/pypa/advisory-database it needs no network.
audit: $(VENV)/.ready ## look up known vulnerabilities of what is pinned, over the network or in ADVISORIES=<clone of PyPI's database>
	@$(if $(ADVISORIES),$(VENV)/bin/python -m tools.advisories $(ADVISORIES) $(CONSTRAINTS) constraints-emulator.txt constraints-linkage.txt,\
	$(UV) tool run --quiet pip-audit==2.9.0 --strict --disable-pip --require-hashes -r $(CONSTRAINTS))

# ── development ────────────────────────────────────────────────────────────────────────────────────────
export PYTHONPATH := $(CURDIR):$(CURDIR)/plugins
# Containers often set it: then each of Airflow's many processes compiles all that it imports.
unexport PYTHONDONTWRITEBYTECODE
# pgserver keeps a lock there.
export XDG_RUNTIME_DIR ?= $(shell mkdir -p -m 700 .local/run && echo $(CURDIR)/.local/run)
LOCAL := $(VENV)/bin/python -m tools.local
MANIFEST := include/dbt/target/manifest.json

# One manifest for both Airflow lines: they pin the same dbt.
$(MANIFEST): constraints.txt $(shell find include/dbt -not -path '*/target*' -not -path '*/logs*' -type f) | $(VENV)/.ready
	@$(VENV)/bin/dbt --quiet parse --project-dir include/dbt --profiles-dir include/dbt
	@touch $@

.PHONY: manifest ddl metrics bi run backfill ui pictures docs doctor reset bench identity bill
manifest: $(MANIFEST) ## make dbt's manifest, from which Airflow reads the models

ddl: $(MANIFEST) ## write the DDL of silver and gold from dbt's models
	@$(VENV)/bin/python -m tools.ddl

metrics: $(MANIFEST) ## write the queries of the dashboards from the metrics
	@$(VENV)/bin/python -m tools.metrics

bi: setup manifest ## write a Looker project and Tableau's data sources of gold and its metrics (OUT=folder): docs/dashboards.md
	@$(VENV)/bin/python -m tools.bi $(if $(OUT),--out $(OUT))

run: setup manifest ## build everything on this machine: sample sources → bronze → silver → gold → destinations
	@$(LOCAL) run $(ARGS)

# Says what is missing, before anything is started.
BACKFILL = $(foreach name,DAG FROM TO,$(or $($(name)),$(error make backfill needs DAG, FROM and TO: make backfill DAG=build_silver FROM=2026-11-20 TO=2026-11-22)))
backfill: ## rebuild days of a DAG on what `make run` built: DAG=build_silver FROM=2026-11-20 TO=2026-11-22 (AIRFLOW_LINE=3)
	@: $(BACKFILL)
	@$(MAKE) --no-print-directory setup manifest
	@$(LOCAL) backfill $(BACKFILL)

ui: setup manifest ## open Airflow's web UI on what `make run` built
	@$(LOCAL) ui

pictures: $(VENV)/.ready ## take the README's pictures from what `make run` wrote (needs Chromium)
	@$(VENV)/bin/python -m tools.pictures

docs: setup ## write dbt's documentation site, with the connectors' columns of which bronze is made
	@PYTHONPATH=.:plugins $(VENV)/bin/python -m include.landing.column_lineage
	@$(MAKE) --no-print-directory manifest
	@$(LOCAL) exec dbt --quiet docs generate --static --empty-catalog --project-dir include/dbt --profiles-dir include/dbt
	@echo "Open include/dbt/target/static_index.html"

doctor: setup ## compare a project with the declarations before its first run, and say what to do (docs/deployment.md)
	@$(VENV)/bin/python -m tools.doctor

reset: ## throw away the local warehouse and Airflow's memory
	rm -rf .local

bench: setup manifest ## measure correctness and speed, and write docs/benchmarks
	@$(VENV)/bin/python -m tools.bench $(ARGS)

identity: setup manifest .venv-linkage/.ready ## score who is who on eight public sets, beside Splink, and write docs/benchmarks
	@$(VENV)/bin/python -m tools.bench.identity $(ARGS)

bill: setup manifest ## estimate a month's bill at 1 TB and 10 TB from a measured run (docs/costs.md)
	@$(VENV)/bin/python -m tools.bill $(ARGS)

# ── checks and tests: docs/testing.md ──────────────────────────────────────────────────────────────────
.PHONY: lint types fmt check browser test test-warehouse test-e2e test-airflow3 histories mutate mutate-python durations timings
PYTEST := $(VENV)/bin/pytest
# Two workers, each with its own embedded warehouse.
WORKERS := --numprocesses 2 --dist loadgroup
# The lowest priority, also towards programs that have a session of their own (sched(7), autogroups).
LEFTOVER := setsid nice -n 19 sh -c '{ echo 19 >/proc/self/autogroup; } 2>/dev/null; exec "$$@"' leftover

# sqlfluff is slow: SQL=changed reads what differs from where this branch left main, and from the last commit.
SQL ?= all
SQL_FOLDERS := include/sql include/dbt/models include/dbt/tests plugins/martech
# What changes how every file is read.
SQL_RULES := ':(glob)**/.sqlfluff' include/dbt/macros tools/lint/dbt_context constraints.txt
BASE := git merge-base HEAD origin/main 2>/dev/null || git rev-parse HEAD 2>/dev/null
# A shell function, which `changed_sql <commit>` calls: SQL files that differ from a commit, and those new to git.
CHANGED_SQL := changed_sql() { \
	{ git diff --name-only --diff-filter=d "$$1" -- $(SQL_FOLDERS); \
	git ls-files --others --exclude-standard -- $(SQL_FOLDERS); } | { grep '\.sql$$' || true; }; }

lint: $(VENV)/.ready ## check the style of Python and SQL (SQL=changed: of changed SQL files only)
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(CHANGED_SQL); files="$(SQL_FOLDERS)"; \
	if [ "$(SQL)" = changed ] && base="$$($(BASE))" && [ -z "$$(git diff --name-only $$base -- $(SQL_RULES))" ]; then \
		files="$$(changed_sql $$base)"; \
	fi; \
	if [ -n "$$files" ]; then \
		$(VENV)/bin/sqlfluff lint --processes 2 --disable-progress-bar $$files; \
	else echo "No SQL file has changed"; fi

fmt: $(VENV)/.ready ## format Python, and fix what can be fixed in it and in changed SQL files
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .
	@$(CHANGED_SQL); files="$$(changed_sql "$$($(BASE))")"; \
	[ -z "$$files" ] || $(VENV)/bin/sqlfluff fix --disable-progress-bar $$files

# tools/lint/stubs says to mypy what the project takes from Airflow 2.11: there is nothing to check on Airflow 3.
types: $(VENV)/.ready ## check the types of dags, include and plugins
	@test $(AIRFLOW_LINE) = 3 || $(VENV)/bin/mypy

check: SQL := changed
check: lint types $(MANIFEST) ## lint, types, and the tests that need no warehouse: after every change
	$(PYTEST) $(WORKERS) -m "not warehouse and not e2e" $(ARGS)

# The tests of the web UI need a Chromium: CHROMIUM, one on the PATH, or Debian's.
browser:
	@test -n "$${CHROMIUM:-}" || command -v chromium google-chrome google-chrome-stable chrome >/dev/null || { \
		echo "── installing Debian's chromium"; \
		apt-get update -qq && apt-get install -qq --yes --no-install-recommends chromium >/dev/null; \
	} || { echo "The tests of the web UI need Chromium: install it, or set CHROMIUM to the path of a Chrome" >&2; exit 1; }

# Parsing, operators, shared code, and all that a scheduler runs must work on both Airflow lines.
BOTH_LINES := tests/dags tests/plugins tests/pipeline

ifdef ARGS
test: setup manifest ## every test, as CI runs it; ARGS="path -k name" runs those tests only (AIRFLOW_LINE=3: on Airflow 3)
	@echo "── $(PYTEST) $(ARGS), on Airflow $(AIRFLOW_LINE)"
	@$(PYTEST) $(ARGS)
else
# `make -n` would run a recipe that says $(MAKE).
STORIES = $(MAKE) --no-print-directory
# A story waits for much, but beside other work of its priority it takes several times as long (docs/testing.md).
test: setup manifest lint types browser
	@$(MAKE) --no-print-directory AIRFLOW_LINE=3 setup
	$(PYTEST) $(WORKERS) --ignore tests/e2e --ignore tests/dbt
	@log=.local/test-dbt.log; failed=0; mkdir -p .local; \
	echo "── tests/dbt takes what the stories leave of the processor; its output comes after theirs"; \
	$(LEFTOVER) $(PYTEST) $(WORKERS) --timeout 3600 tests/dbt >"$$log" 2>&1 & models=$$!; \
	trap 'kill -- -$$models 2>/dev/null || true' EXIT; \
	$(STORIES) test-e2e || failed=1; \
	$(STORIES) AIRFLOW_LINE=3 test-airflow3 test-e2e || failed=1; \
	wait $$models || failed=1; \
	cat "$$log"; \
	exit $$failed
endif

# Parts of `make test`, which CI runs side by side.
test-warehouse: setup manifest ## the tests that need the embedded warehouse (ARGS="--shard 1/3": a third of them)
	$(PYTEST) $(WORKERS) -m warehouse $(ARGS)

test-airflow3: setup manifest ## with AIRFLOW_LINE=3: what must work on both Airflow lines
	$(PYTEST) $(WORKERS) $(BOTH_LINES) $(ARGS)

test-e2e: setup manifest browser ## the chain through real Airflow (AIRFLOW_LINE=3; ARGS=--every-chapter)
	$(PYTEST) tests/e2e $(ARGS)

# Minutes each. `SEED=7` tries one again.
histories: setup manifest ## try random histories of changes in random orders of runs (N=10, or SEED=7): docs/testing.md
	@HISTORIES=$(if $(SEED),seed:$(SEED),$(or $(N),10)) $(PYTEST) tests/dbt/test_histories.py -q

mutate: setup manifest ## change the models' SQL and list what no unit test notices (ARGS="--models lead_scores --sample 50")
	@$(VENV)/bin/python -m tools.mutate $(ARGS)

# Minutes per module: each mutant starts pytest.
mutate-python: $(VENV)/.ready $(MANIFEST) ## change Python and list what no test notices (ARGS="--modules activation/retry.py")
	@$(VENV)/bin/python -m tools.mutate.python $(ARGS)

durations: setup manifest ## measure how long each group of tests takes, for the workers and CI's shares
	$(PYTEST) $(WORKERS) -m "not e2e" --record-durations

# Results are kept in docs/testing.md.
RUNS := 1 2 3
timings: setup manifest browser ## time `make check` and `make test`, three runs each
	@mkdir -p .local
	@for target in check test; do for run in $(RUNS); do \
		load="$$(cut -d' ' -f1-3 /proc/loadavg)"; began=$$(date +%s); result=passed; \
		$(MAKE) --no-print-directory $$target >.local/timing-$$target-$$run.log 2>&1 || result=failed; \
		row="| \`make $$target\` | $$(date -u '+%F %H:%M') | $$(($$(date +%s) - began)) | $$result | $$(nproc) | $$load |"; \
		echo "$$row"; \
		sed -i "s#^<!-- timings:#$$row\n&#" docs/testing.md; \
	done; done
