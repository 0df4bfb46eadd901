"""`lockmodel order`: the order that was seen as a declaration, and held against one."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockmodel.report.hierarchy import as_lockdep, chains, reduced, topological
from tests.cli import specs
from tests.cli.conftest import Run

TOML = """\
# As seen by lockmodel in every interleaving of 1 scenario of fine.py (as-written).
model = "fine"
design = "as-written"
# lock classes, outermost first
chains = [
    ["a", "b"],
]
"""
COMMENT = """\
/*
 * Lock ordering of fine, outermost first.
 * As seen by lockmodel in every interleaving of 1 scenario of fine.py (as-written).
 *
 *  ->a
 *    ->b
 */
"""
LOCKDEP = """\
/*
 * The lock order of fine. As seen by lockmodel in every interleaving of 1 scenario of fine.py (as-written).
 *
 * Call it once at init, with one object of each kind: from then on lockdep reports the first step against
 * this order, also where the run never comes to the deadlock (the kernel does so for fs_reclaim and
 * mmap_lock, and might_lock() takes and releases a lock for lockdep alone).
 */
static void __init fine_teach_lockdep(void)
{
\tmutex_lock(&a);
\tmight_lock(&b);
\tmutex_unlock(&a);
}
"""


@pytest.fixture(autouse=True)
def _specs(tmp_path: Path) -> None:
    for name, text in (("fine", specs.VERIFIED), ("deadlock", specs.DEADLOCK), ("gated", specs.GATED)):
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("form", "text"), [("toml", TOML), ("comment", COMMENT), ("lockdep", LOCKDEP)])
def test_the_order_is_printed_as_a_declaration(run: Run, form: str, text: str) -> None:
    shown = run("order", "fine.py", "--emit", form)
    assert (shown.exit_code, shown.stdout) == (0, text)


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("deadlock.py", "a -> b -> a (reachable: it deadlocks in two_threads)"),
        ("gated.py", "a -> b -> a (unreachable: gate lock g: it is held wherever the locks are taken in these orders)"),
    ],
)
def test_there_is_no_order_where_it_goes_round(run: Run, spec: str, why: str) -> None:
    shown = run("order", spec)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert shown.stderr == f"the lock order goes round: {why}\nthere is no order to declare while it does\n"


def test_what_was_emitted_is_kept_to(run: Run) -> None:
    Path("order.toml").write_text(run("order", "fine.py").stdout)
    assert run("order", "fine.py", "--against", "order.toml").exit_code == 0


def test_an_order_that_is_not_kept_to_is_a_finding_with_its_schedule(run: Run) -> None:
    Path("order.toml").write_text(TOML.replace('"a", "b"', '"b", "a"'))
    shown = run("order", "fine.py", "--against", "order.toml")
    assert shown.exit_code == 1
    assert "LM201 hierarchy  a -> b" in shown.stdout
    assert (
        "Thread forth: forth asks for b while it holds a, but b comes before a in the declared order." in shown.stdout
    )


BAD = [
    ('chains = [["a", "bb"]]', "order.toml:1: the hierarchy names `bb`, which is no lock class of the model"),
    ('chains = [["a", "b", "a"]]', "order.toml:1: the hierarchy names `a` twice in one chain"),
    (
        'chains = [\n    ["a", "b"],\n    ["b", "a"],\n]',
        "order.toml:3: the hierarchy contradicts itself: `b` above `a` (order.toml:3), but `a` above `b` "
        "(order.toml:2)",
    ),
    ("chains = 3", "order.toml: has no `chains`"),
    ("chains = [", "order.toml: is no TOML"),
]


@pytest.mark.parametrize(("text", "message"), BAD)
def test_a_file_that_is_no_order_is_refused(run: Run, text: str, message: str) -> None:
    Path("order.toml").write_text(text)
    shown = run("order", "fine.py", "--against", "order.toml")
    assert shown.exit_code == 2
    assert message in shown.stderr


def test_a_file_that_is_not_there_and_options_that_contradict_are_refused(run: Run) -> None:
    assert run("order", "fine.py", "--against", "missing.toml").exit_code == 2
    assert run("order", "fine.py", "--against", "o.toml", "--emit", "toml").exit_code == 2
    assert run("order", "fine.py", "--emit", "tolm").exit_code == 2


def test_not_every_interleaving_is_no_order(run: Run) -> None:
    shown = run("order", "fine.py", "--max-states", "1")
    assert shown.exit_code == 3
    assert "not every interleaving" in shown.stdout


def test_an_order_says_no_more_than_is_needed() -> None:
    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("d", "c"), ("a", "d")]
    assert reduced(edges) == [("a", "b"), ("a", "d"), ("b", "c"), ("d", "c")]
    assert topological(edges) == ["a", "b", "d", "c"]
    assert chains(edges) == [["a", "b", "c"], ["a", "d", "c"]]
    assert chains([]) == []


def test_lockdep_is_shown_subclasses_by_its_own_functions() -> None:
    code = as_lockdep(
        [("Dir.lock", "Dir.lock/1"), ("Dir.lock/1", "big")], "m", {"Dir.lock": "mutex", "big": "spinlock"}, ""
    )
    assert "Not shown" not in code
    assert code.partition("{\n")[2] == (
        "\tmutex_lock(&dir->lock);\n\tmight_lock_nested(&dir->lock, 1);\n\tmutex_unlock(&dir->lock);\n"
        "\tmutex_lock_nested(&dir->lock, 1);\n\tmight_lock(&big);\n\tmutex_unlock(&dir->lock);\n}\n"
    )


def test_every_kind_of_lock_that_lockdep_knows_is_shown_to_it(run: Run) -> None:
    shapes = Path(__file__).resolve().parent.parent.parent / "specs" / "locks"
    code = run("order", str(shapes / "holds" / "nested.py"), "--emit", "lockdep").stdout
    assert "Not shown" not in code
    assert "raw_spin_lock(&dir->raw);" in code
    assert "down_write(&dir->rwsem);" in code
