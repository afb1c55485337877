# Two commands to start with: `make demo` and `make test`. Both need Python 3.11 or newer
# and make, nothing else; what they install goes into $(VENV).

SHELL := /bin/sh
VENV ?= .venv
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 \
	python; do if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	>/dev/null 2>&1; then echo $$name; break; fi; done)
RUN := $(VENV)/bin/python -m
SAMPLE := samples/exam-cover-1.jpg

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_COMPILE_BYTECODE ?= 1

.PHONY: help demo demo-web test lint format wheel-check floors constraints clean

help:
	@echo "make demo         read a sample page and print its CSV"
	@echo "make demo-web     read the samples and do the whole job in the browser"
	@echo "make test         run the whole test suite (installs TensorFlow)"
	@echo "make lint         check style and types"
	@echo "make format       apply the style"
	@echo "make wheel-check  build the wheel and use it outside the checkout"
	@echo "make floors       install the oldest packages allowed and try them"
	@echo "make constraints  choose anew which versions tests are run with"
	@echo "make clean        remove $(VENV), what tools left behind, and the demo"

demo: $(VENV)/.stamp-run
	$(VENV)/bin/formreader scan $(SAMPLE)

demo-web: $(VENV)/.stamp-web
	$(VENV)/bin/formreader batch samples -o demo/runs/samples
	$(VENV)/bin/formreader serve demo

test: $(VENV)/.stamp-dev
	$(RUN) pytest --numprocesses auto --dist loadfile

lint: $(VENV)/.stamp-dev
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(RUN) mypy

format: $(VENV)/.stamp-dev
	$(RUN) ruff check --fix .
	$(RUN) ruff format .

wheel-check: $(VENV)/.stamp-dev
	$(VENV)/bin/python scripts/check_wheel.py

floors: $(VENV)/.stamp-dev
	$(VENV)/bin/python scripts/check_floors.py

# For every version of Python and every system at once.
constraints: $(VENV)/.stamp-venv
	$(RUN) pip install --quiet uv
	$(RUN) uv pip compile --quiet --upgrade --universal --python-version 3.11 \
		--extra cluster --extra export --extra postgresql --extra train \
		--group dev --strip-extras --no-annotate --custom-compile-command 'make constraints' \
		--output-file constraints.txt pyproject.toml

clean:
	rm -rf $(VENV) build dist demo .pytest_cache .mypy_cache .ruff_cache .hypothesis

DEV := --quiet --constraint constraints.txt \
	--editable '.[cluster,export,postgresql,train]' --group dev

# A stamp is younger than pyproject.toml as long as nothing has to be installed.
# uv is quicker by far; pip knows of mirrors that are set up for it alone. It reads groups
# since 25.1; what comes with Python is often older.
$(VENV)/.stamp-dev: pyproject.toml constraints.txt $(VENV)/.stamp-venv
	$(RUN) pip install --quiet --constraint constraints.txt uv
	$(RUN) uv pip install --python $(VENV) $(DEV) || { \
		$(RUN) pip install --quiet --upgrade 'pip>=25.1' && \
		$(RUN) pip install $(DEV); }
	@touch $@ $(VENV)/.stamp-web $(VENV)/.stamp-run

$(VENV)/.stamp-run: pyproject.toml $(VENV)/.stamp-venv
	$(RUN) pip install --quiet --editable .
	@touch $@

# With what writes Excel.
$(VENV)/.stamp-web: pyproject.toml $(VENV)/.stamp-venv
	$(RUN) pip install --quiet --editable '.[export]'
	@touch $@ $(VENV)/.stamp-run

$(VENV)/.stamp-venv:
	@test -n "$(PYTHON)" || { \
		echo "error: no Python 3.11 or newer found; install one, or name it:" \
			"make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@test -x $(VENV)/bin/pip || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "error: $(PYTHON) cannot make a virtual environment; on Debian and" \
			"Ubuntu install its venv package (apt install python3-venv), or name" \
			"another Python: make PYTHON=/path/to/python3.12" >&2; exit 1; }
	@touch $@
