"""The platforms' secrets: one contract for Secrets Manager and for its twin in memory, and how rarely they are read."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from shared.adapters.memory_notify import memory_secrets
from shared.adapters.secrets import KEPT_SECONDS, RENEWED_AT_MOST_EVERY, KeptSecrets, SecretsManager
from shared.adapters.transport import AwsRefused
from shared.domain.errors import CannotHappen, TryAgain
from tests.support.clouds import NUMBERS, Cloud

META: dict[str, Any] = {"meta": {"app_secret": ["now", "before"], "verify_token": "token"}}


@dataclass
class Watch:
    """A clock that goes on only when it is told to."""

    at: float = 1000.0

    def __call__(self) -> float:
        return self.at


@dataclass
class Vault:
    """A transport to a secret that can be changed and taken away; it counts how often it was asked."""

    text: str = json.dumps(META)
    asked: int = 0
    error: Exception | None = None
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def send(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        self.asked += 1
        self.calls.append((operation, body))
        if self.error:
            raise self.error
        return {"SecretString": self.text}


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
def vault() -> Vault:
    return Vault()


@pytest.fixture
def kept(vault: Vault, watch: Watch) -> KeptSecrets:
    return KeptSecrets(SecretsManager(vault, "arn:secret"), watch)


# ------------------------------------------------------------------ what both promise


@pytest.fixture(params=["in memory", "Secrets Manager"])
def make(request: pytest.FixtureRequest) -> Callable[[Any], tuple[KeptSecrets, Callable[[Any], None]]]:
    """Secrets that hold something, and a way to change it."""

    def in_memory(members: Any) -> tuple[KeptSecrets, Callable[[Any], None]]:
        holder = [members]
        return memory_secrets(lambda: holder[0]), lambda changed: holder.__setitem__(0, changed)

    def in_aws(members: Any) -> tuple[KeptSecrets, Callable[[Any], None]]:
        client = request.getfixturevalue("moto_cloud").client("secretsmanager")
        arn = client.create_secret(Name=f"contract-{next(NUMBERS)}", SecretString=json.dumps(members))["ARN"]
        cloud: Cloud = request.getfixturevalue("moto_cloud")
        keeper = KeptSecrets(SecretsManager(cloud.secrets(), arn), Watch())
        return keeper, lambda changed: client.put_secret_value(SecretId=arn, SecretString=json.dumps(changed)) and None

    return in_memory if request.param == "in memory" else in_aws


Make = Callable[[Any], tuple[KeptSecrets, Callable[[Any], None]]]


def test_the_current_secret_comes_before_the_one_before_it(make: Make) -> None:
    secrets, _ = make(META)

    assert secrets.now().valid("meta", "app_secret") == ("now", "before")


def test_a_change_is_seen_when_it_is_asked_for(make: Make) -> None:
    secrets, change = make(META)
    secrets.now()
    change({"meta": {"app_secret": "new"}})

    renewed = secrets.renewed()

    assert renewed is not None
    assert renewed.valid("meta", "app_secret") == ("new",)
    assert secrets.now().valid("meta", "app_secret") == ("new",)


def test_nobody_can_make_us_read_twice_in_a_moment(make: Make) -> None:
    secrets, _ = make(META)
    secrets.renewed()

    assert secrets.renewed() is None


def test_another_form_is_a_broken_promise_that_names_places_only(make: Make) -> None:
    secrets, _ = make({"meta": {"app_secret": ["a real secret", 3]}})

    with pytest.raises(CannotHappen, match="/meta/app_secret not_a_secret") as broken:
        secrets.now()

    assert "real" not in str(broken.value)


# ------------------------------------------------------------------ how rarely


def test_a_reading_serves_for_some_minutes(kept: KeptSecrets, vault: Vault, watch: Watch) -> None:
    kept.now()
    watch.at += KEPT_SECONDS - 1
    kept.now()
    before = vault.asked
    watch.at += 1
    kept.now()

    assert (before, vault.asked) == (1, 2)
    assert vault.calls[0] == ("GetSecretValue", {"SecretId": "arn:secret"})


def test_an_old_reading_is_better_than_none(kept: KeptSecrets, vault: Vault, watch: Watch) -> None:
    kept.now()
    vault.error = TryAgain("secretsmanager is out of reach")
    watch.at += KEPT_SECONDS * 100

    assert kept.now().valid("meta", "verify_token") == ("token",)


def test_not_everybody_waits_for_a_secrets_manager_that_is_away(kept: KeptSecrets, vault: Vault, watch: Watch) -> None:
    kept.now()
    vault.error = TryAgain("secretsmanager is out of reach")
    watch.at += KEPT_SECONDS
    for _ in range(10):
        kept.now()
    soon = vault.asked
    watch.at += RENEWED_AT_MOST_EVERY
    kept.now()

    assert (soon, vault.asked) == (2, 3)


def test_without_any_reading_everybody_must_come_back(kept: KeptSecrets, vault: Vault) -> None:
    vault.error = TryAgain("secretsmanager is out of reach")

    with pytest.raises(TryAgain):
        kept.now()


def test_a_forced_reading_is_allowed_again_after_a_while(kept: KeptSecrets, vault: Vault, watch: Watch) -> None:
    times = []
    for _ in range(10):
        watch.at += RENEWED_AT_MOST_EVERY / 4
        times.append(kept.renewed() is not None)

    assert times == [True, False, False, False, True, False, False, False, True, False]
    assert vault.asked == 3


def test_a_forced_reading_that_fails_changes_nothing(kept: KeptSecrets, vault: Vault) -> None:
    kept.now()
    vault.error = TryAgain("secretsmanager: ThrottlingException")

    assert kept.renewed() is None
    assert kept.now().valid("meta", "verify_token") == ("token",)


@pytest.mark.parametrize("text", ["", "no json", "{"])
def test_what_is_no_json_is_a_broken_promise(kept: KeptSecrets, vault: Vault, text: str) -> None:
    vault.text = text

    with pytest.raises(CannotHappen, match="no JSON"):
        kept.now()


def test_a_secret_that_is_not_there_is_a_broken_promise(kept: KeptSecrets, vault: Vault) -> None:
    vault.error = AwsRefused("ResourceNotFoundException")

    with pytest.raises(CannotHappen, match="ResourceNotFoundException"):
        kept.now()
