# What each target does stands in README.md.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: install demo play test lint types bench clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable '.[dev]'
	@touch $@

demo: install
	@$(BIN)/talent demo

play: install
	@$(BIN)/talent demo --keep-running

test: install
	$(BIN)/pytest

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy -p airflow_talent

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
