"""Which way imports point (house rule): read from the source, so that a wrong arrow fails before it grows roots."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ALLOWED: dict[str, set[str]] = {
    "classroom": set(),
    "media": set(),
    "signaling": {"media.control"},
    "recording": {"media", "classroom.actions", "classroom.errors", "classroom.ports"},
    "web": {"classroom", "signaling", "recording", "media"},
}
EDGES = {
    "classroom": ("classroom.store", "classroom.pdf"),
    "signaling": ("signaling.server", "signaling.redis_bus", "signaling.media_link"),
    "media": ("media.server", "media.tcp", "media.listening", "media.control_channel", "media.recorders"),
    "recording": (),
}
FOREIGN_TO_PURE = ("asyncio", "socket", "sqlalchemy", "fastapi", "starlette")


def imports_of(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            raise AssertionError(f"{path}: relative imports hide where an arrow points")
    return names


def inside(name: str, places: set[str] | tuple[str, ...]) -> bool:
    return any(name == place or name.startswith(place + ".") for place in places)


@pytest.mark.parametrize("package", sorted(ALLOWED))
def test_packages_import_only_what_they_may(package: str) -> None:
    ours = set(ALLOWED) - {package}
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for name in sorted(imports_of(path))
        if inside(name, ours) and not inside(name, ALLOWED[package])
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("package", sorted(EDGES))
def test_pure_files_never_import_the_edge(package: str) -> None:
    """A file that calls itself pure in its first lines is; the academic domain is pure but for store, passwords and paper."""
    files = {path for path in (ROOT / package).glob("*.py") if is_pure(path)}
    if package == "classroom":
        files |= set((ROOT / package).glob("*.py")) - {ROOT / package / f"{name}.py" for name in ("passwords", "pdf", "demo")}
    assert files
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in sorted(files)
        for name in sorted(imports_of(path))
        if inside(name, EDGES[package]) or name.split(".")[0] in FOREIGN_TO_PURE
    ]
    assert not wrong, "\n".join(wrong)


def is_pure(path: Path) -> bool:
    return "(pure" in (ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "").partition("\n\n")[0]


def test_top_level_is_as_agreed() -> None:
    places = ("classroom", "signaling", "recording", "media", "web", "tests")
    files = ("pyproject.toml", "docker-compose.yml", "README.md", "Makefile", "requirements.lock", "LICENSE")
    agreed = {*places, *files}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".") and path.name != "__pycache__"}
    assert found <= agreed, found - agreed


def test_package_inits_hold_a_docstring_only() -> None:
    for package in ALLOWED:
        tree = ast.parse((ROOT / package / "__init__.py").read_text(encoding="utf-8"))
        assert len(tree.body) == 1
        assert ast.get_docstring(tree)
