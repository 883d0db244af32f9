# Two commands do everything on a fresh machine: `make book` and `make test`.
# Each target calls `python -m tutor`, which prepares .venv first. Without make: the same.
PYTHON ?= python3
TUTOR = @$(PYTHON) -m tutor
.DEFAULT_GOAL := help
.PHONY: help setup book test test-portable outputs bench claims data attribution doctor serve address pins lint clean

help: ## show the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 24

book: ## build the website into _build/html
	$(TUTOR) book

test: ## run all tests and compare every notebook cell with its stored output
	$(TUTOR) test

test-portable: ## run the notebooks once more as another processor would
	$(TUTOR) test-portable

outputs: ## execute chapters and store their outputs (CHAPTER=words/word2vec for one)
	$(TUTOR) outputs $(CHAPTER)

claims: ## compute the stored results again (NAME=... for one)
	$(TUTOR) claims $(NAME)

bench: ## measure speed against the field's libraries (NAME=... for one)
	$(TUTOR) bench $(NAME)

data: ## fetch the packages that only carry data
	$(TUTOR) data

attribution: ## write the page of data sets and licences from data/sources.toml
	$(TUTOR) attribution

doctor: ## say what is installed, what is missing and the remedy
	$(TUTOR) doctor

serve: ## build the website and show it on this machine
	$(TUTOR) serve

setup: ## create or complete .venv (every other command does it too)
	$(TUTOR) setup

address: ## write the public address everywhere (URL=https://... [SITE=https://...])
	$(TUTOR) address $(URL) $(SITE)

pins: ## freeze the environment into constraints.txt
	$(TUTOR) pins

lint: ## ruff and mypy over the package and its tests
	$(TUTOR) lint

clean: ## remove what was built; .venv and data stay
	$(TUTOR) clean
