"""A symmetric KMS key encrypts short texts: the key never leaves KMS, and nothing that ships can do it by itself."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass

from shared.adapters.transport import AwsRefused, Transport
from shared.domain.errors import CannotHappen


@dataclass(frozen=True, slots=True)
class KmsCipher:
    """Keeps the Cipher port; KMS takes 4096 bytes at most."""

    transport: Transport
    key_id: str

    def encrypt(self, text: str, context: Mapping[str, str]) -> str:
        asked = {
            "KeyId": self.key_id,
            "Plaintext": base64.b64encode(text.encode()).decode("ascii"),
            "EncryptionContext": dict(context),
        }
        try:
            ciphertext: str = self.transport.send("Encrypt", asked)["CiphertextBlob"]
        except AwsRefused as refused:
            raise CannotHappen(f"kms Encrypt: {refused.code}") from None
        return ciphertext
