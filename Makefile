# Everything starts here. `make help` lists the targets; each installs what it needs.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Where it is set, each of the many processes of a test run would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.8
WEB_DIR := services/web
PEERS_DIR := tests/benchmarks/peers
WEB ?= 1
PEERS ?= 1
SITE ?=
PYTHON ?= python3
PYTEST := $(BIN)/python -m pytest
PACKAGES := uv.lock pyproject.toml $(wildcard services/*/pyproject.toml)
CODE := services/core services/ingest services/api tests infra
SCRIPTS := $(wildcard infra/*.sh infra/*/*.sh .ci/run)

.PHONY: help
help: ## List the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- installing ------------------------------------------------------------------------------

.PHONY: prerequisites
prerequisites:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Python 3.11 or later is needed; name it with: make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null \
	  || { echo "Python's venv module is missing; on Debian: apt-get install python3-venv" >&2; exit 2; }

.PHONY: node-prerequisites
node-prerequisites:
	@command -v npm >/dev/null && node -e 'process.exit(parseInt(process.versions.node) < 20 ? 1 : 0)' \
	  || { echo "Node.js 20 or later with npm is needed: https://nodejs.org. Without the site: make demo WEB=0" >&2; exit 2; }

$(BIN)/uv: | prerequisites
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.runtime: $(PACKAGES) | $(BIN)/uv
	@$(BIN)/uv sync --quiet --locked --all-packages --no-dev --inexact
	@touch $@

$(VENV)/.development: $(PACKAGES) | $(BIN)/uv
	@$(BIN)/uv sync --quiet --locked --all-packages --inexact
	@touch $@ $(VENV)/.runtime

$(WEB_DIR)/node_modules/.installed: $(WEB_DIR)/package-lock.json | node-prerequisites
	@cd $(WEB_DIR) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: install
install: $(VENV)/.development $(WEB_DIR)/node_modules/.installed ## Install everything into .venv and node_modules

# --- running ---------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.runtime $(if $(filter 0,$(WEB)),,$(WEB_DIR)/node_modules/.installed) ## Run it all without Docker; SITE=path WEB=0
	@exec $(BIN)/python infra/demo.py $(if $(SITE),--site '$(SITE)') $(if $(filter 0,$(WEB)),--no-web)

# --- checking --------------------------------------------------------------------------------

.PHONY: lint
lint: $(VENV)/.development ## Style and types of everything
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy
	$(BIN)/shellcheck $(SCRIPTS)
	$(BIN)/yamllint -c infra/yamllint.yml docker-compose.yml infra/*.yml infra/*/*.yml
	$(BIN)/hadolint services/*/Dockerfile infra/airgap/*.Dockerfile infra/airgap/*/Dockerfile

.PHONY: check
check: lint $(WEB_DIR)/node_modules/.installed ## Lint, types, unit and contract tests
	$(BIN)/python infra/licences.py --check
	$(PYTEST) tests/unit tests/contract -q --numprocesses auto --maxprocesses 4 --dist loadfile
	cd $(WEB_DIR) && npm run typecheck && npm test

.PHONY: images
images: ## Build the images; where there is no registry, the stand-ins first
	infra/airgap/prepare.sh

.PHONY: test
test: check test-browser test-containers ## Every test that can run on this machine

.PHONY: test-browser
test-browser: $(VENV)/.development $(WEB_DIR)/node_modules/.installed ## The page in Chromium
	$(PYTEST) tests/browser -q

.PHONY: test-containers
test-containers: $(VENV)/.development images ## The compose stack
	$(PYTEST) tests/containers -q

$(PEERS_DIR)/.venv/.installed: $(PEERS_DIR)/requirements.txt | $(BIN)/uv
	@$(BIN)/uv venv --quiet --clear --python $(PYTHON) $(PEERS_DIR)/.venv
	@# Copied, not linked: NLTK refuses to read files that have hard links.
	@$(BIN)/uv pip install --quiet --link-mode copy --require-hashes --python $(PEERS_DIR)/.venv/bin/python -r $<
	@touch $@

$(PEERS_DIR)/node_modules/.installed: $(PEERS_DIR)/package-lock.json | node-prerequisites
	@cd $(PEERS_DIR) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

.PHONY: bench-peers
bench-peers: $(PEERS_DIR)/.venv/.installed $(PEERS_DIR)/node_modules/.installed ## Install what the benchmark compares with

.PHONY: bench
bench: $(VENV)/.development $(if $(filter 0,$(PEERS)),,bench-peers) ## All benchmarks, results under tests/benchmarks/results/; PEERS=0
	OPENBLAS_NUM_THREADS=1 $(BIN)/python -m tests.benchmarks $(if $(filter 0,$(PEERS)),--no-peers)
	$(BIN)/python -m tests.benchmarks.ingest
	$(BIN)/python -m tests.benchmarks.first_words

# --- supply chain ----------------------------------------------------------------------------

SBOM_DIR ?= sbom

.PHONY: sbom
sbom: $(VENV)/.development | node-prerequisites ## Bills of materials (CycloneDX) of all packages into sbom/
	@mkdir -p '$(SBOM_DIR)'
	@$(BIN)/uv export --quiet --locked --no-dev --all-packages --all-extras --format cyclonedx1.5 \
	  --output-file '$(SBOM_DIR)/python.cdx.json' >/dev/null
	@# With `--omit dev` npm leaves out react, too; so what is for development is in it, and marked.
	@cd $(WEB_DIR) && npm sbom --package-lock-only --sbom-format cyclonedx --loglevel=error \
	  > '$(abspath $(SBOM_DIR))/npm.cdx.json'
	@ls '$(SBOM_DIR)'/*.cdx.json

.PHONY: licences
licences: $(VENV)/.development $(WEB_DIR)/node_modules/.installed ## Licences of all packages
	@$(BIN)/python infra/licences.py

.PHONY: clean
clean: ## Delete what was installed, built and indexed here
	rm -rf $(PEERS_DIR)/.venv $(PEERS_DIR)/node_modules $(VENV) $(WEB_DIR)/node_modules $(WEB_DIR)/build $(WEB_DIR)/.docusaurus .footnote test-results
