"""The how-to on testing: what it tells a stranger to write is written, and run."""

import pytest
from sybil import Sybil
from sybil.parsers.myst import CodeBlockParser

from tests.support.data import REPOSITORY
from tests.support.source import SRC

PAGE = REPOSITORY / "docs" / "how-to" / "test-on-real-databases.md"


@pytest.mark.usefixtures("embedded_postgres")
def test_a_stranger_s_tests_run_on_both_databases(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page's conftest and test, in a project of their own, pass once on each database, and
    with the page's own tables in place."""
    monkeypatch.setenv("PYTHONPATH", str(SRC))
    page = Sybil([CodeBlockParser("python", lambda example: None)]).parse(PAGE)
    plugins, test, tables = (str(example.parsed) for example in page.examples())
    pytester.makeconftest(f"import sqlalchemy as sa\n{plugins}\n{tables}")
    own = (
        "def test_the_own_table_is_there(database_url):\n"
        "    with sa.create_engine(database_url).connect() as connection:\n"
        "        assert 'zone' in sa.inspect(connection).get_table_names()\n"
    )
    pytester.makepyfile(f"{test}\n{own}")
    pytester.runpytest_subprocess().assert_outcomes(passed=4)
