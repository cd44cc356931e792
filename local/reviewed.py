"""What every reviewed file of `agreement/` has in common: strict parts, plain names, refusals that name the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

from local.plain_yaml import load
from shared.domain.consent.question import PURPOSE_OF

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
Target = Annotated[str, StringConstraints(pattern=r"^(/[a-z0-9/_-]*|https://[^\s\\]+)$")]
NoticeRef = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+@\d+$")]
Purpose = Literal["mkt_email", "mkt_sms", "mkt_phone", "mkt_autocall", "share_3p", "profiling"]
Channel = Literal["email", "sms", "phone", "autocall", "none"]


class Reviewed(BaseModel):
    """A part of a reviewed file: nothing unknown in it, nothing coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Box(Reviewed):
    """What a tick stands for, on a form of ours or of a platform."""

    purpose: Purpose
    channel: Channel

    @model_validator(mode="after")
    def is_of_its_channel(self) -> Self:
        channel = next((channel for channel, purpose in PURPOSE_OF.items() if purpose == self.purpose), "none")
        if channel != self.channel:
            raise ValueError(f"box {self.purpose}: its channel is {channel}")
        return self


def read(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """The checked content as JSON types, empty members left out; ValueError names the file and the field."""
    try:
        return model.model_validate(load(path)).model_dump(mode="json", exclude_none=True)
    except (ValueError, yaml.YAMLError) as wrong:
        raise ValueError(f"{path.parent.name}/{path.name}: {wrong}") from wrong
