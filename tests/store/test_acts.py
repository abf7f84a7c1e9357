"""What waits for the end of a unit of work: in its order, and what is last behind all of it."""

from contextlib import suppress

from marketplace.store.store import SqlStore


def test_the_last_act_comes_once_and_behind_all_others(store: SqlStore) -> None:
    """What is to be done behind all that waits for the commit is done once, however often it was
    asked for, also where the block that asked first was undone; and never if all was."""
    done: list[str] = []

    def last() -> None:
        done.append(f"last, in work: {store.in_work()}")

    with store.begin() as work:
        with suppress(KeyError), store.begin():
            work.after_all(last)
            raise KeyError
        for number in (1, 2):
            work.after_all(last)
            work.after_commit(lambda number=number: done.append(str(number)))  # type: ignore[misc]
        assert done == []
    assert done == ["1", "2", "last, in work: False"]
    with suppress(KeyError), store.begin() as work:
        work.after_all(last)
        raise KeyError
    assert len(done) == 3
