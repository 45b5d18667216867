# What each target does stands in README.md.
VENV := .venv
PYTHON ?= python3
BIN := $(VENV)/bin

.PHONY: install demo play test lint types bench document-benchmarks constraints clean

install: $(VENV)/.installed

$(VENV)/.installed: pyproject.toml constraints.txt
	@echo "Setting up $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable '.[dev]'
	@touch $@

demo: install
	@$(BIN)/talent demo

play: install
	@$(BIN)/talent demo --keep-running

# Three processes take neighbouring tests, so that few of them start a real Airflow, and then help
# each other out.
test: install
	$(BIN)/pytest --numprocesses 3 --dist worksteal

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy -p airflow_talent

BENCHMARKS := $(patsubst benchmarks/%.py,%,$(wildcard benchmarks/*.py))

# One after the other, so that none disturbs another; one that fails does not keep the rest.
bench: $(VENV)/.contenders
	@$(MAKE) --no-print-directory --keep-going --jobs=1 $(BENCHMARKS:%=bench-%); outcome=$$?; \
	echo "Figures and pictures are in build/benchmarks"; exit $$outcome

bench-%: $(VENV)/.contenders
	$(BIN)/python benchmarks/$*.py

# The tables and pictures of docs/benchmarks.md, from what the last runs left.
document-benchmarks: install
	$(BIN)/python benchmarks/common/document.py

$(VENV)/.contenders: $(VENV)/.installed
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --constraints constraints.txt --editable '.[dev,bench]'
	@touch $@

constraints:
	$(PYTHON) -m venv --clear build/constraints
	build/constraints/bin/python -m pip install --quiet --disable-pip-version-check uv
	build/constraints/bin/uv pip install --quiet --python build/constraints/bin/python '.[dev,bench]'
	{ echo '# Exact versions of what tests and benchmarks run with. Renew with: make constraints'; \
	  build/constraints/bin/uv pip freeze --python build/constraints/bin/python --quiet \
	  | grep -v -e '^airflow-provider-talent' -e '^uv==' ; } > constraints.txt

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache
