"""The process that serves this project's dynamic providers: the stock module of the SDK, in a host that gives it room.

``Pulumi.yaml`` names this directory under ``plugins.providers`` for ``pulumi-python``, so any engine starts
``pulumi-resource-pulumi-python`` from here instead of the one that came with it. What that adds to the stock host:

- as many operations at once as the engine asks for (the stock host serves four),
- the request behind each call (see ``providers.operation``),
- a partial failure that saves where the resource stands,
- Ctrl-C that reaches operations in progress, and stops new ones from starting,
- the text of an exception as the error, without a preamble,
- an end when the engine ends, however that came about.
"""
