"""`python -m components.settings`: writes documentation and JSON schema of the configuration, from its models."""

import argparse
import pathlib
import sys

from components.settings.manual import configuration_manual
from components.settings.schema import stack_file_schema, written

ROOT = pathlib.Path(__file__).resolve().parents[2]


def made_files() -> dict[pathlib.Path, str]:
    """The files that are made from the models, by their place in the checkout, with what they have to say."""
    return {
        pathlib.Path("docs/configuration.md"): configuration_manual(),
        pathlib.Path("docs/schema/stack.schema.json"): written(stack_file_schema()),
    }


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m components.settings", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; end with 1 if a file is not current")
    check = parser.parse_args().check
    stale = 0
    for place, text in made_files().items():
        path = ROOT / place
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        print(f"{place}: {'not current; run python -m components.settings' if check else 'written'}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
