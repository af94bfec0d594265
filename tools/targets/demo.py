"""``demo``: see tools/demo."""

from __future__ import annotations

import argparse

from tools.demo.show import show
from tools.targets import setup

# Fast enough for a demo, slow enough that the progress of a move can be read.
SPEED = 60.0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="do.py demo", description=__doc__)
    parser.add_argument("--speed", type=float, default=SPEED, help="simulated seconds a second")
    parser.add_argument("--vm", default="sql01", help="the VM to flip")
    asked = parser.parse_args(arguments)
    engine = setup.for_use()
    show(engine.directory, vm=asked.vm, speed=asked.speed)
    return 0
