"""How pages are read: the options of every command and worker that reads."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from formreader.errors import ModelError

if TYPE_CHECKING:
    from formreader.acceptance import AcceptancePolicy
    from formreader.forms.templates.template import FormTemplate
    from formreader.ink.separation import InkSeparator
    from formreader.pipeline import FormReader
    from formreader.promises.promise import Promise

__all__ = ["ReadingOptions", "sum_up_readers"]


@dataclass(frozen=True)
class ReadingOptions:
    """What decides how a page is read, in a form that can be sent to a worker.

    Attributes:
        templates: The template files of the forms that pages may show.
        model: A digit model of the user's own, or None.
        threshold: Fields less certain than this need review; None for the model's own.
        ignore_marks: Points, commas and dashes between digits are no reason for doubt.
        strip: Each page is one field already, with this name.
        split: Each sheet of a file is read as two pages.
        ink_layers: A network tells pen, print and lines apart, where no template does;
            else they are told by their place alone.
        promise: How sure fields of each kind must be, in the place of `threshold`.
        form: Which of the templates all pages are, by its name.
    """

    templates: tuple[Path, ...] = ()
    model: Path | None = None
    threshold: float | None = None
    ignore_marks: bool = False
    strip: str | None = None
    split: bool = False
    ink_layers: bool = True
    promise: Promise | None = None
    form: str | None = None

    def load_templates(self) -> tuple[FormTemplate, ...]:
        """Load the templates.

        Raises:
            TemplateError: If one is wrong.
        """
        if not self.templates:
            return ()
        from formreader.forms.templates.template import FormTemplate

        return tuple(FormTemplate.load(path) for path in self.templates)

    def find_policy(self) -> AcceptancePolicy:
        """Find what is asked of a field that no person looks at.

        Raises:
            ModelError: If the model cannot be used.
        """
        from formreader.promises.promise import make_policy

        if self.threshold is not None:
            return make_policy(self.threshold, self.promise)
        from formreader.digits.classification import DigitClassifier

        known = DigitClassifier.load(self.model).manifest
        return make_policy(known.threshold, self.promise, known.strip_threshold)

    def make_reader(
        self, templates: tuple[FormTemplate, ...] | None = None
    ) -> FormReader:
        """Load the models and templates.

        Args:
            templates: The templates, if they are loaded already.

        Raises:
            ModelError: If the model cannot be used.
            TemplateError: If a template is wrong.
        """
        from formreader.digits.classification import DigitClassifier
        from formreader.digits.strings import (
            MARKED_MODEL_NAME,
            PICTURE_MODEL_NAME,
            StringReader,
        )
        from formreader.pipeline import FormReader

        forms = self.load_templates() if templates is None else templates
        return FormReader(
            DigitClassifier.load(self.model),
            self.threshold,
            template=forms or None,
            string_reader=StringReader.load(),
            mark_reader=StringReader.load(name=MARKED_MODEL_NAME),
            picture_reader=StringReader.load(name=PICTURE_MODEL_NAME),
            separator=None if forms else self._load_separator(),
            ink_layers=self.ink_layers,
            ignore_marks=self.ignore_marks,
            promise=self.promise,
            form=self.form,
        )

    def _load_separator(self) -> InkSeparator | None:
        """Load the ink network, if pages are read with it."""
        if not self._uses_ink:
            return None
        from formreader.ink.separation import InkSeparator

        return InkSeparator.load()

    @property
    def _uses_ink(self) -> bool:
        """Whether pages are read with the ink network: not strips, nor known forms."""
        return self.ink_layers and self.strip is None and not self.templates

    def describe(self) -> Mapping[str, object]:
        """Say what readings depend on, by content: files count, their places do not.

        Returns:
            A mapping that JSON can hold; equal for equal readings.

        Raises:
            ModelError: If the model cannot be used.
            TemplateError: If a template or its reference cannot be used.
        """
        from formreader.digits.model import checksum, shipped_folder
        from formreader.orientation.model import UPRIGHT_MODEL_NAME

        return {
            "formreader": version("formreader"),
            "upright model": checksum(shipped_folder() / UPRIGHT_MODEL_NAME),
            **self.sum_up_models(),
            **(self._describe_ticks() if self.templates else {}),
            "templates": [_describe(template) for template in self.load_templates()],
            "threshold": self.threshold,
            "ignore marks": self.ignore_marks,
            "strip": self.strip,
            **({"split": True} if self.split else {}),
            **({"form": self.form} if self.form is not None else {}),
            **({"target error": self.promise.describe()} if self.promise else {}),
        }

    def sum_up_models(self) -> dict[str, str]:
        """Sum up the models that decide what is read and how sure it is.

        Returns:
            Their checksums, by what they are for.

        Raises:
            ModelError: If one cannot be used.
        """
        from formreader.digits.model import checksum, find_model

        return {
            "model": checksum(find_model(self.model).path),
            **sum_up_readers(),
            **self._describe_ink(),
        }

    def check_promise(self) -> None:
        """Make sure that the models are those that read what the promise rests on.

        Raises:
            ModelError: If one is another, or cannot be used.
        """
        if self.promise is None or not self.promise.models:
            return
        models = self.sum_up_models()
        known = dict(self.promise.models)
        changed = [n for n, found in known.items() if models.get(n, found) != found]
        changed += [name for name in models if name not in known]
        if changed:
            raise ModelError(
                f"another {' and '.join(changed)} read the fields that the promise "
                "rests on, so that they prove nothing; read and check some again, and "
                "use `formreader calibrate`"
            )

    def _describe_ticks(self) -> dict[str, str]:
        """Name the network that reads boxes to tick, of which no promise speaks."""
        from formreader.digits.model import checksum, shipped_folder
        from formreader.ticks.model import TICKS_MODEL_NAME

        return {"tick model": checksum(shipped_folder() / TICKS_MODEL_NAME)}

    def _describe_ink(self) -> dict[str, str]:
        """Name the ink network, where it is used."""
        if not self._uses_ink:
            return {}
        from formreader.digits.model import checksum
        from formreader.ink.model import find_ink_model

        return {"ink model": checksum(find_ink_model()[0])}


def sum_up_readers() -> dict[str, str]:
    """Sum up the models that read fields beside the digit network.

    Returns:
        Their checksums, by what they are for.

    Raises:
        ModelError: If one cannot be used.
    """
    from formreader.contents.model import CONTENT_MODEL_NAME
    from formreader.digits.marks import MODEL_NAME
    from formreader.digits.model import checksum, shipped_folder
    from formreader.digits.signs import SIGNS_MODEL_NAME
    from formreader.digits.strings import (
        MARKED_MODEL_NAME,
        PICTURE_MODEL_NAME,
        STRING_MODEL_NAME,
    )

    names = {
        "string model": STRING_MODEL_NAME,
        "marked model": MARKED_MODEL_NAME,
        "picture model": PICTURE_MODEL_NAME,
        "content model": CONTENT_MODEL_NAME,
        "mark model": MODEL_NAME,
        "sign model": SIGNS_MODEL_NAME,
    }
    return {role: checksum(shipped_folder() / name) for role, name in names.items()}


def _describe(template: FormTemplate) -> dict[str, str]:
    """Name a template, and sum up all that it says and its references show.

    References are loaded, so that one that is missing stops the run before it begins.
    """
    content = template.model_dump(mode="json", exclude={"texts": True})
    for field in content["fields"]:
        del field["appearance"]  # which the reference shows
    for page, described in zip(template.pages, content["pages"], strict=True):
        pixels = page.load_pixels()
        described["reference"] = hashlib.sha256(pixels.tobytes()).hexdigest()
    text = json.dumps(content, sort_keys=True, default=str)
    return {
        "name": template.name,
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }
