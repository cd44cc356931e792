"""A signer with a key of one's own, for one machine and for tests; in AWS the key never leaves KMS.

Needs the package `cryptography`, which is installed for development only and ships in no artifact.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from shared.domain.errors import RejectedInput
from shared.domain.seal import ECDSA_P256, ED25519, PublicKey

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
DER, SPKI = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
ECDSA_SHA_256 = ec.ECDSA(hashes.SHA256())


@dataclass(frozen=True, slots=True)
class KeyFileSigner:
    """Keeps the Signer port with an Ed25519 or ECDSA P-256 private key."""

    name: str
    private: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey

    @staticmethod
    def from_file(name: str, path: Path) -> KeyFileSigner:
        """The key in a PKCS #8 PEM file without password; when there is none, a new Ed25519 key for its owner only."""
        if not path.exists():
            fresh = ed25519.Ed25519PrivateKey.generate()
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(fresh.private_bytes(PEM, PKCS8, serialization.NoEncryption()))
        try:
            private = serialization.load_pem_private_key(path.read_bytes(), None)
        except (ValueError, TypeError):
            raise RejectedInput("unreadable_key_file") from None
        if isinstance(private, ed25519.Ed25519PrivateKey) or _is_p256(private):
            return KeyFileSigner(name, private)  # type: ignore[arg-type]  # _is_p256 leaves only the two kinds
        raise RejectedInput("neither_ed25519_nor_p256")

    def key(self) -> PublicKey:
        public = self.private.public_key()
        if isinstance(public, ed25519.Ed25519PublicKey):
            return PublicKey(self.name, ED25519, public.public_bytes_raw())
        return PublicKey(self.name, ECDSA_P256, public.public_bytes(DER, SPKI))

    def sign(self, text: bytes) -> bytes:
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(text)
        return self.private.sign(text, ECDSA_SHA_256)


def check_signature(key: PublicKey, text: bytes, signature: bytes) -> bool:
    """Does the signature fit? False for every malformed key or signature too."""
    try:
        if key.kind == ED25519:
            ed25519.Ed25519PublicKey.from_public_bytes(key.raw).verify(signature, text)
            return True
        public = serialization.load_der_public_key(key.raw)
        if not _is_p256(public):
            return False
        public.verify(signature, text, ECDSA_SHA_256)  # type: ignore[union-attr,call-arg,arg-type]  # it is a P-256 key
        return True
    except (InvalidSignature, ValueError):
        return False


def _is_p256(key: object) -> bool:
    kinds = (ec.EllipticCurvePrivateKey, ec.EllipticCurvePublicKey)
    return isinstance(key, kinds) and isinstance(key.curve, ec.SECP256R1)
