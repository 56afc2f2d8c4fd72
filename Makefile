# Thin on purpose: each target calls one tool or one script. `make help` lists them.

SWIFT ?= swift

# Our own warnings are errors; dependencies' are not. `make test HOTSTUFF_WARNINGS_AS_ERRORS=0` lets them pass.
HOTSTUFF_WARNINGS_AS_ERRORS ?= 1
export HOTSTUFF_WARNINGS_AS_ERRORS

.PHONY: help build test lint format demo bench simulate fuzz vectors dependencies

build: dependencies ## Build everything, for debugging.
	$(SWIFT) build

test: dependencies ## Build and run all tests. One of them: make test FILTER='name'
	@SWIFT='$(SWIFT)' sh scripts/test.sh '$(FILTER)'

lint: ## Check format, imports, names and files; changes nothing.
	@sh scripts/lint.sh

format: ## Rewrite the sources in the checked-in style.
	@sh scripts/swift-files.sh | xargs $(SWIFT) format format --in-place --parallel

demo: dependencies ## Four replica processes, a killed leader, one digest. Options: make demo ARGS=--json
	@sh scripts/demo.sh $(ARGS)

bench: dependencies ## Measure the pipeline with and without speculation. Options: make bench ARGS='--propose-ms 5 ...'
	@sh scripts/bench.sh $(ARGS)

simulate: dependencies ## Run clusters in virtual time against every fault. Options: make simulate ARGS='--seeds 0..9999'
	@sh scripts/simulate.sh $(ARGS)

fuzz: dependencies ## Fuzz what takes in bytes from outside. One target: make fuzz ARGS='engine -max_total_time=600'
	@sh scripts/fuzz.sh $(ARGS)

vectors: dependencies ## Write golden vectors and tables anew; `git diff` then shows what changed on the wire, on disk, in runs.
	HOTSTUFF_REWRITE_VECTORS=1 $(SWIFT) test --filter Vectors --filter KnownBadRuleTests

dependencies: ## Install liblmdb-dev and libsodium-dev if they are missing.
	@sh scripts/dependencies.sh

help: ## List these targets.
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  %-13s %s\n", $$1, $$2 }' Makefile
