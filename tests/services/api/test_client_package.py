"""The client as a package: its wheel, the examples of its page, its generated core and its notebook."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import nbformat
import pytest
import steppe_client
from nbclient import NotebookClient

from steppe.release import RELEASE
from tests.central_asia import api_of_central_asia
from tests.services.api.listed_rows import items
from tests.stack import Service, Stack

ROOT = Path(__file__).resolve().parents[3]
PACKAGE = ROOT / "clients" / "python"
OTHERS = ROOT / ".venv-client" / "bin"
NOTEBOOK = ROOT / "examples" / "notebook" / "five-questions.ipynb"
EXECUTED = ROOT / "build" / "notebook" / NOTEBOOK.name
AS_OF = "2026-11-01"


@pytest.fixture(scope="module")
def api(stack: Stack, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with api_of_central_asia(stack, template, tmp_path_factory.mktemp("client-package")) as service:
        yield service


def test_the_wheel_works_where_nothing_else_of_steppe_is_and_says_which_library_is_missing(
    api: Service, tmp_path: Path
) -> None:
    assert (OTHERS / "datamodel-codegen").is_file(), "there is no .venv-client: run make .venv-client/ready"
    pip: list[str | Path] = [OTHERS / "python", "-m", "pip", "--disable-pip-version-check", "--quiet"]
    built = [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", tmp_path, copy_of_sources(tmp_path)]
    subprocess.run(built, check=True, timeout=120)
    (wheel,) = tmp_path.glob("steppe_client-*.whl")
    installed = tmp_path / "installed"
    subprocess.run([*pip, "install", "--no-deps", "--target", installed, wheel], check=True, timeout=120)
    script = f"""
import json, pandas, steppe_client as steppe
flags = steppe.flags(as_of="{AS_OF}", country="KZ")
try:
    steppe.connect(frame="polars").flags()
except ImportError as error:
    missing = str(error)
print(json.dumps([steppe.__file__, steppe.__version__, pandas.__version__, str(flags.since.dtype), len(flags), missing]))
"""
    environment = {"PYTHONPATH": str(installed), "STEPPE_API": api.address, "PATH": os.environ["PATH"]}
    ran = subprocess.run(
        [OTHERS / "python", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    file, version, of_pandas, days, rows, missing = json.loads(ran.stdout)
    assert Path(file).is_relative_to(installed)
    assert (installed / "steppe_client" / "py.typed").is_file()
    assert version == RELEASE
    assert of_pandas.startswith("2."), "the tests here run with the next major version"
    assert (days, rows) == ("datetime64[s]", len(items(api, "/v1/flags", as_of=AS_OF, country="KZ")))
    assert missing == "polars is not installed: pip install 'steppe-client[polars]'"


def copy_of_sources(folder: Path) -> Path:
    """The sources beside the test's own files, because a build leaves things behind."""
    target = folder / "sources"
    target.mkdir()
    for file in ("pyproject.toml", "README.md"):
        (target / file).write_bytes((PACKAGE / file).read_bytes())
    for source in (PACKAGE / "steppe_client").rglob("*"):
        if source.suffix == ".py" or source.name == "py.typed":
            copy = target / source.relative_to(PACKAGE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(source.read_bytes())
    return target


def test_the_examples_of_its_page_run(api: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (ROOT / "docs" / "client.md").read_text().replace("https://steppe.example", api.address)
    examples = re.findall(r"^```python\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    assert len(examples) == 3
    monkeypatch.setenv("STEPPE_API", api.address)
    steppe_client.close()  # asked before, of another address
    exec("\n".join(examples), {})
    steppe_client.close()


def test_the_core_is_what_the_document_of_the_api_makes(tmp_path: Path) -> None:
    spec = importlib.util.spec_from_file_location("generate_client_core", PACKAGE / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    generate.write(tmp_path)
    for file in ("answer_types.py", "question_types.py"):
        assert (tmp_path / file).read_text() == (generate.CORE / file).read_text(), "run make client-core"


def test_the_client_has_the_release_of_the_api() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text())["project"]
    assert project["version"] == steppe_client.__version__ == RELEASE


def test_the_notebook_answers_its_five_questions_with_charts_and_the_figures_of_the_api(
    api: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    notebook = nbformat.read(NOTEBOOK, as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell for cell in cells if cell.outputs or cell.execution_count] == [], "store it without outputs"
    monkeypatch.setenv("STEPPE_API", api.address)
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE))
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    EXECUTED.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, EXECUTED)  # type: ignore[no-untyped-call]  # to be looked at
    outputs = [output for cell in cells for output in cell.outputs]
    assert len([output for output in outputs if "image/png" in output.get("data", {})]) == 5
    printed = [line for output in outputs if output.output_type == "stream" for line in output.text.splitlines()]
    papers = items(api, "/v1/flags", as_of=AS_OF, country="KZ", flag="memorandum-only")
    japan = items(api, "/v1/deals", as_of=AS_OF, investor_country="JP")
    ends = [items(api, "/v1/flags", as_of=day, flag="memorandum-only") for day in ("2025-12-31", "2005-12-31")]
    markets = [
        row for row in items(api, "/v1/markets", as_of=AS_OF) if row["nations_bound"] and row["nations_paper_only"]
    ]
    with httpx.Client(base_url=api.address, params={"as_of": AS_OF}, timeout=30) as plain:
        cards = [
            plain.get(f"/v1/forums/{row['key']}/scorecard").json() for row in items(api, "/v1/forums", as_of=AS_OF)
        ]
    cards = [card for card in cards if card["papers"] >= 2]
    assert printed == [
        f"1: {len(papers)} deals, the oldest {max(row['clock']['age_months'] for row in papers)} months",
        f"2: {len(japan)} deals of Japan, {sum(row['level'] in ('identified', 'announced', 'memorandum') for row in japan)} of them paper or word",
        f"3: {len(ends[0])} deals at the end of 2025, {len(ends[1])} at the end of 2005",
        f"4: {sum(card['papers'] for card in cards)} papers of {len(cards)} forums, {sum(card['strict'] for card in cards)} bind",
        f"5: {len(markets)} markets, Japan has only paper in {sum('JP' in row['nations_paper_only'] for row in markets)}",
    ]
