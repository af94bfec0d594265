"""What is missing where the stock host of the SDK serves our providers, said once a process.

Everything ends the same there: intent, plan and executor know nothing of their host.
"""

import threading

from providers.operation import Operation, Severity

_MISSING = (
    "moves are made in the stock provider host, since Pulumi.yaml does not name ours (plugins.providers, "
    "pulumi-python: providers/host). It serves four VMs at once, shows no live progress, does not stop between steps "
    "on Ctrl-C (the service goes on; run `pulumi up --strict` again), and saves nothing of a move that waits or stops: "
    "`pulumi up` goes on from what the service shows"
)
_lock = threading.Lock()
_said: set[str] = set()


def say_what_is_missing(operation: Operation) -> None:
    """A warning under the stock host, at the first move of a process; nothing under ours."""
    if operation.under_our_host:
        return
    with _lock:
        if _said:
            return
        _said.add(_MISSING)
    operation.say(Severity.WARNING, _MISSING)
