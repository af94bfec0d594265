"""``python -m simulator``: see ``python -m simulator --help``."""

from simulator.command import main

if __name__ == "__main__":
    main(prog_name="python -m simulator")
