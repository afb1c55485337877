from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from reviewed_runs import PAGES, confirm, decide_all, make_pages
from sqlalchemy import select, update

from formreader.errors import InputError
from formreader.store.people.checks import check_digits
from formreader.store.people.decisions import undo_last
from formreader.store.people.reviewed import read_reviewed
from formreader.store.tables.connection import RunStore
from formreader.store.tables.schema import digits, fields, files, pages
from formreader.training.reviewed.reviews import gather_reviews, is_held_out


def page_keys(run: Path) -> list[tuple[str, int]]:
    query = select(files.c.sha256, pages.c.page_index).join(
        pages, pages.c.file_id == files.c.id
    )
    with RunStore.open(run) as store, store.read() as connection:
        return [(row.sha256, row.page_index) for row in connection.execute(query)]


@pytest.fixture(scope="module")
def confirmed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in which every number was confirmed, and the 1s were read as 7s."""
    run = make_pages(tmp_path_factory.mktemp("confirmed"), read=("0723", "45678", "9"))
    confirm(run)
    return run


def test_confirmed_and_corrected_digits_are_gathered(confirmed: Path) -> None:
    reviews = gather_reviews([confirmed])
    labels = np.concatenate([reviews.fitted.labels, reviews.held_out.labels])
    assert np.bincount(labels).tolist() == [PAGES] * 10
    assert (reviews.pages, reviews.corrected) == (PAGES, PAGES)
    assert "300 digits confirmed on 30 pages, 30 of them corrected" in (
        reviews.describe()
    )


def test_crops_are_what_the_model_saw(confirmed: Path) -> None:
    with RunStore.open(confirmed) as store, store.read() as connection:
        first = next(read_reviewed(connection))
    stored = first.digits[0].image
    assert stored is not None
    seen = cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_GRAYSCALE)
    reviews = gather_reviews([confirmed])
    images = np.concatenate([reviews.fitted.crops, reviews.held_out.images])
    labels = np.concatenate([reviews.fitted.labels, reviews.held_out.labels])
    same = (images == seen).all(axis=(1, 2))
    assert same.any()
    assert set(labels[same]) == {0}


def test_a_page_is_held_out_as_a_whole(confirmed: Path) -> None:
    reviews = gather_reviews([confirmed])
    held_out = [key for key in page_keys(confirmed) if is_held_out(*key)]
    assert 0 < len(held_out) == reviews.held_out_pages < PAGES
    assert np.bincount(reviews.held_out.labels).tolist() == [len(held_out)] * 10


def test_about_one_page_in_five_is_held_out_wherever_it_turns_up() -> None:
    keys = [(f"{number:064x}", number % 3) for number in range(5000)]
    chosen = [is_held_out(*key) for key in keys]
    assert 0.18 < np.mean(chosen) < 0.22
    assert len({is_held_out("a" * 64, page) for page in range(30)}) == 2


def test_a_page_that_was_held_out_is_held_out_in_every_later_run() -> None:
    ask = (
        "from formreader.training.reviewed.reviews import is_held_out\n"
        "print([is_held_out('a' * 64, page) for page in range(30)])"
    )
    here = str([is_held_out("a" * 64, page) for page in range(30)])
    # Python salts its own hashes anew in each process.
    later = subprocess.run(
        [sys.executable, "-c", ask],
        env=os.environ | {"PYTHONHASHSEED": "7"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert later.stdout.strip() == here


def test_a_page_of_two_runs_counts_once(confirmed: Path, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(confirmed, again)
    once, twice = gather_reviews([confirmed]), gather_reviews([again, confirmed])
    np.testing.assert_array_equal(once.fitted.crops, twice.fitted.crops)
    np.testing.assert_array_equal(once.held_out.labels, twice.held_out.labels)


def test_a_crop_about_which_two_runs_disagree_is_left_out(tmp_path: Path) -> None:
    run = make_pages(tmp_path / "one")
    other = tmp_path / "other"
    shutil.copytree(run, other)
    confirm(run)
    values = {"field_001": "0123", "field_002": "45678", "field_003": "4"}
    decide_all(other, values)
    reviews = gather_reviews([run, other])
    labels = np.concatenate([reviews.fitted.labels, reviews.held_out.labels])
    assert np.bincount(labels, minlength=10).tolist() == [PAGES] * 9 + [0]


def test_what_was_taken_back_or_never_decided_is_not_learnt(tmp_path: Path) -> None:
    run = make_pages(tmp_path)
    decide_all(run, {"field_001": "0123", "field_002": "45678"})
    decide_all(run, {"field_003": "9"}, user="bob")
    with RunStore.open(run) as store, store.write() as connection:
        while undo_last(connection, "bob") is not None:
            pass
    reviews = gather_reviews([run])
    assert 9 not in reviews.fitted.labels
    assert len(reviews.fitted) + len(reviews.held_out) == 9 * PAGES


def test_digits_found_right_on_the_carpet_are_learnt(tmp_path: Path) -> None:
    run = make_pages(tmp_path)
    with RunStore.open(run) as store, store.write() as connection:
        ids = connection.scalars(select(fields.c.id)).all()
        shown = connection.execute(
            select(digits.c.field_id, digits.c.position, digits.c.character).where(
                digits.c.field_id.in_(ids)
            )
        ).all()
        right = [(i, p) for i, p, c in shown if c in "0456"]
        wrong = [(i, p) for i, p, c in shown if c in "78"]
        check_digits(connection, right, wrong, user="ann", sheet="1")
    reviews = gather_reviews([run])
    labels = np.concatenate([reviews.fitted.labels, reviews.held_out.labels])
    assert np.bincount(labels).tolist() == [PAGES, 0, 0, 0] + [PAGES] * 3


def test_pages_of_a_file_that_was_replaced_do_not_count(tmp_path: Path) -> None:
    run = make_pages(tmp_path)
    confirm(run)
    with RunStore.open(run) as store, store.write() as connection:
        first = connection.scalar(select(files.c.id).order_by(files.c.id))
        connection.execute(
            update(files).where(files.c.id == first).values(state="replaced")
        )
    assert gather_reviews([run]).pages == PAGES - 1


@pytest.mark.parametrize("damage", ["none", "text", "large"])
def test_a_picture_that_is_none_is_left_out(tmp_path: Path, damage: str) -> None:
    run = make_pages(tmp_path)
    confirm(run)
    large = cv2.imencode(".png", np.zeros((2000, 2000), np.uint8))[1].tobytes()
    image = {"none": None, "text": b"text", "large": large}[damage]
    with RunStore.open(run) as store, store.write() as connection:
        connection.execute(
            update(digits).where(digits.c.character == "3").values(image=image)
        )
    reviews = gather_reviews([run])
    labels = np.concatenate([reviews.fitted.labels, reviews.held_out.labels])
    assert np.bincount(labels).tolist() == [PAGES] * 3 + [0] + [PAGES] * 6


def test_too_few_digits_are_refused_with_their_number(tmp_path: Path) -> None:
    run = make_pages(tmp_path, 1)
    with pytest.raises(InputError, match="0 confirmed digits to learn from and 0 on"):
        gather_reviews([run])
    confirm(run)
    with pytest.raises(InputError, match=r"20 of each are needed; review more pages"):
        gather_reviews([run])


def test_a_run_in_a_database_gives_the_same(
    store_url: str | None, confirmed: Path, tmp_path: Path
) -> None:
    (tmp_path / "made").mkdir()
    with RunStore.create(tmp_path / "made" / "run", store_url):
        pass
    run = make_pages(tmp_path / "made", read=("0723", "45678", "9"))
    confirm(run)
    expected, found = gather_reviews([confirmed]), gather_reviews([run])
    np.testing.assert_array_equal(found.fitted.crops, expected.fitted.crops)
    np.testing.assert_array_equal(found.fitted.labels, expected.fitted.labels)
