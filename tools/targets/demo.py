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
    parser.add_argument("--profile", choices=["tutorial", "recorded"], default="tutorial")
    asked = parser.parse_args(arguments)
    engine = setup.for_use()
    show(engine.directory, speed=asked.speed, profile=asked.profile)
    return 0
