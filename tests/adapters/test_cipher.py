"""What encrypts the person in a message: KMS (an emulator, opened with boto3 as a consumer does) and its twin."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from shared.adapters.kms_cipher import KmsCipher
from shared.adapters.memory import MemoryCipher
from shared.adapters.transport import AwsRefused, Plain
from shared.domain.enclosure import MOST_BYTES
from shared.domain.errors import CannotHappen, TryAgain
from shared.journeys.ports import Cipher
from tests.support.clouds import Cloud

CONTEXT = {"lead_id": "3" * 32, "message_id": f"{'3' * 32}.sales_qualified.1"}
OTHER = {**CONTEXT, "lead_id": "4" * 32}
PERSON = '{"email":"ada@example.com","last_name":"Löve"}'
Decrypt = Callable[[str, Mapping[str, str]], str]


class CipherContract:
    """Inherit and give a `cipher` and a `decrypt` fixture."""

    def test_what_was_encrypted_is_opened_by_who_names_its_context(self, cipher: Cipher, decrypt: Decrypt) -> None:
        assert decrypt(cipher.encrypt(PERSON, CONTEXT), CONTEXT) == PERSON

    def test_the_longest_text_goes_through(self, cipher: Cipher, decrypt: Decrypt) -> None:
        text = "x" * MOST_BYTES

        assert decrypt(cipher.encrypt(text, CONTEXT), CONTEXT) == text

    def test_it_opens_in_no_other_persons_message(self, cipher: Cipher, decrypt: Decrypt) -> None:
        ciphertext = cipher.encrypt(PERSON, CONTEXT)

        with pytest.raises((ClientError, CannotHappen)):
            decrypt(ciphertext, OTHER)

    def test_the_same_text_looks_different_each_time_and_shows_nothing(self, cipher: Cipher) -> None:
        first, second = (cipher.encrypt(PERSON, CONTEXT) for _ in range(2))

        assert first != second
        assert not [word for word in (b"ada", b"example", b"email") if word in base64.b64decode(first, validate=True)]


class TestInMemory(CipherContract):
    @pytest.fixture
    def cipher(self) -> MemoryCipher:
        return MemoryCipher()

    @pytest.fixture
    def decrypt(self, cipher: MemoryCipher) -> Decrypt:
        return cipher.decrypt


@pytest.fixture(scope="module")
def key_id(ministack_cloud: Cloud) -> str:
    return str(ministack_cloud.client("kms").create_key()["KeyMetadata"]["Arn"])


class TestKms(CipherContract):
    @pytest.fixture
    def cipher(self, ministack_cloud: Cloud, key_id: str) -> KmsCipher:
        return KmsCipher(ministack_cloud.kms(), key_id)

    @pytest.fixture
    def decrypt(self, ministack_cloud: Cloud, key_id: str) -> Decrypt:
        kms = ministack_cloud.client("kms")

        def opened(ciphertext: str, context: Mapping[str, str]) -> str:
            blob = base64.b64decode(ciphertext)
            answer = kms.decrypt(KeyId=key_id, CiphertextBlob=blob, EncryptionContext=dict(context))
            return str(answer["Plaintext"].decode())

        return opened


@dataclass
class Refusing:
    """A transport that raises."""

    error: Exception

    def send(self, operation: str, body: Plain) -> dict[str, Any]:
        raise self.error


@pytest.mark.parametrize("code", ["DisabledException", "KMSInvalidStateException", "AccessDeniedException"])
def test_a_key_that_refuses_is_named_and_what_was_to_be_encrypted_is_not(code: str) -> None:
    with pytest.raises(CannotHappen, match=f"^kms Encrypt: {code}$"):
        KmsCipher(Refusing(AwsRefused(code)), "key").encrypt(PERSON, CONTEXT)


def test_a_key_that_is_out_of_reach_is_tried_again() -> None:
    with pytest.raises(TryAgain):
        KmsCipher(Refusing(TryAgain("kms is out of reach")), "key").encrypt(PERSON, CONTEXT)
