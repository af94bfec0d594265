"""``python -u -m providers.host [flags] ENGINE_ADDRESS``: serve until the engine says so, or is gone."""

from __future__ import annotations

import sys

from providers.host.lifetime import Lifetime
from providers.host.server import start_server
from providers.host.serving import serve_with_operations
from providers.host.stock import stock_servicer


def main() -> None:
    lifetime = Lifetime(engine_address=sys.argv[-1])
    _server, port = start_server(serve_with_operations(stock_servicer(), lifetime))
    # The engine reads the port from the first line of our output.
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    lifetime.wait_for_the_end()


if __name__ == "__main__":
    main()
