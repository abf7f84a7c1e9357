"""What is read off a process: its drawing, its table, forms and notices."""

import re
from itertools import pairwise

import pytest

from marketplace.domain.drawing import Notice, forms, mermaid, notifications, table
from marketplace.domain.effect import CHARGE, SETTLE
from marketplace.domain.party import CLOCK, CUSTOMER, IMPERSONAL, OPERATOR, PROVIDER
from marketplace.domain.transition import After, Transition
from tests.support.deals import bare, deal, go
from tests.support.trade_rows import MINUTE, MODERATOR
from tests.support.trades import TRADES, escrow, goods, ride, subscription


def test_a_small_deal_is_drawn() -> None:
    """A drawing has an arrow for every outcome of every row, with who, effects and time."""
    assert mermaid(deal()) == (
        "stateDiagram-v2\n"
        "    [*] --> start\n"
        "    start --> waiting : pay (customer) / hold\n"
        "    start --> no : pay refused\n"
        "    start --> no : pay needs customer\n"
        "    waiting --> done : perform (provider) / capture, settle\n"
        "    waiting --> stuck : perform refused\n"
        "    waiting --> over : expire (clock) / void [1 h later]\n"
        "    stuck --> over : give_up (clock) / void [1 h later]\n"
        "    no --> [*]\n"
        "    done --> [*]\n"
        "    over --> [*]\n"
    )


@pytest.mark.parametrize("name", TRADES)
def test_a_drawing_shows_every_state_and_way(name: str) -> None:
    """Every state stands in the drawing once, and there are as many arrows as ways."""
    process = TRADES[name]()
    lines = mermaid(process).splitlines()
    arrows = [line for line in lines if " --> " in line and "[*]" not in line]
    rows = [row for state in process.states for row in process.rows_from(state)]
    ways = sum(1 + (row.failed is not None) + (row.needs_customer is not None) for row in rows)
    assert len(arrows) == ways
    assert sum("--> [*]" in line for line in lines) == len(process.final)
    drawn = {end for line in arrows for end in re.findall(r"\w+", line.split(" : ")[0])}
    assert len(drawn) == len(process.states)


def test_states_with_strange_names_are_told_apart() -> None:
    """States whose names are no identifiers get distinct ones and keep their names as labels."""
    names = ["end", "a b", "a_b", "a-b", "2nd: try", 'so "called"']
    rows = [
        Transition(f"row_{number}", CUSTOMER, one, other)
        for number, (one, other) in enumerate(pairwise(names))
    ]
    text = mermaid(bare(*rows, start="end", final={'so "called"'}))
    labels = dict(re.findall(r'state "(.*)" as (\w+)', text))
    assert set(labels) == {"end", "a b", "a-b", "2nd#58; try", "so #34;called#34;"}
    assert len({*labels.values(), "a_b"}) == len(names)
    assert "    end --> " not in text


def test_a_table_has_a_line_for_every_row_and_state() -> None:
    """A row that leaves two states stands in the table twice; cells are plain text."""
    rows = table(ride())
    assert len(rows) == sum(len(row.sources) for row in ride().transitions)
    twice = [row for row in rows if row.name == "driver_cancel"]
    assert [row.source for row in twice] == ["accepted", "arrived"]
    assert twice[0].effects == "unseat provider, free attention"
    (finish,) = (row for row in rows if row.name == "finish")
    assert (finish.who, finish.when) == ("provider, clock", "12 h later")
    assert (finish.failed, finish.needs_customer) == ("uncollected", "")
    (no_show,) = (row for row in rows if row.name == "no_show")
    assert no_show.when == "not before 5 min later"
    (chargeback,) = (row for row in table(goods()) if row.name == "chargeback")
    assert chargeback.when == "on chargeback"


def test_forms_are_what_one_may_do_now() -> None:
    """Somebody sees a form for each row that is theirs in this state, and for no other."""
    process = ride()
    mine = forms(process, "arrived", [PROVIDER])
    assert [form.name for form in mine] == ["driver_cancel", "no_show", "start"]
    assert mine[1].not_before == After(5 * MINUTE)
    assert mine[1].lines == "no_show"
    assert [ask.name for ask in mine[2].asks] == ["code"]
    (late,) = forms(process, "arrived", [CUSTOMER])
    assert late.asks[0].choices == ("changed my mind", "too long")
    assert forms(process, "completed", [CUSTOMER, PROVIDER]) == []
    for state in process.states:
        for role in process.roles:
            names = [form.name for form in forms(process, state, [role])]
            assert names == process.allowed(state, [role])


def test_what_both_sides_must_want_is_marked() -> None:
    """A drawing joins the roles of an agreed row by a plus; its form says that it is proposed."""
    alter = Transition("alter", (CUSTOMER, PROVIDER), "a", "z", agreed=True)
    process = bare(go(), alter)
    assert "a --> z : alter (customer + provider)" in mermaid(process)
    (row,) = (row for row in table(process) if row.name == "alter")
    assert row.who == "customer + provider"
    assert [form.agreed for form in forms(process, "a", [CUSTOMER])] == [False, True]
    assert process.allowed("a", [CUSTOMER]) == ["go", "propose alter"]
    assert process.takes("a", [CUSTOMER]) == ["go"]


def heard(notices: list[Notice], row: str, outcome: str = "done") -> set[tuple[str, str]]:
    """Who did it and who hears of it, for one row in every state it leaves."""
    return {
        (str(notice.by), " ".join(str(role) for role in notice.hears))
        for notice in notices
        if notice.row == row and notice.outcome == outcome
    }


def test_everybody_hears_but_who_did_it() -> None:
    """Whoever sits in the transaction hears of a row, except the one who took it."""
    notices = notifications(goods())
    assert heard(notices, "ship") == {("provider", "customer")}
    assert heard(notices, "order") == {("customer", "provider")}
    assert heard(notices, "decide") == {("operator", "customer provider")}
    assert heard(notices, "cancel") == {
        ("customer", "provider"),
        ("provider", "customer"),
        ("clock", "customer provider"),
    }
    three = notifications(escrow())
    assert heard(three, "sent") == {("customer", f"provider {MODERATOR}")}


def test_an_empty_seat_hears_nothing() -> None:
    """A driver who does not sit yet hears nothing; one who is unseated hears of that."""
    notices = notifications(ride())
    assert heard(notices, "no_driver") == {("clock", "customer")}
    assert heard(notices, "cancel") == {("customer", "")}
    assert heard(notices, "accept") == {("provider", "customer")}
    assert heard(notices, "stalled") == {("clock", "customer provider")}


def test_the_customer_hears_of_trouble_with_the_payment() -> None:
    """Of a refusal the customer hears, whoever took the row, and nobody else does."""
    notices = notifications(subscription())
    assert heard(notices, "renew", "refused") == {("clock", "customer")}
    assert heard(notices, "subscribe", "refused") == {("customer", "customer")}
    assert heard(notices, "subscribe", "needs customer") == {("customer", "customer")}
    states = {n.state for n in notices if n.row == "renew" and n.outcome == "refused"}
    assert states == {"past due"}


def test_who_is_paid_hears_of_a_tip() -> None:
    """A provider who takes no row still hears that money came."""
    tip = bare(go(CHARGE, SETTLE, failed="z", needs_customer="z"))
    assert heard(notifications(tip), "go") == {("customer", "provider")}
    assert heard(notifications(bare(go())), "go") == {("customer", "")}


@pytest.mark.parametrize("name", TRADES)
def test_the_matrix_is_whole_and_personal(name: str) -> None:
    """Every row, source, actor and outcome has one notice, and nobody impersonal hears any."""
    process = TRADES[name]()
    notices = notifications(process)
    keys = [(n.source, n.row, n.by, n.outcome) for n in notices]
    assert len(set(keys)) == len(keys)
    assert {key[:3] for key in keys} == {
        (state, row.name, by)
        for state in process.states
        for row in process.rows_from(state)
        for by in row.who
    }
    assert not {role for notice in notices for role in notice.hears} & set(IMPERSONAL)
    assert {CLOCK, OPERATOR} & {notice.by for notice in notices}
