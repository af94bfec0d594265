# Every target is one call of tools/do.py, which works without make: python tools/do.py TARGET
PYTHON ?= python3

.PHONY: help setup demo test crash-matrix lint env simulator bench docs test-azure-cli lock clean
help:           ; @$(PYTHON) tools/do.py help
setup:          ; @$(PYTHON) tools/do.py setup
demo:           ; @$(PYTHON) tools/do.py demo
test:           ; @$(PYTHON) tools/do.py test
crash-matrix:   ; @$(PYTHON) tools/do.py crash-matrix
lint:           ; @$(PYTHON) tools/do.py lint
env:            ; @$(PYTHON) tools/do.py env
simulator:      ; @$(PYTHON) tools/do.py simulator
bench:          ; @$(PYTHON) tools/do.py bench
docs:           ; @$(PYTHON) tools/do.py docs
test-azure-cli: ; @$(PYTHON) tools/do.py test-azure-cli
lock:           ; @$(PYTHON) tools/do.py lock
clean:          ; @$(PYTHON) tools/do.py clean
