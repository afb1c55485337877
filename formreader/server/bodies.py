"""What programs and pages send and are sent, checked and described."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = ["RunWish", "StartWish"]

_Name = Annotated[str, Field(max_length=200)]


class RunWish(BaseModel):
    """A run to be begun."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    name: _Name = Field("", description="Of the run; empty for one by the date.")
    forms: Annotated[list[_Name], Field(max_length=100)] = Field(
        [], description="Names of the forms that pages may show; none reads any page."
    )
    threshold: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="Fields less certain need review."
    )
    target_error: Annotated[float, Field(gt=0, le=1)] | None = Field(
        None, description="Instead, the share of accepted fields that may be wrong."
    )

    calibration: _Name = Field(
        "", description="Checked fields that the target error goes by."
    )
    model: _Name = Field("", description="A model that was learnt here.")
    second: Annotated[float, Field(ge=0, le=1)] = Field(
        0.0, description="Share of decided fields to be asked of another person, too."
    )
    folder: Annotated[str, Field(max_length=4000)] = Field(
        "", description="A folder of the computer that --allow-folder lets be read."
    )
    watch: bool = Field(False, description="Read what arrives in the folder, too.")

    @model_validator(mode="after")
    def _check(self) -> RunWish:
        if self.threshold is not None and self.target_error is not None:
            raise ValueError("threshold and target_error exclude each other")
        if self.calibration and self.target_error is None:
            raise ValueError("a calibration goes with a target_error")
        if self.model and self.target_error is not None and not self.calibration:
            raise ValueError(
                "a model of your own promises nothing without a calibration by it"
            )
        if self.watch and not self.folder:
            raise ValueError("only a folder of the computer can be watched")
        return self


class StartWish(BaseModel):
    """How reading is to begin, or to go on."""

    model_config = ConfigDict(extra="forbid")

    retry_failed: bool = Field(False, description="Try once more what failed.")
