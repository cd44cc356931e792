"""Letters leave through services that refuse in three ways."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from shared.adapters.transport import AwsRefused, Transport
from shared.domain.errors import CannotHappen, TryAgain


def taken(
    transport: Transport, operation: str, body: dict[str, Any], refused_for_good: Set[str], ours_to_mend: Set[str]
) -> bool:
    """True when the service took it, False when it refused it for good. Raises TryAgain for what is ours to mend (the
    letter waits meanwhile), CannotHappen for any other refusal.
    """
    try:
        transport.send(operation, body)
    except AwsRefused as refused:
        if refused.code in refused_for_good:
            return False
        if refused.code in ours_to_mend:
            raise TryAgain(f"{operation}: {refused.code}") from None
        raise CannotHappen(f"{operation}: {refused.code}") from None
    return True
