"""What is alike of everything that is declared in a Hyper-V site and needs a host: its hosts, associations, mappings.

Each is pending, with an empty `containerId`, until a host has registered with the site (a mapping, until its VMM server
has registered with the vault). What it is never changes: it is declared anew beside itself.
"""

from collections.abc import Mapping
from typing import Any

from pulumi.dynamic import CheckFailure, CheckResult, CreateResult, DiffResult, ReadResult, UpdateResult

from providers.left_out import left_out, refuse_left_out, say_left_alone
from providers.properties import changed_keys, plain


class SitePart:
    """Mixed into a provider before ResourceProvider. `fixed` are the inputs that say what it is, `compared` those whose
    change is a change of it, `found` the outputs that are no inputs. `awaited` is the input that is empty until what it
    needs is there, `given` are those that other resources give.
    """

    serialize_as_secret_always = False
    fixed: tuple[str, ...] = ("target", "vault", "site")
    compared: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    awaited = "containerId"
    given: tuple[str, ...] = ()

    def called(self, props: Mapping[str, Any]) -> str:
        """What it is called on its row, where what gives its `given` inputs failed."""
        raise NotImplementedError

    def cannot_change(self, key: str, props: Mapping[str, Any]) -> str:
        """Why one of `fixed` cannot be changed, and the safe way."""
        raise NotImplementedError

    def brought_about(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """The outputs, once it is in Azure as declared, or pending. Raises the errors of site_recovery."""
        raise NotImplementedError

    def identity(self, outs: Mapping[str, Any]) -> str:
        """The id of the resource, with these outputs."""
        raise NotImplementedError

    def seen(self, props: Mapping[str, Any]) -> dict[str, Any] | None:
        """The outputs as the service has them; None when it is gone. Not asked for what is pending."""
        raise NotImplementedError

    def complete(self, props: Mapping[str, Any]) -> dict[str, Any]:
        """The inputs of a step. Raises RefusedError where one of `given` is missing."""
        known: dict[str, Any] = plain(props)
        missing = left_out(known, self.given)
        if missing:
            refuse_left_out(self.called(known), missing)
        return known

    def check(self, olds: dict[str, Any], news: dict[str, Any]) -> CheckResult:
        olds, news = plain(olds), plain(news)
        missing = left_out(news, self.given)
        if missing:
            say_left_alone(self.called(news), missing, "Nothing of it is changed in Azure")
        settled = [key for key in self.fixed if key not in missing]
        moved = changed_keys(olds, news, settled) if olds.get("target") else []
        return CheckResult(news, [CheckFailure(key, self.cannot_change(key, news)) for key in moved])

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        keys = (*self.fixed, self.awaited, "dismantle", *self.compared)
        return DiffResult(changes=bool(changed_keys(plain(olds), plain(news), keys)), replaces=[])

    def create(self, props: dict[str, Any]) -> CreateResult:
        outs = self.brought_about(self.complete(props))
        return CreateResult(self.identity(outs), outs)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(self.brought_about(self.complete(news)))

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        props = plain(props)
        if not props.get(self.awaited):
            return ReadResult(id_, props)
        outs = self.seen(props)
        if outs is None:
            return ReadResult("", {})
        return ReadResult(id_, outs, {key: value for key, value in outs.items() if key not in self.found})
