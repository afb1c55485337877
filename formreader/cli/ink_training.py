"""`formreader model train --ink`: the network that tells pen, print and rules apart."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from formreader.cli.arguments import UserPath
from formreader.cli.messages import tell
from formreader.cli.preparation import prepare_training, resumable


@click.command()
@click.option(
    "-o",
    "--out",
    required=True,
    type=UserPath(file_okay=False),
    help="Folder for ink.keras, ink.tflite, ink.json, the log and the checkpoints.",
)
@click.option(
    "--digits",
    multiple=True,
    type=UserPath(dir_okay=False),
    metavar="FILE",
    help="Handwritten digits, .npz, beside drawn ones; may be given again.",
)
@click.option(
    "--letters",
    multiple=True,
    type=UserPath(dir_okay=False),
    metavar="FILE",
    help="Handwritten letters, .npz, beside drawn ones; may be given again.",
)
@click.option(
    "--strokes",
    multiple=True,
    type=UserPath(dir_okay=False),
    metavar="FILE",
    help="Digits and numbers as pen strokes, .json.gz; may be given again.",
)
@click.option(
    "--blank",
    "blanks",
    multiple=True,
    type=UserPath(dir_okay=False),
    metavar="FORM",
    help="A blank form of your own, PDF or image, to write on in a quarter of the "
    "pages; may be given again.",
)
@click.option(
    "--without",
    type=UserPath(dir_okay=False),
    metavar="CSV",
    help="Writers to leave out: columns `file`, a name without its endings, and "
    "`writer`.",
)
@click.option(
    "--epochs",
    type=click.IntRange(1),
    default=40,
    show_default=True,
    help="How often the network is saved and measured.",
)
@click.option(
    "--steps",
    type=click.IntRange(1),
    default=500,
    show_default=True,
    help="Batches of 8 crops an epoch.",
)
@click.option(
    "--minutes",
    type=click.FloatRange(min=0, min_open=True),
    help="End after so many minutes; the result then depends on the machine's speed.",
)
@click.option(
    "--seed",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Of the weights, and of all that is drawn.",
)
@click.option(
    "--bfloat16",
    "mixed",
    is_flag=True,
    help="Compute with 16 bits: faster where the processor has it (AMX), slower "
    "elsewhere.",
)
@click.option("--resume", is_flag=True, help="Go on where a stopped run ended.")
def train_ink(out: Path, resume: bool, **options: Any) -> None:
    """Train the network that tells pen, print and rules apart.

    It learns from pages that are drawn while it trains: forms of many kinds, filled in
    by hand, scanned, copied and photographed. The run can be stopped with Ctrl-C and
    taken up again with --resume. It takes some three hours on two cores. Needs
    TensorFlow: pip install 'formreader[train]'.

    \b
    Examples:
        formreader model train --ink -o my-ink --digits digits.npz --letters abc.npz
        formreader model train --ink -o my-ink --digits digits.npz --blank form.pdf
    """
    prepare_training()
    from formreader.training.ink.run import run_ink_training

    began = time.monotonic()

    def report(done: int, logs: dict[str, float]) -> None:
        names = ("pen", "print", "rule")
        figures = "  ".join(f"{name} {logs[name + '_f1']:.3f}" for name in names)
        tell(
            f"epoch {done}/{options['epochs']}  loss {logs['loss']:.4f}  F1 held out: "
            f"{figures}  {time.monotonic() - began:.0f} s"
        )

    with resumable():
        manifest = run_ink_training(
            *_plan(**options), out, resume=resume, report=report
        )
    for name, value in manifest.accuracy.items():
        tell(f"{name} {value:.4f}")


def _plan(
    digits: tuple[Path, ...],
    letters: tuple[Path, ...],
    strokes: tuple[Path, ...],
    blanks: tuple[Path, ...],
    without: Path | None,
    **lengths: Any,
) -> tuple[Any, Any]:
    """Say what to train and what to draw the pages with."""
    from formreader.training.ink.drawing import DrawnPages
    from formreader.training.ink.fit import InkFitOptions
    from formreader.training.ink.run import InkPlan
    from formreader.training.writers import load_writers

    options = InkFitOptions(**lengths)
    pages = DrawnPages(
        digits,
        letters,
        strokes,
        without=load_writers(without) if without is not None else {},
        seed=options.seed,
        blanks=blanks,
    )
    return InkPlan(options), pages
