"""Draw how often a digit model is right, by how sure it is, as SVG.

    python scripts/draw_reliability.py chart.svg "MNIST test=mnist_test.npz"

The digits of each line of the chart have a name before them; after it stands what
`formreader model evaluate` would be given.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from formreader.digits.classification import DigitClassifier
from formreader.evaluation.charts import draw_reliability
from formreader.training.digits.measurement import measure
from formreader.training.sources import load_sources


def main() -> None:
    """Measure and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("chart", type=Path, help="the SVG file to write")
    parser.add_argument(
        "sets",
        nargs="+",
        metavar="NAME=DATA",
        help="digits as `formreader model evaluate` takes them, and what to call them",
    )
    parser.add_argument("--model", type=Path, help="a model of your own")
    arguments = parser.parse_args()
    classifier = DigitClassifier.load(arguments.model)
    measured = {}
    for given in arguments.sets:
        name, _, data = given.partition("=")
        (source,) = load_sources([data])
        measured[name] = measure(classifier, source.normalize())
    arguments.chart.write_text(draw_reliability(measured) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
