"""The platforms' secrets in Secrets Manager: one JSON secret for the stack, read rarely.

A secret that does not fit may mean that it was changed a moment ago, so it may be read anew, but only once in a while:
whoever sends forgeries must not make us ask Secrets Manager for each of them.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from shared.adapters.transport import AwsRefused, Transport
from shared.domain.errors import CannotHappen, RejectedInput, TryAgain
from shared.domain.platform_secrets import PlatformSecrets, read

KEPT_SECONDS, RENEWED_AT_MOST_EVERY = 300.0, 30.0


@dataclass(slots=True)
class Kept:
    """The last reading and when it was made; `renewed_at` is the last time somebody forced one."""

    secrets: PlatformSecrets | None = None
    read_at: float = 0.0
    renewed_at: float | None = None


@dataclass(frozen=True, slots=True)
class KeptSecrets:
    """Keeps the Secrets port over anything that can fetch the secret's JSON; `seconds` is a clock that never turns
    back.
    """

    fetch: Callable[[], Any]
    seconds: Callable[[], float]
    kept: Kept = field(default_factory=Kept)

    def now(self) -> PlatformSecrets:
        """The kept reading; when it is old and Secrets Manager is away, an old one is better than none."""
        kept = self.kept.secrets
        if kept is not None and self.seconds() - self.kept.read_at < KEPT_SECONDS:
            return kept
        try:
            return self._read()
        except TryAgain:
            if kept is None:
                raise
            self.kept.read_at = self.seconds() - KEPT_SECONDS + RENEWED_AT_MOST_EVERY  # nobody waits for it again soon
            return kept

    def renewed(self) -> PlatformSecrets | None:
        now, before = self.seconds(), self.kept.renewed_at
        if before is not None and now - before < RENEWED_AT_MOST_EVERY:
            return None
        self.kept.renewed_at = now
        try:
            return self._read()
        except TryAgain:
            return None

    def _read(self) -> PlatformSecrets:
        try:
            found = read(self.fetch())
        except RejectedInput as wrong:
            places = ", ".join(f"{fault.pointer or '/'} {fault.code}" for fault in wrong.faults)
            raise CannotHappen(f"the platforms' secret is not what docs/platforms.md says: {places}") from None
        self.kept.secrets, self.kept.read_at = found, self.seconds()
        return found


@dataclass(frozen=True, slots=True)
class SecretsManager:
    """Fetches the JSON of one secret."""

    transport: Transport
    secret_arn: str

    def __call__(self) -> Any:
        try:
            answer = self.transport.send("GetSecretValue", {"SecretId": self.secret_arn})
        except AwsRefused as refused:
            raise CannotHappen(f"secretsmanager GetSecretValue: {refused.code}") from None
        try:
            return json.loads(answer["SecretString"])
        except (ValueError, KeyError):
            raise CannotHappen("the platforms' secret is no JSON") from None
