"""What commands raise when they cannot work with what they were given."""

from __future__ import annotations

from shared.domain.errors import LeadgateError


class Unusable(LeadgateError):
    """A file, a table or an address that cannot be used; the text says why, in words for whoever typed the command."""
