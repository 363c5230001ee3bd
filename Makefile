# What a developer of loaderline needs. `make` or `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

GO      ?= go
PKG     ?= ./...
EVENTS  ?= 500000
ROUNDS  ?= 5
SHAPES  ?=
FUZZ    ?= 60s
SECONDS ?= 3600
SEED    ?= 0
KAFKA   ?=
PROFILE := profiles/loaderline.pgo
# How many packages go test builds and tests at once. Many tests wait more than they compute, so it is more than the processors.
PROCESSORS   := $(shell getconf _NPROCESSORS_ONLN)
AT_ONCE      := $(shell echo $$(($(PROCESSORS) + 1)))
AT_ONCE_FAST := $(shell echo $$(($(PROCESSORS) * 3)))
# Tools that are not part of the product are pinned in their own module file.
TOOL    := $(GO) tool -modfile=.ci/tools.mod
# The version of the brokers that tests start; empty is the default of testenv.
export LOADERLINE_TEST_KAFKA_VERSION := $(KAFKA)
# One command starts real Kafka, PostgreSQL, MariaDB, Redis, FerretDB and a schema registry, runs another with their addresses, and stops them.
WITH_SERVICES := $(GO) run ./testenv/cmd/testenv run --

.PHONY: help build demo test test-race test-others test-fast lint format fuzz bars chaos chaos-short chaos-longer soak mutants bench bench-peers profile services clean

help: ## List the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  %-12s %s\n", $$1, $$2}'

build: ## Build ./bin/loaderline, guided by a profile: the first time takes a minute or two
	CGO_ENABLED=0 $(GO) build -trimpath -pgo=$(PROFILE) -ldflags "-s -w" -o bin/loaderline ./cmd/loaderline

demo: ## Run the demo: an in-process broker and database, nothing to install
	$(GO) run ./cmd/demo

test: ## Run all tests, on real Kafka (KAFKA=3.9.1 for that version), PostgreSQL, MariaDB, Redis, FerretDB and a schema registry that it starts; most with the race detector
	$(WITH_SERVICES) $(MAKE) --keep-going --no-print-directory test-race test-others

# The race detector is for packages that do several things at once. It leaves out:
# those whose tests only start programs, most of them built without it: the commands start themselves, hundreds of times;
STARTS_PROGRAMS := testenv|testenv/e2e|testenv/counterpart|internal/doctest|cmd/loaderline|cmd/demo
# those that start no goroutine and have no lock, which a test of internal/doctest checks;
SEQUENTIAL := bench/cmd/bench|bench/report|consumer|replay|sink|internal/(changerecord|command/plan|format|format/(jsonschema|schemaid)|instance|jsoncorpus|kafkaerr|logattr|lookupkey|offsetexpr|outputschema|pipelinefile|plural|recordtime|replaystate|safeerr|secret|strictyaml|testfile|yamljson)
# and SQLite, which is C made to Go: with it a query takes ten times as long.
RACE := -race -gcflags=modernc.org/sqlite/lib=-race=false -gcflags=modernc.org/libc=-race=false
NO_RACE := /loaderline/($(STARTS_PROGRAMS)|$(SEQUENTIAL))$$
# One schedule of the model of the cache takes ten times as long with the race detector. It plays most of them without it.
MODEL := TestLoadersAndCachesKeepTheRules
test-race:
	@set -e; all=$$($(GO) list $(PKG)); some=$$(grep -vE '$(NO_RACE)' <<<"$$all" || true); \
		[ -z "$$some" ] || $(GO) test $(RACE) -p $(AT_ONCE) -timeout 9m $$some

test-others:
	@set -e; all=$$($(GO) list $(PKG)); some=$$(grep -E '$(NO_RACE)' <<<"$$all" || true); \
		[ -z "$$some" ] || $(GO) test -p $(AT_ONCE) -timeout 9m $$some; \
		! grep -q '/stages$$' <<<"$$all" || $(GO) test -run '^$(MODEL)$$' ./stages

# As the program is built: without cgo, which also links faster.
test-fast: ## Run the tests that need no service
	CGO_ENABLED=0 $(GO) test -short -p $(AT_ONCE_FAST) $(PKG)

lint: ## Run golangci-lint (its first build takes about two minutes)
	$(TOOL) golangci-lint run

format: ## Format the code as the linter wants it
	$(TOOL) golangci-lint fmt

fuzz: ## Run each fuzz target for FUZZ (60s)
	@set -e; for pkg in $$($(GO) list ./...); do \
		for f in $$($(GO) test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZ) $$pkg; \
		done; done

bars: ## Check the exactly-once guarantees with EVENTS (500000) events, through kills and rebalances
	LOADERLINE_EVENTS=$(EVENTS) $(WITH_SERVICES) $(GO) test -count=1 -v -timeout 60m ./testenv/e2e

chaos: ## Run random faults for SECONDS (3600); SEED repeats the schedules of an earlier run
	$(GO) run ./testenv/cmd/chaos --seconds $(SECONDS) --seed $(SEED)

chaos-short: ## Run each scenario of the fault suite once, in about five minutes
	$(GO) run ./testenv/cmd/chaos --short --seed $(SEED)

chaos-longer: ## Run each scenario that takes longer once: three brokers, older ones, faults that last
	$(GO) run ./testenv/cmd/chaos --longer --seed $(SEED)

soak: SECONDS = 1800
soak: ## Watch memory for SECONDS (1800) under 10,000 events a second and faults; its checker takes up to 8 GiB
	$(GO) run ./testenv/cmd/chaos --soak --seconds $(SECONDS) --seed $(SEED)

mutants: ## Check that the fault suite finds defects: it builds some and turns red at each
	$(GO) test -tags chaos -count=1 -timeout 15m ./testenv/chaos
	$(GO) test -tags chaos -count=1 -run TestTheModelFindsWrongVersions ./stages

bench: ## Compare with hand-written programs, see docs/benchmark.md: ROUNDS (5), EVENTS (500000), SHAPES (all)
	$(GO) run ./bench/cmd/bench --events $(EVENTS) --rounds $(ROUNDS) --shapes '$(SHAPES)'

bench-peers: EVENTS = 1000000
bench-peers: ROUNDS = 3
bench-peers: SHAPES = peers,malformed,kill
bench-peers: ## Compare with Flink and Kafka Streams, at work and under faults (needs Java and Maven): ROUNDS (3), EVENTS (1000000), SHAPES (peers,malformed,kill)
	$(GO) run ./bench/cmd/bench --events $(EVENTS) --rounds $(ROUNDS) --shapes '$(SHAPES)'

profile: EVENTS = 2000000
profile: ## Record the profile that builds are guided by, see docs/adr/0018: a few minutes on an idle machine
	$(GO) run ./bench/cmd/bench --profile $(PROFILE) --events $(EVENTS)

services: ## Start the services and keep them until Ctrl-C
	$(GO) run ./testenv/cmd/testenv up --seed

clean: ## Remove what was built
	rm -rf bin
