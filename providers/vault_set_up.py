"""Setting Site Recovery up in a vault, before azure-native makes the first site or policy in it.

azure-native looks whether a site or policy exists before it makes it, and takes 404 alone for "no". A vault in which
nothing was ever made answers 400 instead, so something has to be made in it first. It is no resource, as it leaves
nothing behind, and a hook of the resources that need it runs again on a retry.
"""

from collections.abc import Mapping
from typing import Any

from providers.vault_access import service_of
from site_recovery.errors import RefusedError, SiteRecoveryError


def set_up_vault(inputs: Mapping[str, Any]) -> bool:
    """Set Site Recovery up in the vault of these inputs (`target` and `vault`); whether that was still to be done.

    Blocks until it is done: a read where there is nothing to do, else two short jobs. Raises RefusedError with what
    stood in the way, and what that means for the stack.
    """
    try:
        return service_of(inputs).estate.set_up()
    except SiteRecoveryError as error:
        raise RefusedError(
            f"Site Recovery could not be set up in vault {inputs['vault']['name']}: {error.what}",
            error.where,
            f"{error.mend} Until it is set up no site or policy can be made there; `pulumi up` goes on from here.",
        ) from error
