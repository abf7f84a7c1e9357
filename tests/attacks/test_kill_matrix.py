"""The kill matrix in the suite: a sample of its points, and the proof that it sees what is wrong.

`make kills` is the whole of it.
"""

from pathlib import Path
from typing import Any

import pytest

from marketplace.testing.postgres import EmbeddedPostgres
from tests.attacks.killed_flows import FLOWS
from tests.attacks.test_kills import results


def _matrix(folder: Path, flow: str, *words: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """What the unharmed run found, and then each point."""
    program = ["-m", "tests.attacks.kill_matrix", "--json", str(folder / "runs"), flow, *words]
    unharmed, *killed = results(program)
    assert unharmed["points"] > 50
    assert unharmed["theirs"] == unharmed["clearing"] != 0
    return unharmed, killed


def _all_right(killed: list[dict[str, Any]]) -> None:
    wrong = [f"{one['way']} {one['point']}: {one['wrong']}" for one in killed if one["wrong"]]
    right = sum(one["right"] for one in killed)
    kills = sum(one["kills"] for one in killed)
    print(f"{right} of {len(killed)} right, {kills} kills")
    assert right == len(killed) > 0, "\n".join(wrong)
    assert kills >= len(killed)


@pytest.mark.slow
@pytest.mark.attack(53, 54)
@pytest.mark.invariant(40, 41, 48)
@pytest.mark.parametrize("flow", FLOWS)
def test_whatever_is_killed_is_right_when_it_was_taken_up(tmp_path: Path, flow: str) -> None:
    """A flow with Stripe is killed before or after a commit or a call, and what takes it up is
    killed at the same point: a worker alone makes both sides agree and leaves nothing waiting, and
    in the end everything is as though nobody had been killed."""
    _, killed = _matrix(tmp_path, flow, "--every", "23", "--ways", "twice")
    _all_right(killed)


@pytest.mark.slow
@pytest.mark.attack(54)
@pytest.mark.invariant(40, 48)
def test_what_is_killed_on_postgresql_is_right_as_well(
    tmp_path: Path, embedded_postgres: EmbeddedPostgres, template: str
) -> None:
    """Goods of two sellers, killed after calls and taken up again."""
    where = ("--postgres", str(embedded_postgres.folder), template)
    only = ("--only", "after POST /v1", "--ways", "twice")
    _, killed = _matrix(tmp_path, "crates", *where, *only)
    _all_right(killed)


@pytest.mark.slow
@pytest.mark.attack(53)
@pytest.mark.invariant(42)
def test_without_keys_some_points_are_wrong(tmp_path: Path) -> None:
    """The negative control: a payment provider that asks under a new key each time is killed after
    its calls. What it asked is asked twice, and the matrix says so of each call that makes
    something; what Stripe itself does only once stays right."""
    words = ("--provider", "keyless", "--only", "after POST", "--ways", "once")
    _, killed = _matrix(tmp_path, "crossing", *words)
    wrong = {one["point"]: one["wrong"] for one in killed if one["wrong"]}
    held = wrong["after POST /v1/payment_intents"]
    assert any(why.startswith("things is") for why in held)
    # A transfer that nobody here knows can be told of as often as Stripe likes.
    assert "after POST /v1/transfers" in wrong
    assert len(wrong) < len(killed)


@pytest.mark.slow
@pytest.mark.attack(53, 54)
@pytest.mark.invariant(48)
def test_a_charge_before_its_commit_is_made_twice(tmp_path: Path) -> None:
    """The other negative control: whoever charges where the intent is written, and not after its
    commit, and is killed in between, charges once more when the deal is opened anew. The matrix
    finds a second charge, of which the books know nothing; behind the commit nothing is wrong."""
    words = ("--provider", "careless", "--only", "after POST /v1/payment_intents", "--ways", "once")
    unharmed, (between, behind) = _matrix(tmp_path, "chargeback", *words)
    assert (behind["wrong"], behind["kills"]) == ([], 1)
    ours, theirs = unharmed["clearing"], unharmed["theirs"] + 10_000 - 320
    assert f"in the end our books say {ours}, Stripe's {theirs}" in between["wrong"]
    assert "in the end 1 movements are unexplained" in between["wrong"]
