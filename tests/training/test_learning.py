from __future__ import annotations

import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from made_digits import make_digits, make_source
from reviewed_runs import confirm, make_pages

from formreader.cli import main
from formreader.digits.classification import DigitClassifier
from formreader.digits.model import shipped_folder
from formreader.errors import ExitCode
from formreader.training.digits.fit import FitOptions
from formreader.training.reviewed import learning
from formreader.training.reviewed.learning import (
    LearningPlan,
    install,
    open_start,
    train_candidate,
)
from formreader.training.reviewed.reviews import gather_reviews

pytestmark = pytest.mark.skipif(
    find_spec("tensorflow") is None, reason="TensorFlow is not installed"
)

MODEL_FILES = {
    "digits.keras",
    "digits.tflite",
    "digits.json",
    "learning-curve.png",
    "log.csv",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of 30 pages with 300 digits, all confirmed."""
    made = make_pages(tmp_path_factory.mktemp("reviewed"))
    confirm(made)
    return made


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Drawn digits to mix in, and others to measure on."""
    for name, seed in (("base", 1), ("test", 2)):
        digits = make_digits(120, seed)
        np.savez(tmp_path / f"{name}.npz", x=digits.images, y=digits.labels)
    return tmp_path


def train(run: Path, data: Path, *options: str) -> Result:
    words = (
        f"model train -o {data / 'mine'} --from-reviews {run} --data "
        f"{data / 'base.npz'} --test {data / 'test.npz'} --epochs 1 --epoch-size 512"
    )
    return CliRunner().invoke(main, [*words.split(), *options])


@pytest.mark.model
def test_a_model_that_is_no_worse_is_installed(run: Path, data: Path) -> None:
    result = train(run, data)
    assert result.exit_code == ExitCode.OK, result.stderr
    assert result.stdout == ""
    assert "300 digits confirmed on 30 pages, 0 of them corrected" in result.stderr
    lines = [line.split() for line in result.stderr.splitlines()]
    assert any(line[:4] == ["reviewed", "pages,", "held", "out"] for line in lines)
    assert {path.name for path in (data / "mine").iterdir()} == MODEL_FILES
    manifest = json.loads((data / "mine" / "digits.json").read_text())
    shipped = json.loads((shipped_folder() / "digits.json").read_text())
    reviews = gather_reviews([run])
    assert manifest["training"]["started from"] == shipped["sha256"]["digits.keras"]
    assert manifest["training"]["data"] == "base, reviewed"
    assert manifest["training"]["reviewed digits fitted"] == len(reviews.fitted)
    assert {"test", "reviewed pages, held out"} < set(manifest["accuracy"])
    assert manifest["threshold"] == shipped["threshold"]
    DigitClassifier.load(data / "mine")


@pytest.mark.model
def test_training_goes_on_from_a_model_of_ones_own(run: Path, data: Path) -> None:
    assert train(run, data).exit_code == ExitCode.OK
    first = json.loads((data / "mine" / "digits.json").read_text())
    result = train(run, data, "--model", str(data / "mine"))
    assert result.exit_code == ExitCode.OK, result.stderr
    second = json.loads((data / "mine" / "digits.json").read_text())
    assert second["training"]["started from"] == first["sha256"]["digits.keras"]


@pytest.mark.model
def test_a_model_taught_that_3s_are_8s_is_refused_and_kept_aside(
    run: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    base = make_digits(600, seed=1)
    wrong = np.where(base.labels == 3, 8, base.labels)
    np.savez(data / "base.npz", x=base.images, y=wrong)
    out = data / "mine"
    out.mkdir()
    (out / "digits.json").write_text("as it was")
    quick = replace(learning.RETRAINING, learning_rate=3e-3, batch_size=64)
    monkeypatch.setattr(learning, "RETRAINING", quick)
    result = train(run, data, "--epoch-size", "4096")
    assert result.exit_code == ExitCode.MODEL
    assert f"error: {out / 'rejected'}: the new model is worse" in result.stderr
    assert "of test are right, by chance 0." in result.stderr
    assert {path.name for path in (out / "rejected").iterdir()} == MODEL_FILES
    assert {path.name for path in out.iterdir()} == {"digits.json", "rejected"}
    assert (out / "digits.json").read_text() == "as it was"
    DigitClassifier.load(out / "rejected")


@pytest.mark.model
def test_the_same_seed_gives_the_same_model(run: Path, tmp_path: Path) -> None:
    plan = LearningPlan(FitOptions(epochs=1, epoch_size=256, batch_size=64, seed=4))
    crops = make_digits(20, seed=9).normalized
    answers = []
    for name in ("once", "again"):
        train_candidate(
            plan,
            open_start(None),
            gather_reviews([run]),
            [make_source(100, seed=1)],
            tmp_path / name,
        )
        install(tmp_path / name)
        answers.append(DigitClassifier.load(tmp_path / name).predict(crops))
    np.testing.assert_allclose(answers[0], answers[1], atol=0.01)


def test_few_reviewed_digits_are_not_learnt_by_heart() -> None:
    plan = LearningPlan(FitOptions(epochs=4, epoch_size=16_384))
    assert plan.recipe(12, 30).last_share == pytest.approx(40 * 30 / 65_536)
    assert plan.recipe(12, 5000).last_share == 0.3


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--model", "mine", "--classes", "10"], "no --classes"),
        (["--from-reviews", ".", "--letters", "a.npz"], "no --letters"),
        (["--from-reviews", ".", "--classes", "10"], "no --classes"),
        (["--from-reviews", ".", "--resume"], "no --resume"),
        (["--from-reviews", ".", "--data", "a.npz"], "needs --test"),
    ],
)
def test_options_that_do_not_go_together_are_usage_errors(
    tmp_path: Path, options: list[str], said: str
) -> None:
    result = CliRunner().invoke(
        main, ["model", "train", "-o", str(tmp_path / "out"), *options]
    )
    assert result.exit_code == ExitCode.USAGE
    assert said in result.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.model
def test_a_folder_that_is_no_run_exits_3_and_is_named(data: Path) -> None:
    result = train(data, data)
    assert result.exit_code == ExitCode.INPUT
    assert f"{data}: is no run folder" in result.stderr


@pytest.mark.model
def test_a_converted_model_cannot_be_the_start(run: Path, data: Path) -> None:
    litert = shipped_folder() / "digits.tflite"
    result = train(run, data, "--model", str(litert))
    assert result.exit_code == ExitCode.MODEL
    assert "a converted network cannot be trained" in result.stderr
