"""What every reviewed file of `agreement/` has in common: strict parts, plain names, refusals that name the file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, StringConstraints

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,63}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class Reviewed(BaseModel):
    """A part of a reviewed file: nothing unknown in it, nothing coerced."""

    model_config = ConfigDict(extra="forbid", strict=True)


def read(path: Path, model: type[BaseModel]) -> dict[str, Any]:
    """The checked content as JSON types, empty members left out; ValueError names the file and the field."""
    try:
        return model.model_validate(yaml.safe_load(path.read_text("utf-8"))).model_dump(mode="json", exclude_none=True)
    except (ValueError, yaml.YAMLError) as wrong:
        raise ValueError(f"{path.parent.name}/{path.name}: {wrong}") from wrong
