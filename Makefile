# `make` alone lists the targets.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LINTER  := go tool -modfile=tools/go.mod golangci-lint
STAGES  ?= unit engines conformance browser

.PHONY: help build run demo test test-unit test-engines lint fmt cover bench geoip vendor conformance browser

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/switchboard
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$(VERSION)" -o bin/switchboard ./cmd/switchboard

run: build ## run it here: embedded engines, data in ./data
	./bin/switchboard serve

demo: build ## the same with throw-away data and a simulator that keeps posting
	./bin/switchboard demo

test: ## all tests: unit, engines, conformance, browser (STAGES="unit browser" runs a part)
	@scripts/test.sh $(STAGES)

test-unit: ## Go tests with the embedded engines, with the race detector
	@scripts/test.sh unit

test-engines: ## Go tests that need a MongoDB; starts a stand-in where none is named
	@scripts/test.sh engines

conformance: ## post the shared channel fixtures to a fresh server and compare, three ways
	@scripts/test.sh conformance

browser: ## drive a real Chromium through the dashboard
	@scripts/test.sh browser

lint: ## golangci-lint, htmx idioms that version 4 ignores, third-party notices
	$(LINTER) run ./...
	python3 scripts/htmx_check.py --no-color templates
	python3 scripts/third_party.py --check

fmt: ## format the Go code
	$(LINTER) fmt ./...

cover: ## test coverage, as text and as coverage.html
	go test -coverprofile=coverage.out -coverpkg=./... ./...
	go tool cover -html=coverage.out -o coverage.html
	go tool cover -func=coverage.out | tail -n 1

bench: ## measure against the ceilings of this machine, write bench/results.json (BENCH="--only intake --quick")
	go run ./cmd/bench $(BENCH)

geoip: ## download city-level geo data (64 MB, CC BY 4.0) into data/geoip
	@scripts/geodata.sh city

vendor: ## fetch the pinned front-end files and country data again, renew the third-party notices
	scripts/vendor.sh
	scripts/geodata.sh country
	python3 scripts/third_party.py
