"""``python -m tests.azure_cli [pytest arguments]``: the simulator under the Azure CLI, outside the ordinary suite."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.azure_cli.installation import provide_azure_cli

# Not named test_*.py, so that the ordinary suite does not install the Azure CLI.
_COMMANDS = Path(__file__).with_name("commands.py")

if __name__ == "__main__":
    provide_azure_cli(print)
    sys.exit(pytest.main([str(_COMMANDS), *sys.argv[1:]]))
