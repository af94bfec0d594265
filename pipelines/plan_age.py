"""Refuse a saved plan that is too old: ``python pipelines/plan_age.py up.plan.json --hours 4``.

The engine holds an `up` to the steps of its plan, but not to the numbers that were read beside them: how much data
would be lost grows with time. Ends with 0 if the plan is young enough, 1 if it is not or cannot be read. Standard
library only.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

# What two machines' clocks may differ by.
_SKEW = timedelta(minutes=5)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="plan_age.py", description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("plan", type=Path, help="written by `--save-plan`")
    parser.add_argument("--hours", type=float, required=True, help="how old it may be")
    given = parser.parse_args(arguments)
    try:
        made = made_at(given.plan)
    except (OSError, ValueError, KeyError, TypeError) as error:
        print(f"{given.plan} is not a saved plan ({error!r}). Nothing was done.", file=sys.stderr)
        return 1
    age = datetime.now(UTC) - made
    if -_SKEW <= age <= timedelta(hours=given.hours):
        print(f"{given.plan} was made at {made:%Y-%m-%d %H:%M:%S} UTC.")
        return 0
    print(
        f"{given.plan} was made at {made:%Y-%m-%d %H:%M:%S} UTC, and may be {given.hours:g} hours old at most: what it "
        "would cost has changed since. Nothing was done. Run the whole pipeline again, for a plan of now.",
        file=sys.stderr,
    )
    return 1


def made_at(plan: Path) -> datetime:
    """When the engine saved it."""
    written = json.loads(plan.read_text(encoding="utf-8"))["manifest"]["time"]
    # The engine writes nanoseconds; Python 3.11 reads no more than microseconds.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", written)).astimezone(UTC)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
