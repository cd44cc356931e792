"""Keys in files: Ed25519 and ECDSA P-256 sign and are checked; everything else is refused."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from shared.adapters.key_file_signer import PEM, PKCS8, KeyFileSigner, check_signature
from shared.domain.errors import RejectedInput
from shared.domain.seal import ECDSA_P256, ED25519, PublicKey, public_key

NAME = "ledger.example.com/test"
TEXT = b"what is signed"


def written(path: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Path:
    path.write_bytes(key.private_bytes(PEM, PKCS8, serialization.NoEncryption()))
    return path


def a_p256(path: Path) -> Path:
    return written(path, ec.generate_private_key(ec.SECP256R1()))


def test_a_missing_key_is_made_for_its_owner_only_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"

    first, again = KeyFileSigner.from_file(NAME, path), KeyFileSigner.from_file(NAME, path)

    assert first.key() == again.key()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", [ED25519, ECDSA_P256])
def test_what_is_signed_is_believed_and_nothing_else(tmp_path: Path, kind: int) -> None:
    path = tmp_path / "key.pem"
    signer = KeyFileSigner.from_file(NAME, path if kind == ED25519 else a_p256(path))

    signature = signer.sign(TEXT)

    assert signer.key().kind == kind
    assert public_key(signer.key().as_text()) == signer.key()
    assert check_signature(signer.key(), TEXT, signature)
    assert not check_signature(signer.key(), TEXT + b".", signature)
    assert not check_signature(signer.key(), TEXT, signature[:-1])


@pytest.mark.parametrize("kind", [ED25519, ECDSA_P256])
def test_a_malformed_key_believes_nothing(kind: int) -> None:
    assert not check_signature(PublicKey(NAME, kind, b"short"), TEXT, b"signature")


def test_another_curve_believes_nothing() -> None:
    key = ec.generate_private_key(ec.SECP384R1())
    raw = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)

    assert not check_signature(PublicKey(NAME, ECDSA_P256, raw), TEXT, b"signature")


def test_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "key.pem", rsa.generate_private_key(65537, 2048))

    with pytest.raises(RejectedInput):
        KeyFileSigner.from_file(NAME, path)


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("no key")

    with pytest.raises(RejectedInput):
        KeyFileSigner.from_file(NAME, path)
