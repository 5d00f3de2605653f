.DEFAULT_GOAL := help
.PHONY: help run stop test bench build deploy outputs lint stage tools

ARCH ?= arm64
STACK_NAME ?= integration-engine
REGION ?= $(shell echo $${AWS_REGION:-us-east-1})
PORT ?= 4566
PYTHON := .local/venv/bin/python
# End-to-end tests wait more than they compute, and the heavy ones among them wait for each other.
TEST_THREADS ?= 6
STACK := $(PYTHON) infra/local/stack.py
HOLD := $(if $(filter --detach,$(ARGS)),,--hold signal)

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: stage ## Run the engine on local AWS with a demo until Ctrl-C (ARGS=--detach, PORT=, SANDBOX_URL=)
	@$(STACK) up --port $(PORT) --sandbox-url "$(SANDBOX_URL)" --then infra/local/demo.sh $(HOLD)

stop: ## Stop what `make run ARGS=--detach` left running
	@if [ -x $(PYTHON) ]; then $(STACK) down; fi

test: stage ## Run every test, the end-to-end ones on a local AWS of their own
	@start=$$(date +%s); RUST_TEST_THREADS=$(TEST_THREADS) cargo test --workspace; code=$$?; \
	echo "The tests took $$(( ($$(date +%s) - start) / 60 )) min $$(( ($$(date +%s) - start) % 60 )) s."; exit $$code

bench: stage ## Measure what an event costs, how many go through and who waits for whom (ARGS=fairness, limits, listing or concurrency: that only)
	@target/debug/bench $(ARGS)

build: ## Build the functions for Lambda, for each architecture that this Rust can build
	@infra/build/build.sh

deploy: tools ## Deploy to the AWS account of your credentials (ARCH=x86_64, PARAMS="Name=value …")
	@infra/build/deploy.sh $(ARCH) $(PARAMS)

outputs: tools ## Describe a deployment for `engine`, as JSON (STACK_NAME=, REGION=)
	@$(PYTHON) infra/local/describe.py --stack $(STACK_NAME) --region $(REGION)

lint: tools ## Check format, lints, documentation and the template
	cargo fmt --all --check
	.local/venv/bin/cfn-lint infra/template.yaml
	AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 .local/venv/bin/sam validate --config-file samconfig.toml --template infra/template.yaml
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet

stage: tools
	cargo build --workspace
	@$(PYTHON) infra/local/stage.py

tools:
	@infra/local/install.sh
