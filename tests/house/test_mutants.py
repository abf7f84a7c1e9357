"""What `make mutants` looks at is there, and what it is told to overlook is still what it was."""

from tests.mutants.explaining import PAGE, Change, change_of, explained, row_of
from tests.mutants.judges import JUDGED
from tests.support.data import REPOSITORY

FALLEN = """--- a
+++ b
@@ -1,2 +1,2 @@
 def f(a: int | None) -> None:
-    put(a
-        or b)
+    put(a and b)
"""


def test_every_judge_is_there() -> None:
    """Each module that is mutated exists, and so does each file of tests that judges it."""
    for judged in JUDGED.values():
        assert (REPOSITORY / judged.source).is_file()
        for test in judged.quick + judged.thorough:
            assert (REPOSITORY / test).is_file()


def test_every_explanation_is_of_code_that_is_there() -> None:
    """A survivor is explained by a line that stands in its module as the page tells it; where the
    line was changed, the explanation has to be thought over."""
    known = explained((REPOSITORY / PAGE).read_text())
    assert known
    texts = {judged.source.stem: [] for judged in JUDGED.values()}
    for judged in JUDGED.values():
        text = " ".join((REPOSITORY / judged.source).read_text().split())
        texts[judged.source.stem].append(text)
    for change in known:
        module, *_, function = change.where.split(".")
        told = [text for text in texts[module] if f"def {function}(" in text]
        assert any(change.was in text for text in told), change


def test_an_explanation_is_read_as_it_was_written() -> None:
    """What a mutant changes is written into a table and read from it again, bars and all."""
    change = change_of("money.f", FALLEN)
    assert change == Change("money.f", "put(a or b)", "put(a and b)")
    bar = Change("money.f", "a | b", "a & b")
    page = "\n".join([row_of(change, "why"), row_of(bar, "why not")])
    assert explained(page) == {change, bar}
    assert explained(row_of(change, "")) == set()
