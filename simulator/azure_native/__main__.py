"""``python -m simulator.azure_native ENGINE``: what the executable pulumi-resource-azure-native runs."""

from __future__ import annotations

import sys

from simulator.azure_native.server import serve

if __name__ == "__main__":
    addresses = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    serve(addresses[-1] if addresses else None)
