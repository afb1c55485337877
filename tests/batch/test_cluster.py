from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from dask_processes import DaskProcesses, run_dask
from many_pages import SAMPLES, cut_sample, fill_folder

from formreader.batch import cluster as cluster_module
from formreader.batch import uploads
from formreader.batch.cluster import DaskExecutor
from formreader.batch.remote import pack_options
from formreader.cli import main
from formreader.cli.progress import LineProgress
from formreader.errors import OutputError
from formreader.options import ReadingOptions
from formreader.store.records import Failed, InspectFile, Outcome, PageRecord, ReadPage

pytestmark = [
    pytest.mark.model,
    pytest.mark.skipif(sys.platform == "win32", reason="kills process groups"),
]

TABLES = ("fields.csv", "flagged.csv", "failures.csv", "skipped.csv")
# Loaded by workers at their start: faults that pages ask for by their last bytes.
FAULTS = """
import os, time
from formreader.batch.worker import Worker

def run(self, task, well=Worker.run):
    content = task.path.read_bytes()
    if content.endswith(b"[dies]"):
        os._exit(9)
    if content.endswith(b"[hangs]"):
        time.sleep(600)
    return well(self, task)

Worker.run = run
"""
OTHER_VERSION = """
from formreader.batch import remote

remote.version = lambda name: "0.0.1"
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DaskProcesses]:
    folder = tmp_path_factory.mktemp("dask")
    (folder / "faults.py").write_text(FAULTS)
    with run_dask(folder, 2, "--preload", str(folder / "faults.py")) as running:
        yield running


def run_batch(folder: Path, run: Path, *options: object) -> Result:
    arguments = [str(folder), "-o", str(run), *map(str, options)]
    return CliRunner().invoke(main, ["batch", *arguments])


def tables(run: Path) -> list[bytes]:
    return [(run / name).read_bytes() for name in TABLES]


def fill_with_trouble(folder: Path, count: int) -> None:
    """Make a folder with pages, a copy, a damaged page, and what is no page."""
    names = fill_folder(folder, count)
    shutil.copy(folder / names[0], folder / "copy.jpg")
    (folder / "cut-short.jpg").write_bytes((folder / names[1]).read_bytes()[:10_000])
    (folder / "empty.png").touch()
    (folder / "notes.txt").write_text("no page")


def once_a_page_is_read(
    monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]
) -> None:
    """Act once while the run is in the midst of its pages."""
    acts = [act]

    def advance(self: LineProgress, outcome: Outcome) -> None:
        if acts and isinstance(outcome, PageRecord):
            acts.pop()()

    monkeypatch.setattr(LineProgress, "advance", advance)


def read_on_cluster(executor: DaskExecutor, *paths: Path) -> list[Outcome]:
    for number, path in enumerate(paths):
        executor.submit(ReadPage(number, path, 0))
    done: list[Outcome] = []
    while len(done) < len(paths):
        done.extend(executor.outcomes())
    return sorted(done, key=lambda outcome: str(outcome.task.path))


def spoil(folder: Path, name: str, mark: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(cut_sample("exam-cover-1.jpg") + mark)
    return path


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 10 pages and trouble, and beside it how this machine reads it."""
    place = tmp_path_factory.mktemp("local")
    fill_with_trouble(place / "scans", 10)
    assert run_batch(place / "scans", place / "run").exit_code == 7
    return place


def test_a_cluster_writes_the_same_tables_though_a_worker_is_killed(
    cluster: DaskProcesses,
    local: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = tmp_path / "run"
    once_a_page_is_read(monkeypatch, lambda: cluster.kill_worker(0))
    result = run_batch(local / "scans", run, "--dask", cluster.address)
    assert result.exit_code == 7, result.stderr
    assert tables(run) == tables(local / "run")


def test_workers_find_the_scans_in_a_shared_folder_under_another_name(
    cluster: DaskProcesses, local: Path, tmp_path: Path
) -> None:
    (tmp_path / "mounted").symlink_to(local / "scans")
    result = run_batch(
        local / "scans",
        tmp_path / "run",
        *("--dask", cluster.address, "--shared-folder", tmp_path / "mounted"),
    )
    assert result.exit_code == 7, result.stderr
    assert tables(tmp_path / "run") == tables(local / "run")


def test_a_shared_folder_that_a_worker_does_not_see_is_an_error_that_names_it(
    cluster: DaskProcesses, local: Path, tmp_path: Path
) -> None:
    result = run_batch(
        local / "scans",
        tmp_path / "run",
        *("--dask", cluster.address, "--shared-folder", tmp_path / "nowhere"),
    )
    assert result.exit_code == 6
    assert "the worker tcp://127.0.0.1:" in result.stderr
    assert "sees no folder" in result.stderr


def test_templates_and_models_travel_with_the_work(
    cluster: DaskProcesses, tmp_path: Path
) -> None:
    form = tmp_path / "form" / "exam.toml"
    form.parent.mkdir()
    blank = str(SAMPLES / "exam-cover-blank.png")
    CliRunner().invoke(main, ["template", "new", blank, "-o", str(form)])
    models = SAMPLES.parent / "models"
    for name in ("digits.tflite", "digits.json"):
        shutil.copy(models / name, tmp_path / "form" / name)
    options = ReadingOptions((form,), tmp_path / "form" / "digits.tflite")
    kit = pack_options(options, 60)
    with DaskExecutor(kit, cluster.address) as executor:
        [page] = read_on_cluster(executor, SAMPLES / "exam-cover-1.jpg")
    assert isinstance(page, PageRecord)
    assert page.form is not None
    assert "52586982" in [field.reading.value for field in page.fields]


def test_a_page_that_kills_workers_or_hangs_fails_alone(
    cluster: DaskProcesses, tmp_path: Path
) -> None:
    deadly = spoil(tmp_path, "deadly.jpg", b"[dies]")
    endless = spoil(tmp_path, "endless.jpg", b"[hangs]")
    good = [spoil(tmp_path, f"good-{n}.jpg", b"%d" % n) for n in range(6)]
    with DaskExecutor(pack_options(ReadingOptions(), 8), cluster.address) as executor:
        done = read_on_cluster(executor, deadly, endless, *good)
    problems = [done.problem for done in done if isinstance(done, Failed)]
    assert problems == [
        "the workers that read it died, time after time",
        "took longer than 8 s",
    ]
    assert [type(outcome) for outcome in done[2:]] == [PageRecord] * 6


def test_sent_files_are_gone_from_the_workers_when_the_run_ends(
    cluster: DaskProcesses, tmp_path: Path
) -> None:
    page = spoil(tmp_path, "page.jpg", b"")
    space = cluster.folder / "space"
    with DaskExecutor(pack_options(ReadingOptions(), 60), cluster.address) as executor:
        read_on_cluster(executor, page)
        folders = list(space.rglob("formreader-*"))
        assert {folder.stat().st_mode & 0o077 for folder in folders} == {0}
    give_up = time.monotonic() + 10
    while list(space.rglob("formreader-*")) and time.monotonic() < give_up:
        time.sleep(0.1)
    assert not list(space.rglob("formreader-*"))


def test_a_file_too_large_to_send_fails_with_the_remedy(
    cluster: DaskProcesses, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "LARGEST", 1000)
    page = spoil(tmp_path, "page.jpg", b"")
    with DaskExecutor(pack_options(ReadingOptions(), 60), cluster.address) as executor:
        executor.submit(InspectFile(1, page))
        [failed] = executor.outcomes()
    assert isinstance(failed, Failed)
    assert failed.remedy == "use --shared-folder"


def test_a_worker_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "other.py").write_text(OTHER_VERSION)
    kit = pack_options(ReadingOptions(), 60)
    told = r"the worker tcp://127.0.0.1:\d+: it has formreader 0.0.1, here it is"
    with run_dask(tmp_path / "dask", 1) as running:
        with DaskExecutor(kit, running.address) as executor:
            running.start_worker("--preload", str(tmp_path / "other.py"))
            with pytest.raises(OutputError, match=told):
                while True:  # it comes when the work has begun
                    read_on_cluster(executor, *[SAMPLES / "tally-3.png"] * 8)
        with pytest.raises(OutputError, match=told):
            DaskExecutor(kit, running.address)


def test_after_the_scheduler_is_lost_the_run_goes_on_without_it(
    local: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = tmp_path / "run"
    with run_dask(tmp_path / "dask", 1) as running:
        assert running.scheduler is not None
        once_a_page_is_read(monkeypatch, running.scheduler.kill)
        result = run_batch(local / "scans", run, "--dask", running.address)
    assert result.exit_code == 6, result.stderr
    assert "the same command goes on from here" in result.stderr
    assert not (run / "fields.csv").exists()
    assert run_batch(local / "scans", run).exit_code == 7
    assert tables(run) == tables(local / "run")


def test_no_scheduler_is_an_error_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster_module, "_CONNECT_S", 1)
    (tmp_path / "scans").mkdir()
    result = run_batch(
        tmp_path / "scans", tmp_path / "run", "--dask", "tcp://127.0.0.1:9"
    )
    assert result.exit_code == 6
    assert "no scheduler answers at tcp://127.0.0.1:9" in result.stderr
