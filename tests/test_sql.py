"""The statements of the `.sql` files: found by name, and called with the names of their parameters."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import get_type_hints

import pytest

from services.api.web import list_filters
from steppe.database.sql import Statement, files, load, parse

_ROOT = Path(__file__).parent.parent
_PACKAGES = ("steppe.database", "services.api")
_BY_NAME = ("rows", "row", "each")  # the methods of a snapshot that take a statement's name


def test_statements_are_found_by_name_and_two_of_one_name_are_refused() -> None:
    text = "-- About the file.\n-- name: one\n-- It counts.\nSELECT 1;\n\n-- name: two\nSELECT 2;\n"
    assert dict(parse(text, "x")) == {"one": "-- It counts.\nSELECT 1;", "two": "SELECT 2;"}
    with pytest.raises(ValueError, match="two statements are named one"):
        parse("-- name: one\nSELECT 1;\n-- name: one\nSELECT 2;", "x")
    with pytest.raises(ValueError, match="a statement below it"):
        parse("-- name: one\n-- name: two\nSELECT 2;", "x")


def test_parameters_are_numbered_where_they_are_first_named() -> None:
    statement = Statement("SELECT :day::date, 'at 10:30 :no', \"x:y\" -- :comment\nWHERE a = :day AND b = ANY(:flags)")
    assert statement == "SELECT $1::date, 'at 10:30 :no', \"x:y\" -- :comment\nWHERE a = $1 AND b = ANY($2)"
    assert statement(flags=["silent"], day=7) == (str(statement), 7, ["silent"])


def test_a_statement_without_named_parameters_is_a_text_that_asyncpg_takes() -> None:
    assert type(parse("-- name: one\nSELECT 1;", "x")["one"]) is str


def test_a_numbered_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="one numbers its parameters: name them, as in :as_of"):
        parse("-- name: one\nSELECT $1;", "x")


def test_a_missing_and_an_unknown_parameter_are_refused_with_their_names() -> None:
    statement = Statement("SELECT :day, :flags")
    with pytest.raises(TypeError, match=r"missing: \['flags'\], unknown: \['days'\]"):
        statement(day=1, days=2)


def test_no_two_files_of_the_api_have_statements_of_one_name() -> None:
    """A snapshot knows those of all files by name, and would ask the last."""
    named = [name for file in files("services.api") for name in load(file, "services.api")]
    assert sorted({name for name in named if named.count(name) > 1}) == []


def test_every_call_of_a_statement_names_its_parameters() -> None:
    statements: dict[str, set[frozenset[str]]] = {}
    for package in _PACKAGES:
        for file in files(package):
            for name, statement in load(file, package).items():
                statements.setdefault(name, set()).add(frozenset(getattr(statement, "parameters", ())))
    calls = [
        call for folder in ("services", "steppe") for file in (_ROOT / folder).rglob("*.py") for call in _calls(file)
    ]
    unwritten = [(place, name) for place, name, given in calls if given and name not in statements]
    assert unwritten == [], "no file has a statement of that name"
    wrong = [
        f"{place}: {name} takes {[sorted(names) for names in statements[name]]}, is given {sorted(given)}"
        for place, name, given in calls
        if name in statements and given not in statements[name]
    ]
    assert wrong == []


def _calls(file: Path) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each call of a statement by its literal name: where, which, and with which keywords."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        match node.func, node.args:
            case ast.Subscript(slice=ast.Constant(value=str(name))), []:
                pass
            case ast.Attribute(attr=method), [ast.Constant(value=str(name))] if method in _BY_NAME:
                pass
            case _:
                continue
        keywords = frozenset(name for keyword in node.keywords for name in _names(keyword))
        yield f"{file.relative_to(_ROOT)}:{node.lineno}", name, keywords


def _names(keyword: ast.keyword) -> Iterator[str]:
    """The names that a keyword gives: its own, or those of the filters that `**project_filters(...)` and the like return."""
    match keyword:
        case ast.keyword(arg=str(name)):
            yield name
        case ast.keyword(value=ast.Call(func=ast.Name(id=function))):
            yield from get_type_hints(get_type_hints(getattr(list_filters, function))["return"])
