# `make help` lists what there is to call by hand. Everything works on a fresh machine with Python >= 3.11 and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAM ?= $(if $(wildcard $(BIN)/sam),$(BIN)/sam,sam)
export SAM_CLI_TELEMETRY := 0
PORT ?= 8080

# $(call install,ENVIRONMENT,LOCK): uv does it in seconds; where it cannot reach its registry, pip does it in minutes.
PIP = $(1)/bin/python -m pip install -qq --disable-pip-version-check --no-deps --require-hashes
define install
{ $(PIP) -r requirements/installer.lock && \
  UV_PYTHON_DOWNLOADS=never $(1)/bin/uv pip install --quiet --python $(1)/bin/python --no-deps --require-hashes \
    -r requirements/$(2).lock; } || $(PIP) -r requirements/$(2).lock
endef

.DEFAULT_GOAL := help

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

.PHONY: setup
setup: $(VENV)/.ready ## make .venv with everything that is pinned in requirements/dev.lock

$(VENV)/.ready: requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Leadgate needs Python 3.11 or newer; call make with PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV) (once, a minute or so) ..."
	@$(PYTHON) -m venv $(VENV)
	@$(call install,$(VENV),dev)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

.PHONY: serve
serve: setup ## the whole of Leadgate on this machine: page, gateway, embedded AWS, live view (PORT=8080)
	@$(BIN)/leadgate serve --port $(PORT)

.PHONY: demo
demo: setup ## send the sample submissions and tell their story
	@$(BIN)/leadgate demo

.PHONY: test
test: setup ## all tests, on two cores, and 100 % branch coverage of domain, sources and journeys
	$(BIN)/python -m pytest -q -n 2 \
	  --cov=shared/domain --cov=shared/sources --cov=shared/journeys --cov-branch --cov-report=term --cov-fail-under=100

.PHONY: fast
fast: setup ## the decisions alone, few examples of each property: no AWS, some ten seconds
	HYPOTHESIS_PROFILE=fast $(BIN)/python -m pytest -q tests/domain tests/journeys/test_capture.py tests/journeys/test_deliver.py

.PHONY: soak
soak: setup ## the properties with two thousand examples each (an hour or more)
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -q -n 2 tests/domain tests/sources tests/journeys tests/ledger tests/consumer

.PHONY: check
check: setup ## style, types, agreement, template
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m local.agreement --check
	$(BIN)/python -m local.contract --check
	$(BIN)/cfn-lint template.yaml
	AWS_DEFAULT_REGION=us-east-1 $(SAM) validate --lint

.PHONY: checkov
checkov: .build/checkov/.ready ## scan the template for weak settings (its own environment)
	.build/checkov/bin/checkov --config-file .checkov.yaml

.build/checkov/.ready: requirements/checkov.lock
	@$(PYTHON) -m venv .build/checkov
	@$(call install,.build/checkov,checkov)
	@touch $@

.PHONY: mutants
mutants: .build/mutants/.ready ## mutation score of the consent decision, at least 95 % (long; JOBS=1 for one core)
	@rm -rf .build/mutants/tree && mkdir .build/mutants/tree
	@cp -R pyproject.toml agreement docs shared tests .build/mutants/tree
	cd .build/mutants/tree && ../bin/mutmut run $(if $(JOBS),--max-children $(JOBS))
	@cd .build/mutants/tree && ../bin/mutmut results --all true >../results.txt
	@$(PYTHON) -m local.mutants <.build/mutants/results.txt

.build/mutants/.ready: requirements/mutants.lock
	@$(PYTHON) -m venv .build/mutants
	@$(call install,.build/mutants,mutants)
	@touch $@

.PHONY: agreement
agreement: setup ## check and compile the agreement's files
	$(BIN)/python -m local.agreement

.PHONY: contract
contract: setup ## write docs/schemas and docs/asyncapi.yaml from the messages' types
	$(BIN)/python -m local.contract

.PHONY: requirements
requirements: setup ## write docs/requirements.md: which test shows which requirement
	$(BIN)/python -m local.requirements

.PHONY: build
build: ## build what is deployed, into .aws-sam/build
	$(SAM) build

.PHONY: standin-image
standin-image: setup ## make a container image for sam local from this machine's own Python (leadgate-standin)
	@$(BIN)/python -m local.standin_image

.PHONY: sam-local
sam-local: setup ## run every function once by sam local invoke on a stand-in image
	@$(BIN)/python -m pytest -q -s tests/system/test_sam_local_invoke.py

.PHONY: bench
bench: ## measure a submission against the usual ways, and the relay (five minutes)
	@$(PYTHON) -m bench

.PHONY: bench-definition
bench-definition: .build/rules/.ready ## what judging a lead costs, beside an interpreter and beside arrays (a minute)
	@.build/rules/bin/python -m bench.definition

.build/rules/.ready: requirements/rules.lock
	@$(PYTHON) -m venv .build/rules
	@$(call install,.build/rules,rules)
	@touch $@

.PHONY: lock
lock: setup ## pin requirements/*.in again
	cd requirements && for flags in "--no-deps runtime" "-c runtime.lock dev" "checkov" "mutants" "rules" "installer"; do \
	  ../$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    $${flags% *} "$${flags##* }.in" -o "$${flags##* }.lock" || exit 1; done

# `sam build` calls one of these for each function, with ARTIFACTS_DIR set.
build-CaptureFunction:
	@$(PYTHON) -m local.build receive_form "$(ARTIFACTS_DIR)"
build-ReceiveWebhookFunction:
	@$(PYTHON) -m local.build receive_webhook "$(ARTIFACTS_DIR)"
build-ReceiveGoogleFunction:
	@$(PYTHON) -m local.build receive_google "$(ARTIFACTS_DIR)"
build-ReceivePartnerFormFunction:
	@$(PYTHON) -m local.build receive_partner_form "$(ARTIFACTS_DIR)"
build-ShowFormFunction:
	@$(PYTHON) -m local.build show_form "$(ARTIFACTS_DIR)"
build-CountFunction:
	@$(PYTHON) -m local.build count "$(ARTIFACTS_DIR)"
build-RelayFunction:
	@$(PYTHON) -m local.build relay "$(ARTIFACTS_DIR)"
build-SweepFunction:
	@$(PYTHON) -m local.build sweep "$(ARTIFACTS_DIR)"
build-SealFunction:
	@$(PYTHON) -m local.build seal "$(ARTIFACTS_DIR)"
build-ShowLeadFunction:
	@$(PYTHON) -m local.build show_lead "$(ARTIFACTS_DIR)"
build-PermissionPagesFunction:
	@$(PYTHON) -m local.build permission_pages "$(ARTIFACTS_DIR)"
build-EraseFunction:
	@$(PYTHON) -m local.build erase "$(ARTIFACTS_DIR)"
build-ReceiveEventsFunction:
	@$(PYTHON) -m local.build receive_events "$(ARTIFACTS_DIR)"
build-ReceiveAnswersFunction:
	@$(PYTHON) -m local.build receive_answers "$(ARTIFACTS_DIR)"
build-FetchAdLeadsFunction:
	@$(PYTHON) -m local.build fetch_ad_leads "$(ARTIFACTS_DIR)"
