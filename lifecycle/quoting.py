"""A VM's name in a line that a person copies into the stack file."""

import json
import re

_PLAIN = re.compile(r"[^\W\d][\w.() -]*")
_OF_YAML = frozenset({"true", "false", "null", "yes", "no", "on", "off"})


def in_a_list(vm: str) -> str:
    """The name as a value of a YAML flow mapping, as `{vm: sql01, ...}`: in quotes where it needs them."""
    return vm if _PLAIN.fullmatch(vm) and vm.casefold() not in _OF_YAML else json.dumps(vm, ensure_ascii=False)
