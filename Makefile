# Carto: what a person or CI runs. `make help` lists it.
#
# Everything is built from Go modules; nothing but Go, make and git is needed. Tools are
# pinned in hack/tools, one module each, so that they never meet the product's go.mod.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VERSION ?= $(shell hack/version)
COMMIT = $(shell hack/version commit)
BIN := $(CURDIR)/bin
GO_BUILD := CGO_ENABLED=0 go build -trimpath
VERSION_OF_PLUGIN := github.com/carto-run/carto/pkg/cli/version
PLUGIN_LDFLAGS = -s -w -X $(VERSION_OF_PLUGIN).version=$(VERSION) -X $(VERSION_OF_PLUGIN).commit=$(COMMIT)
PLUGIN_FLAGS = -ldflags "$(PLUGIN_LDFLAGS)"
AGENT_FLAGS = -ldflags "-s -w -X main.version=$(VERSION)"

# Kubernetes of the control plane that tests, demo and benchmarks run against. Without
# these flags its binaries would say that they are v0.0.0.
KUBERNETES := v1.36.3
VERSION_PACKAGE := k8s.io/component-base/version
CONTROLPLANE_FLAGS := -ldflags "-s -w -X $(VERSION_PACKAGE).gitVersion=$(KUBERNETES) -X $(VERSION_PACKAGE).gitMajor=1 -X $(VERSION_PACKAGE).gitMinor=36"

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: build
build: ## build bin/kubectl-carto and bin/agent
	$(GO_BUILD) $(PLUGIN_FLAGS) -o $(BIN)/kubectl-carto ./cmd/kubectl-carto
	$(GO_BUILD) $(AGENT_FLAGS) -o $(BIN)/agent ./cmd/agent

.PHONY: plugin
plugin:
	$(GO_BUILD) $(PLUGIN_FLAGS) -o $(BIN)/kubectl-carto ./cmd/kubectl-carto

.PHONY: test
test: check unit monitoring e2e krew-test known-vulnerabilities ## run everything that CI runs

.PHONY: check
check: tidy fmt-check vet verify lint licenses ## static checks

.PHONY: unit
unit: ## unit tests, with the race detector
	go test -race -timeout 15m $$(go list ./... | grep -v /test/e2e | grep -v /test/harness | grep -v /krew/e2e)
	go test -run TestHostile ./pkg/ytt # memory and time mean nothing with the race detector

.PHONY: monitoring
monitoring: ## test the alert rules and the dashboard with Prometheus' own parser and engine
	go test -C test/monitoring -count=1 ./... # its cache does not know files of another module

.PHONY: e2e
e2e: build bin/controlplane bin/kwok ## end-to-end tests against a real API server
	go test -timeout 25m ./test/harness/... ./test/e2e/...

.PHONY: faults
faults: build bin/controlplane ## faults at length, for each way to run: the agent killed 50 times in a burst of 150 owners; FAULT_KILLS, FAULT_OWNERS, FAULT_SEED
	FAULT_ALL=1 FAULT_KILLS=$(or $(FAULT_KILLS),50) FAULT_OWNERS=$(or $(FAULT_OWNERS),150) go test -count=1 -timeout 90m -v -run 'TestOutages$$|TestThroughFaults$$' ./test/e2e/agent

.PHONY: soak
soak: build bin/controlplane ## churn for an hour and fail when anything in the agent grows; SOAK_TIME=20m for less, SOAK_FLAGS=--shards for an agent with that
	SOAK_TIME=$(or $(SOAK_TIME),1h) go test -count=1 -timeout 0 -v -run 'TestSoak$$' ./test/e2e/agent

.PHONY: e2e-flux
e2e-flux: build bin/controlplane bin/kwok bin/source-controller ## the example web with the real source-controller of Flux, compiled in some minutes the first time
	go test -count=1 -v -timeout 10m ./test/e2e/flux

.PHONY: e2e-node
e2e-node: ## the shipped image and manifests on a real node; needs root, and is skipped where it cannot run
	CARTO_E2E_NODE=1 go test -v -count=1 -timeout 25m ./test/e2e/node

.PHONY: demo
demo: build bin/controlplane bin/kwok ## show the main job from nothing, and clean up
	go run ./test/demo

.PHONY: demo-tui
demo-tui: build bin/controlplane bin/kwok ## open the full-screen view on a shop in which something goes on
	@go run ./test/demo/tui

.PHONY: captures
captures: build bin/controlplane bin/kwok ## make the pictures in docs/tui.md anew, from the running program
	go run ./test/demo/captures

.PHONY: sandbox
sandbox: build bin/controlplane bin/kwok ## control plane with CRDs and agent; writes .sandbox/kubeconfig, stays until interrupted
	go run ./test/sandbox

.PHONY: actors
actors: ## play Flux, kpack, Tekton and kapp-controller in the sandbox; stays until interrupted
	go run ./test/sandbox/actors

.PHONY: controlplane
controlplane: bin/controlplane ## control plane alone; writes .sandbox/kubeconfig, stays until interrupted
	mkdir -p .sandbox
	bin/controlplane --kubeconfig .sandbox/kubeconfig

.PHONY: fuzz
fuzz: ## run every fuzz target for a while; FUZZ_TIME=5m for longer, FUZZ_KEEP=1 to keep inputs
	hack/fuzz $(FUZZ_TIME)

.PHONY: bench
bench: build bin/controlplane ## run the benchmarks; BENCH_ARGS are passed on
	go run ./test/bench $(BENCH_ARGS)

.PHONY: generate
generate: bin/controller-gen ## regenerate what is generated
	hack/generate

.PHONY: verify
verify: bin/controller-gen ## fail when what is generated is stale
	hack/verify-generated

.PHONY: tidy
tidy: ## fail when go.mod is not tidy
	go mod tidy -diff

.PHONY: fmt
fmt: ## format the code
	gofmt -w $$(git ls-files '*.go')

.PHONY: fmt-check
fmt-check:
	@files=$$(gofmt -l $$(git ls-files '*.go')); if [ -n "$$files" ]; then echo "not formatted, run make fmt: $$files"; exit 1; fi

.PHONY: vet
vet:
	go vet ./...

.PHONY: lint
lint: bin/golangci-lint ## run the linters
	bin/golangci-lint run ./...

.PHONY: licenses
licenses: bin/licenses ## fail when a module that is compiled in has a license that is not allowed
	bin/licenses ./cmd/agent ./cmd/kubectl-carto

.PHONY: vulncheck
vulncheck: ## look for known vulnerabilities in the programs; needs the network
	hack/vulncheck

# Part of make test: where its database can not be reached, the reason is told and that is all.
.PHONY: known-vulnerabilities
known-vulnerabilities:
	hack/vulncheck --where-reachable

.PHONY: dist
dist: bin/goreleaser ## archives of the plugin for all platforms, checksums and krew manifest, in dist/
	VERSION=$(VERSION) PLUGIN_LDFLAGS="$(PLUGIN_LDFLAGS)" krew/dist

.PHONY: krew-test
krew-test: bin/goreleaser bin/krew bin/validate-krew-manifest ## make a release twice, check it, install it by krew
	go run ./krew check -index plugins
	go test -timeout 15m ./krew/e2e

.PHONY: dist-check
dist-check: bin/goreleaser bin/krew bin/validate-krew-manifest ## the same with the plugin compiled for all platforms, from nothing
	go test -v -timeout 60m ./krew/e2e -full

# What runs in the image, compiled for the architecture of the nodes.
IMAGE ?= ghcr.io/carto-run/carto-agent:$(VERSION)
IMAGE_ARCH ?= $(shell go env GOARCH)
DIST ?= dist

.PHONY: image
image: ## the agent's image as an archive in dist/, without a container engine; IMAGE_ARCH=arm64 for other nodes
	mkdir -p $(DIST)/image
	GOOS=linux GOARCH=$(IMAGE_ARCH) $(GO_BUILD) $(AGENT_FLAGS) -o $(DIST)/image/agent_$(IMAGE_ARCH) ./cmd/agent
	go run ./hack/image -program $(DIST)/image/agent_$(IMAGE_ARCH) -arch $(IMAGE_ARCH) -tag $(IMAGE) -version $(VERSION) -commit "$(COMMIT)" -o $(DIST)/carto-agent_linux_$(IMAGE_ARCH).tar

.PHONY: clean
clean: ## remove what was built
	rm -rf $(BIN) dist .sandbox

# Real files, so that make builds them only when their sources changed.
bin/controlplane: $(wildcard test/controlplane/*)
	CGO_ENABLED=0 go build -C test/controlplane -trimpath $(CONTROLPLANE_FLAGS) -o $(CURDIR)/$@ .

# Not a part of bin/controlplane, which each test needs.
bin/kubelet: test/controlplane/go.mod
	CGO_ENABLED=0 go build -C test/controlplane -trimpath $(CONTROLPLANE_FLAGS) -o $(CURDIR)/$@ k8s.io/kubernetes/cmd/kubelet

bin/kwok: hack/tools/kwok/go.mod
	CGO_ENABLED=0 go build -C hack/tools/kwok -o $(CURDIR)/$@ sigs.k8s.io/kwok/cmd/kwok

bin/source-controller: hack/tools/source-controller/go.mod
	CGO_ENABLED=0 go build -C hack/tools/source-controller -ldflags "-s -w" -o $(CURDIR)/$@ github.com/fluxcd/source-controller

bin/controller-gen: hack/tools/controller-gen/go.mod
	go build -C hack/tools/controller-gen -o $(CURDIR)/$@ sigs.k8s.io/controller-tools/cmd/controller-gen

bin/golangci-lint: hack/tools/golangci-lint/go.mod
	go build -C hack/tools/golangci-lint -o $(CURDIR)/$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint

bin/goreleaser: hack/tools/goreleaser/go.mod
	CGO_ENABLED=0 go build -C hack/tools/goreleaser -trimpath -ldflags "-s -w" -o $(CURDIR)/$@ github.com/goreleaser/goreleaser/v2

bin/krew: hack/tools/krew/go.mod
	go build -C hack/tools/krew -o $(CURDIR)/$@ sigs.k8s.io/krew/cmd/krew

bin/validate-krew-manifest: hack/tools/krew/go.mod
	go build -C hack/tools/krew -o $(CURDIR)/$@ sigs.k8s.io/krew/cmd/validate-krew-manifest

bin/licenses: $(wildcard hack/tools/licenses/*)
	CGO_ENABLED=0 go build -C hack/tools/licenses -o $(CURDIR)/$@ .

bin/govulncheck: hack/tools/govulncheck/go.mod
	CGO_ENABLED=0 go build -C hack/tools/govulncheck -o $(CURDIR)/$@ golang.org/x/vuln/cmd/govulncheck
