# Spotler Connector. `make` alone prints this help.
# Everything is an ordinary go command; the Makefile only remembers the flags.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
GO          ?= go
TOOL        := $(GO) tool -modfile=tools/go.mod
VERSION     ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
FUZZTIME    ?= 5s

.DEFAULT_GOAL := help
.PHONY: help build demo test lint fuzz bench limits chaos compat soak generate verify vulns clean

help: ## print this help
	@echo 'Spotler Connector'
	@echo
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: ## build bin/spotler-connector, one static file
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/ ./cmd/spotler-connector

demo: ## both remote systems simulated, a working day in fast motion, then keep running
	$(GO) run ./cmd/spotler-connector demo $(ARGS)

test: ## vet, and all tests with the race detector and the fuzz seeds; installs the servers that they start when it may
	@tools/need-postgres
	@tools/need-rabbitmq
	$(GO) vet ./...
	$(GO) test $$(tools/race-flag) -parallel 4 -timeout 14m $(if $(RUN),-run '$(RUN)') $(or $(PKG),./...)

lint: ## golangci-lint; the first run builds it, about two minutes
	$(TOOL) golangci-lint run ./...

fuzz: ## every fuzz test for FUZZTIME (5s)
	@tools/fuzz '$(FUZZTIME)'

bench: ## speed and memory against a bare loop; QUICK=1 ends within 4 minutes, JSON=1 prints one object last
	@$(GO) run ./bench $(if $(QUICK),-quick) $(if $(JSON),-json) $(ARGS)

limits: ## the budget of Dataverse requests: one node, and two that share it; ten minutes, with ARGS=-quick one
	@$(GO) run ./bench/limits $(ARGS)

chaos: ## kill the connector and the database in the middle of a run, then compare both sides
	@$(GO) run ./bench/chaos $(ARGS)

compat: ## other people's clients (npm) against the sandbox
	$(GO) test -count=1 -v ./compat

soak: ## the long forms: parsers fuzzed for 5 minutes each, 10,000 random histories, the budget over many windows
	@tools/soak

generate: ## write internal/api/openapi from api/openapi.yaml
	@tools/generate

verify: ## generated code is up to date, modules are intact, files are formatted
	@tools/generate --check
	$(GO) mod verify
	@test -z "$$(gofmt -l *.go cmd internal bench compat 2>/dev/null | tee /dev/stderr)"

vulns: ## known vulnerabilities that our code reaches; asks the Go vulnerability database
	$(TOOL) govulncheck ./...

clean: ## remove what the other targets built
	rm -rf bin bench/out
