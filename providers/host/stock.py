"""The stock module's servicer, without the stock module's server."""

from __future__ import annotations

import importlib
from typing import Any
from unittest import mock

from pulumi.runtime.proto import provider_pb2_grpc


def stock_servicer() -> Any:
    """The servicer of ``pulumi.dynamic``, which knows how to unpickle providers and to speak of their properties.

    The module is a script: importing it starts a server with four workers and never returns. It is stopped at the
    moment it registers its servicer, which is all that is wanted of it.
    """

    def stop(servicer: object, server: object) -> None:  # noqa: ARG001
        raise _Registered(servicer)

    with mock.patch.object(provider_pb2_grpc, "add_ResourceProviderServicer_to_server", stop):
        try:
            importlib.import_module("pulumi.dynamic.__main__")
        except _Registered as registered:
            return registered.servicer
    raise RuntimeError("pulumi.dynamic did not register a servicer; this host was written for pulumi 3.250.0")


class _Registered(BaseException):
    """Not an Exception, so that nothing on the way takes it for a failure."""

    def __init__(self, servicer: object) -> None:
        super().__init__()
        self.servicer = servicer
