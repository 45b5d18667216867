"""What is installed, and which part may lean on which."""

from __future__ import annotations

import ast
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DATA = {"py.typed", "emulator/static/*", "emulator/templates/*"}
NOT_INSTALLED = {"tests", "benchmarks", "docs"}

MAY_IMPORT: dict[str, set[str]] = {
    "": set(),
    "assets": {"provider.contracts"},
    "clients": set(),
    "hooks": {"clients"},
    "triggers": {"clients", "hooks", "provider.contracts"},
    "operators": {"assets", "clients", "hooks", "triggers", "provider.contracts"},
    "sensors": {"clients", "hooks", "triggers"},
    "services": set(),
    "slackbot": {"services", "provider.contracts"},
    "webhooks": {"assets", "clients", "services", "provider.contracts"},
    "emulator": set(),
    "example_dags": {"assets", "clients", "hooks", "operators", "sensors", "provider.contracts"},
    "provider": {
        "assets",
        "clients",
        "hooks",
        "triggers",
        "operators",
        "sensors",
        "services",
        "slackbot",
        "webhooks",
        "emulator",
        "example_dags",
    },
}
"""Which of our folders (or modules) each folder may import; itself and the root always."""

STRANGERS: dict[str, set[str]] = {
    "clients": {"airflow", "slack_bolt", "slack_sdk"},
    "services": {"airflow", "slack_bolt", "slack_sdk"},
    "slackbot": {"airflow"},
    "webhooks": {"airflow", "slack_bolt", "slack_sdk"},
    "emulator": {"airflow", "slack_bolt", "slack_sdk"},
}
"""What a folder must not import of other people's."""

NEEDED_BY_AIRFLOW_AT_START = (
    "airflow_talent",
    "airflow_talent.assets.uris",
    "airflow_talent.provider.get_provider_info",
)
HEAVY = ("airflow", "httpx", "pydantic", "slack_bolt", "typer", "rich", "starlette")


def modules_of(folder: str) -> list[Path]:
    """Every module of one folder, relative to the root of the package."""
    pattern = f"{folder}/**/*.py" if folder else "*.py"
    return sorted(path.relative_to(ROOT) for path in ROOT.glob(pattern))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel of this checkout, built from a copy since building leaves things behind."""
    copy = tmp_path_factory.mktemp("copy") / "checkout"
    left_out = (".*", "build", "dist", "*.egg-info", "__pycache__", *NOT_INSTALLED)
    shutil.copytree(ROOT, copy, ignore=shutil.ignore_patterns(*left_out))
    uv = Path(sys.executable).with_name("uv")
    built = subprocess.run(
        [uv, "build", "--wheel", "--quiet", "--out-dir", copy / "dist", copy],
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return zipfile.ZipFile(next((copy / "dist").glob("*.whl")))


def test_the_wheel_holds_every_module_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    modules = {path for folder in MAY_IMPORT for path in modules_of(folder)}
    data = {path.relative_to(ROOT) for pattern in DATA for path in ROOT.glob(pattern)}
    expected = {f"airflow_talent/{path.as_posix()}" for path in modules | data}

    installed = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert installed == expected


def test_the_wheel_registers_provider_fixture_and_command(wheel: zipfile.ZipFile) -> None:
    (entry_points,) = (name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    text = wheel.read(entry_points).decode()

    for group in ("apache_airflow_provider", "console_scripts", "pytest11"):
        assert f"[{group}]" in text


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_each_part_leans_only_on_those_below_it(folder: str) -> None:
    allowed = {folder, "", *MAY_IMPORT[folder]}

    wrong = [
        f"{path}:{line} imports {name}"
        for path in modules_of(folder)
        for line, name in own_imports(path)
        if not any(name == each or (each and name.startswith(f"{each}.")) for each in allowed)
    ]

    assert not wrong


@pytest.mark.parametrize("folder", STRANGERS)
def test_no_part_leans_on_strangers_it_must_not_know(folder: str) -> None:
    wrong = [
        f"{path}:{line} imports {name}"
        for path in modules_of(folder)
        for line, name in absolute_imports(path)
        if name.partition(".")[0] in STRANGERS[folder]
    ]

    assert not wrong


def test_imports_inside_the_package_are_relative() -> None:
    wrong = [
        f"{path}:{line} imports {name}"
        for folder in MAY_IMPORT.keys() - {"example_dags"}
        for path in modules_of(folder)
        for line, name in absolute_imports(path)
        if name.partition(".")[0] == "airflow_talent"
    ]

    assert not wrong


@pytest.mark.parametrize("module", NEEDED_BY_AIRFLOW_AT_START)
def test_what_airflow_loads_in_every_process_is_light(module: str) -> None:
    program = f"import sys; sys.modules.update(dict.fromkeys({HEAVY!r})); import {module}"

    imported = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )

    assert imported.returncode == 0, imported.stderr


def own_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name, relative to the package, of what a module imports of ours."""
    package = path.parent.parts
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            above = package[: len(package) - node.level + 1]
            module = ".".join([*above, *filter(None, [node.module])])
            yield from ((node.lineno, name) for name in _imported(module, node))
    for line, name in absolute_imports(path):
        if name.startswith("airflow_talent."):
            yield line, name.removeprefix("airflow_talent.")


def absolute_imports(path: Path) -> Iterator[tuple[int, str]]:
    """Line and name of what a module imports by its full name."""
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.lineno, node.module


def _imported(module: str, node: ast.ImportFrom) -> Iterator[str]:
    """`from ..clients import vitay` imports a module, `from .. import __version__` a name."""
    for alias in node.names:
        name = f"{module}.{alias.name}".lstrip(".")
        place = ROOT / Path(*name.split("."))
        yield name if place.is_dir() or place.with_suffix(".py").exists() else module
