"""The file of `leadgate serve --secrets`: what platforms share with us, checked before anything starts."""

from __future__ import annotations

import json
from pathlib import Path

from local.unusable import Unusable
from shared.domain.errors import RejectedInput
from shared.domain.platform_secrets import PlatformSecrets, read

SHAPE = """{"linkedin": {"SOURCE_ID": {"client_secret": ["current", "previous"]}},
 "meta": {"app_secret": ["current", "previous"], "verify_token": "…"},
 "google": {"SOURCE_ID": {"google_key": ["current", "previous"]}}}"""
WORDS = {
    "not_an_object": "must be an object",
    "not_a_secret": "must be a text or a list of texts, none of them empty",
}


class BadSecrets(Unusable):
    """The file cannot be used; the text says which file, where and why, and never what stands there."""


def text_of(path: Path | None) -> str:
    """The file's text for Secrets Manager; empty without a file. Raises BadSecrets."""
    if path is None:
        return ""
    try:
        text = path.read_text("utf-8")
        read(json.loads(text))
    except OSError as error:
        raise BadSecrets(f"The secrets {path} cannot be read: {error.strerror}.") from None
    except ValueError:
        raise BadSecrets(f"The secrets {path} are no JSON in UTF-8. They look like this:\n{SHAPE}") from None
    except RejectedInput as refused:
        places = "\n".join(f"  {fault.pointer or '/'} {WORDS[fault.code]}" for fault in refused.faults)
        raise BadSecrets(f"The secrets {path} have another form:\n{places}\nThey look like this:\n{SHAPE}") from None
    return text


def secrets_of(path: Path | None) -> PlatformSecrets:
    """What the file holds, nothing without a file. Raises BadSecrets."""
    return read(json.loads(text_of(path) or "{}"))
