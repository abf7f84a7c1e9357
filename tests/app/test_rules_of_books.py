"""What explains each transfer of the books: the rule that it names."""

from collections.abc import Callable, Iterator

from marketplace.app.books import Accounts, Posting, net_debts, planned
from marketplace.app.door import Act
from marketplace.domain.ledger import Purpose, Transfer
from tests.app import test_books as books
from tests.app.test_books import ANA, DEAL, ESCROW, FARE, PAYABLE, RAM, holds, of

# The command that is undone afterwards is the tests' of the books.
command: Callable[..., Iterator[Act]] = books.act


def rules(transfers: list[Transfer]) -> list[str]:
    """What explains each."""
    return [one.rule for one in transfers]


def netted(act: Act, transfer: Transfer) -> list[str]:
    """What explains what makes a posting of this whole."""
    posting = Posting([transfer])
    net_debts(act, posting, ["ram"], "NPR")
    return rules(posting.transfers[1:])


def test_what_is_netted_says_why(command: Act) -> None:
    """Out of the wallet, as a debt, or for one."""
    holds(command, WALLET=25)
    gives = Transfer(PAYABLE, ESCROW, 100)
    assert netted(command, gives) == ["books.from_wallet", "books.owed"]
    holds(command, DEBT=300)
    assert netted(command, Transfer(ESCROW, PAYABLE, 100)) == ["books.netted"]


def test_what_a_settlement_leaves_says_why(command: Act) -> None:
    """The rest pays dues, and is credit then; what is unpaid is awaited."""
    holds(command, ESCROW=1_300, OWED=200)
    _, transfers = planned(command, DEAL, "price", [FARE], [ANA, RAM], "tx_1")
    assert rules(transfers) == [FARE.code, "books.dues_paid", "books.rest"]
    given = (command, DEAL, "price", [FARE], [ANA, RAM], "tx_1", lambda paid: 400)
    apart = [one for one in planned(*given)[1] if one.credit == of("ram", Purpose.AWAITED)]
    assert rules(apart) == ["books.awaited"]


def test_what_is_passed_on_lies_with_the_deal_whatever_its_purses() -> None:
    """A deposit is passed on for the same deal as the price."""
    assert Accounts("tx_1:deposit", "NPR").passed_on == of("tx_1", Purpose.PASSED_ON)
