# Everything one does here. Each command may be run again at any time; it installs what is missing,
# pinned, once per user (scripts/tools), and nothing outside the cache folder and this one.
# More words for a command go in ARGS: make run ARGS="--bind 127.0.0.1:4000"

.DEFAULT_GOAL := help
.PHONY: help run demo dev build test check e2e bench coverage screenshot fmt
ARGS ?=

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## /{printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: build ## Build, then serve the dashboard on 127.0.0.1:3000 over .swarm/swarmscope.db
	@exec target/release/swarmscope serve $(ARGS)

demo: build ## The same over .swarm/demo.db, filled with a simulated swarm
	@target/release/swarmscope --db .swarm/demo.db demo
	@exec target/release/swarmscope --db .swarm/demo.db serve $(ARGS)

dev: ## Serve a debug build and rebuild on every change
	@scripts/with-tools cargo leptos watch --split -- serve $(ARGS)

build: ## Release server and site: target/release/swarmscope, target/site
	@scripts/build

test: ## Everything: check, cargo tests, Playwright against the release build
	@scripts/test

check: ## Format, lints for server and browser, floors, licences and bans
	@scripts/check

e2e: build ## Only the Playwright tests
	@scripts/e2e $(ARGS)

bench: build ## The benchmarks; prints figures, asserts nothing about time
	@scripts/bench $(ARGS)

coverage: ## Line coverage of the server code under cargo test
	@scripts/coverage

screenshot: build ## Take docs/overview.png again, from demo data
	@scripts/screenshot

fmt: ## Format the code
	@cargo fmt
