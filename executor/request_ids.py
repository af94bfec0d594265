"""The client-request-ids of our calls, by which a lost call is found again and our jobs are told from others'.

The service puts the id of the call at the start of the `activityId` of the job that the call started. An id of ours is
a GUID with a fixed first group; the rest is a digest of vault, item, step and the last finished move job before it: the
same call of the same move has the same id in every run, and the next move has another. The last group of a change of
the recovery point stands for the choice that it was made for, so that a later run knows which one has been made.
"""

import hashlib

from lifecycle.recovery_points import choice_mark
from lifecycle.steps import Step

_OURS = "d15a57e2"


def request_id(item_id: str, step: Step, last_job: str | None, choice: str | None = None) -> str:
    """The id for one call. `item_id` is the ARM id (it has the vault in it), `last_job` a job's name or None.

    `choice` is the recovery point as the stack file names it, for a change of it.
    """
    seed = "\n".join((item_id.casefold(), step.value, (last_job or "").casefold()))
    digest = hashlib.sha256(seed.encode()).hexdigest()
    last_group = digest[10:22] if choice is None else choice_mark(choice)
    return f"{_OURS}-{digest[:4]}-4{digest[4:7]}-8{digest[7:10]}-{last_group}"


def is_ours(client_request_id: str | None) -> bool:
    """Whether a call with this id was made by this project: by any run, on any machine."""
    return client_request_id is not None and client_request_id.casefold().startswith(_OURS)
