"""Runs a stack's program inside the Pulumi runtime; language_host.py starts it anew for each preview and update.

Ends with 0 when the program and all its resources are done, with 32 when it failed and has said why, else with 1.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import os
import runpy
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pulumi
import pulumi.runtime
from pulumi.runtime import resource
from pulumi.runtime.proto import source_pb2

EXIT_CODE_ERROR_SHOWN = 32
# How many frames of the stack are taken where a resource is made, from the innermost: the runtime's own are seven.
_FRAMES = 12


def main() -> None:
    arguments = _arguments()
    pulumi.runtime.set_all_config(pulumi.runtime.get_config_env(), pulumi.runtime.get_config_secret_keys_env())
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            monitor=arguments.monitor,
            engine=arguments.engine,
            project=arguments.project,
            root_directory=arguments.root_directory,
            stack=arguments.stack,
            organization=arguments.organization,
            parallel=arguments.parallel,
            dry_run=arguments.dry_run,
        )
    )
    os.chdir(arguments.pwd)
    # What a program imports stays until its end: looking through it again and again would be a fifth of the work.
    gc.set_threshold(50_000)
    _shorten_stack_traces()
    sys.argv = [arguments.program, *arguments.rest]
    # Resources that were still waiting when the program failed are no error of their own.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    sys.exit(_run(arguments.program, arguments.parallel))


def _run(program: str, parallel: int) -> int:
    async def run_program() -> None:
        runpy.run_path(program, run_name="__main__")
        # Lets the registrations begin. The runtime awaits them one by one if there are any by now; else it looks at
        # every output of the program each time that one of them is known, which takes longer than all the rest.
        await asyncio.sleep(0)

    with ThreadPoolExecutor(max_workers=max(parallel, 1) * 4) as executor, asyncio.Runner() as runner:
        runner.get_loop().set_default_executor(executor)
        try:
            runner.run(pulumi.runtime.run_in_stack(run_program))
        except pulumi.RunError as error:
            pulumi.log.error(str(error))
        except Exception as error:  # noqa: BLE001 - whatever a user's program raises is shown to the user
            pulumi.log.error(f"Program failed with an unhandled exception:\n{_traceback_of(error, program)}")
        else:
            return 0
    return EXIT_CODE_ERROR_SHOWN


def _shorten_stack_traces() -> None:
    """The runtime tells the engine from where in the program each resource comes, and the engine keeps it.

    All frames, down to the event loop's and our own, were a third of the state of a stack, and the engine writes all of
    it anew at each step of each resource; they also name paths of the machine that was used last.
    """
    whole = resource._get_stack_trace  # noqa: SLF001 - there is no setting for it

    def shortened() -> source_pb2.StackTrace:
        sys.tracebacklimit = _FRAMES
        try:
            return whole()
        finally:
            del sys.tracebacklimit

    resource._get_stack_trace = shortened  # noqa: SLF001


def _traceback_of(error: BaseException, program: str) -> str:
    """The traceback from the first frame of the user's own program on; all of it if there is none."""
    root = Path(program).resolve()
    frames = traceback.extract_tb(error.__traceback__)
    first = next((i for i, frame in enumerate(frames) if _is_in(root, frame.filename)), 0)
    return "".join(traceback.format_exception(error, limit=first - len(frames)))


def _is_in(root: Path, filename: str) -> bool:
    is_frozen = filename.startswith("<")  # such as "<frozen runpy>", which would resolve to below any directory
    return not is_frozen and Path(filename).resolve().is_relative_to(root)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("monitor", "engine", "project", "root-directory", "stack", "organization", "pwd"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--parallel", required=True, type=int)
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("program")
    parser.add_argument("rest", nargs="*")
    return parser.parse_args()


if __name__ == "__main__":
    main()
