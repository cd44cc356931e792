# `make help` lists what there is to call by hand.
PYTHON ?= python3
SAM ?= sam

.DEFAULT_GOAL := help

.PHONY: help
help: ## list these targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

.PHONY: build
build: ## build what is deployed, into .aws-sam/build
	SAM_CLI_TELEMETRY=0 $(SAM) build

.PHONY: lint-template
lint-template: ## check the template as SAM and CloudFormation would
	SAM_CLI_TELEMETRY=0 $(SAM) validate --lint

.PHONY: lock
lock: ## pin requirements/*.in again (needs uv)
	cd requirements && for flags in "--no-deps runtime" "-c runtime.lock dev" "checkov"; do \
	  uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	    $${flags% *} "$${flags##* }.in" -o "$${flags##* }.lock" || exit 1; done

# `sam build` calls one of these for each function, with ARTIFACTS_DIR set.
build-CaptureFunction:
	@$(PYTHON) -m local.build receive_form "$(ARTIFACTS_DIR)"
build-ShowFormFunction:
	@$(PYTHON) -m local.build show_form "$(ARTIFACTS_DIR)"
build-RelayFunction:
	@$(PYTHON) -m local.build relay "$(ARTIFACTS_DIR)"
build-SweepFunction:
	@$(PYTHON) -m local.build sweep "$(ARTIFACTS_DIR)"
build-ShowLeadFunction:
	@$(PYTHON) -m local.build show_lead "$(ARTIFACTS_DIR)"
