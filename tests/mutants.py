"""Breaks the policy one rule at a time and looks whether a test notices: `python -m tests.mutants`, or `./run test --long`.

A mutant is one change in one place: a comparison turned round, a condition that always holds or never, `and` for `or`, the earliest for the
latest, an entry of a table left out or added. The broken code takes the place of the true one in a process of its own, where the tests run
until the first that fails. What survives is explained below, or is a hole. Rights themselves (role, operation, relation) are not among the
mutants: `test_access_policy.py` compares all of them with a list, so that none can be added or lost unseen.
"""

import ast
import copy
import importlib
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol

from domain.access import access_policy
from domain.categories import YOUTH_CATEGORIES
from domain.trail import Purpose

HOUSE: Final = Path(__file__).parents[1]
MODULES: Final = (
    "domain.access.access_policy",
    "domain.access.relations",
    "domain.record.record_access_events",
    "domain.record.record_accesses",
    "domain.access.teams",
    "domain.access.replacements",
    "domain.access.glass_tries",
    "domain.access.glass_register",
    "domain.access.glass_commands",
    "domain.replay",
)
JUDGES: Final = (
    *("test_access_policy.py", "test_glass.py", "test_glass_tries.py", "test_accesses.py", "test_decisions_by_reference.py"),
    *("test_leaving_a_record.py", "test_organisation.py"),
)
_RIVALS: Final = "reached after fifty rivals in a row; then the refusal of the store itself is told"
_SPARED: Final = "the record decides whether it lasts; this spares reading those of earlier nights"
EXPLAINED: Final[dict[str, str]] = {
    "domain.access.glass_commands always: decides_for(actor, Operation.ACKNOWLEDGE_GLASS, Relation.REFERENT)": "only referents are told",
    "domain.access.glass_commands never: not register.pending_events": (
        "the store in memory takes an append of nothing; PostgreSQL's does not (test_the_referent_says_that_they_have_seen_it)"
    ),
    "domain.access.glass_commands always: isinstance(granted, GlassBroken)": "the register names accesses of that kind alone",
    "domain.access.glass_commands always: at < entry.ends_at": _SPARED,
    "domain.access.glass_commands turned: at <= entry.ends_at": _SPARED,
    "domain.access.glass_commands never: not decides_for(actor, Operation.BREAK_GLASS, Relation.NONE)": (
        "whoever is no educator stands behind no glass: the record says so too"
    ),
    "domain.access.glass_commands never: not tries_left": _RIVALS,
    "domain.access.glass_commands always: not tries_left": _RIVALS,
    "domain.access.glass_commands not: not not tries_left": _RIVALS,
}
"""What survives and may: the mutant as it is named, and why nothing could notice it."""

_TURNED: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
_SWAPPED: Final = {"max": "min", "min": "max", "all": "any", "any": "all"}


@dataclass(frozen=True)
class Mutant:
    """One way to break the policy. `apply` does it in this process, for good."""

    name: str
    apply: Callable[[], None]


def mutants() -> Iterator[Mutant]:
    """Give every mutant."""
    yield from _of_tables()
    for module in MODULES:
        yield from _of_functions(module)


class Jury:
    """A pytest plugin that runs the collected tests once a mutant, each time in a process of its own, so that nothing of it stays."""

    def __init__(self, accused: list[Mutant]) -> None:
        self._accused = accused
        self.surviving: list[str] = []

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge them all."""
        # Whoever nobody broke must pass, or every verdict below would be worth nothing.
        assert not _fails(session, lambda: None)
        self.surviving = [mutant.name for mutant in self._accused if not _fails(session, mutant.apply)]
        return True


def _fails(session: pytest.Session, apply: Callable[[], None]) -> bool:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0
    status = 1
    try:
        apply()
        items = session.items
        failed = [
            report.nodeid
            for item, following in zip(items, [*items[1:], None], strict=True)
            for report in runtestprotocol(item, log=False, nextitem=following)
            if report.failed
        ]
        status = int(bool(failed))
    finally:
        os._exit(status)


def surviving(accused: list[Mutant]) -> list[str]:
    """Name the mutants that no test notices."""
    jury = Jury(accused)
    folder = HOUSE / "tests" / "unit" / "domain"
    pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *(str(folder / judge) for judge in JUDGES)], plugins=[jury])
    return jury.surviving


def _of_tables() -> Iterator[Mutant]:
    tables: dict[str, tuple[dict[Any, frozenset[Any]], frozenset[Any]]] = {
        "_PURPOSES": (access_policy._PURPOSES, frozenset(Purpose)),
        "_OPENS": (access_policy._OPENS, frozenset(YOUTH_CATEGORIES)),
    }
    for name, (table, universe) in tables.items():
        for key in table:
            for value in sorted(universe):
                change = "without" if value in table[key] else "with"
                yield Mutant(f"{name}[{key}] {change} {value}", lambda t=table, k=key, v=value: t.update({k: t[k] ^ {v}}))
    for key in access_policy._STATED:
        yield Mutant(f"_STATED without {key}", lambda k=key: access_policy._STATED.pop(k) and None)


def _of_functions(module: str) -> Iterator[Mutant]:
    path = HOUSE / f"{module.replace('.', '/')}.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for number, node in enumerate(ast.walk(tree)):
        for kind, _ in enumerate(_changes(node)):
            broken = copy.deepcopy(tree)
            said = list(_changes(list(ast.walk(broken))[number]))[kind]()
            code = compile(ast.fix_missing_locations(broken), str(path), "exec")
            yield Mutant(f"{module} {said}", lambda code=code: _take_the_place(module, code))


def _take_the_place(module: str, broken: CodeType) -> None:
    """Put each broken function where the true one is: whoever imported it calls the broken one."""
    for code in _codes(broken):
        found: Any = importlib.import_module(module)
        for part in code.co_qualname.split("."):
            found = getattr(found, "__dict__", {}).get(part)
        function = getattr(found, "fget", None) or getattr(found, "__func__", None) or found
        if isinstance(function, FunctionType):
            function.__code__ = code


def _codes(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield inner
            yield from _codes(inner)


def _changes(node: ast.AST) -> Iterator[Callable[[], str]]:
    if isinstance(node, ast.Compare) and type(node.ops[0]) in _TURNED:
        yield lambda: _turn(node)
    if isinstance(node, ast.BoolOp):
        yield lambda: _swap_bool(node)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield lambda: _drop_not(node)
    if isinstance(node, ast.If | ast.IfExp) and ast.unparse(node.test) != "TYPE_CHECKING":
        yield lambda: _condition(node, value=True)
        yield lambda: _condition(node, value=False)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _SWAPPED:
        yield lambda: _swap_call(node)


def _turn(node: ast.Compare) -> str:
    node.ops[0] = _TURNED[type(node.ops[0])]()
    return f"turned: {ast.unparse(node)}"


def _swap_bool(node: ast.BoolOp) -> str:
    node.op = ast.Or() if isinstance(node.op, ast.And) else ast.And()
    return f"and/or: {ast.unparse(node)}"


def _drop_not(node: ast.UnaryOp) -> str:
    node.operand = ast.UnaryOp(ast.Not(), node.operand)
    return f"not: {ast.unparse(node)}"


def _condition(node: ast.If | ast.IfExp, *, value: bool) -> str:
    said = ast.unparse(node.test)
    node.test = ast.Constant(value)
    return f"{'always' if value else 'never'}: {said}"


def _swap_call(node: ast.Call) -> str:
    assert isinstance(node.func, ast.Name)
    node.func.id = _SWAPPED[node.func.id]
    return f"swapped: {ast.unparse(node)}"


if __name__ == "__main__":
    everyone = list(mutants())
    left = surviving(everyone)
    sys.stdout.write(f"{len(everyone)} mutants, {len(left)} survive\n" + "".join(f"{name}\n" for name in left))
