"""Orders out of tables: what no order can be made of is refused, what is odd is mended; counted."""

import gzip
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from marketplace import InvalidInput
from marketplace.plugins.goods.demo.olist.orders import Books, read
from marketplace.plugins.goods.demo.olist.rows import Folder
from marketplace.plugins.goods.demo.olist.words import WORDS
from tests.support.orders import DELIVERED, LATE, one_order, written

ZONE = ZoneInfo("America/Sao_Paulo")


def books_of(path: Path) -> tuple[Books, Folder]:
    """What a folder says, and what was refused of it."""
    folder = Folder(path, ZONE)
    return read(folder), folder


def test_the_files_say_what_is_known_of_them(data_dir: Path) -> None:
    """The real tables are read whole: their sums are known to the cent, and of no row is it
    unknown what became of it."""
    books, folder = books_of(data_dir / "goods")
    orders = books.orders.values()
    assert len(orders) == 10_058
    assert (books.sums["goods"], books.sums["freight"]) == (132_448_060, 22_039_266)
    assert sum(one.given for one in orders) == books.sums["paid"] == 156_717_048
    assert folder.kept.refused == {"olist_review_twice": 68, "olist_pays_nothing": 2}
    assert folder.kept.mended == {
        "olist_carried_before_approved": 14,
        "olist_delivered_before_carried": 3,
        "olist_never_approved": 7,
    }
    pieces = sum(bought.quantity for one in orders for bought in one.items)
    assert pieces == folder.rows["order_items"] == 11_448
    assert sum(one.review is not None for one in orders) + 68 == folder.rows["order_reviews"]


def test_bad_rows_are_refused_each_with_its_reason(tmp_path: Path) -> None:
    """A row that cannot be what it says it is leaves the others as they are, and is counted."""
    path = written(
        tmp_path,
        {
            "orders": (
                f"o1,c1,{DELIVERED}{LATE}",
                f"o1,c1,{DELIVERED}{LATE}",
                f"o2,nobody,{DELIVERED}{LATE}",
                f"o3,c3,{DELIVERED.replace('delivered', 'eaten')}{LATE}",
                "o4,c3,shipped,2018-13-02 10:00:00,,,,",
                "o5,c3,created,,,,,",
                "o6,c3,too,short",
            ),
            "order_items": (
                "o1,1,bowl,sita,,10.0,2.5",
                "o1,1,bowl,sita,,10.0,2.5",
                "o1,2,bowl,sita,,ten,2.5",
                "o1,3,bowl,sita,,-1.0,2.5",
                "o1,4,spoon,sita,,1.0,2.5",
                "o1,5,bowl,nobody,,1.0,2.5",
                "o9,1,bowl,sita,,1.0,2.5",
            ),
            "order_payments": (
                "o1,1,boleto,1,12.50",
                "o1,2,voucher,1,0.00",
                "o1,3,shells,1,3.00",
                "o1,4,voucher,1,1e3",
                "o9,1,boleto,1,3.00",
            ),
            "order_reviews": (
                "r1,o1,5,,bom,,2018-02-01 00:00:00",
                "r2,o1,1,,mau,,2018-01-21 00:00:00",
                "r3,o1,9,,,,2018-02-01 00:00:00",
                "r4,o1,4,,,,",
                "r5,o9,4,,,,2018-02-01 00:00:00",
            ),
        },
    )
    books, folder = books_of(path)
    (order,) = books.orders.values()
    assert (order.goods, order.freight, order.given) == (10_00, 2_50, 12_50)
    assert order.review is not None
    assert (order.review.rating, order.review.text) == (1, "mau")
    assert folder.kept.refused == {
        "olist_twice": 2,
        "olist_no_customer": 1,
        "olist_unknown_state": 1,
        "olist_no_time": 2,
        "olist_field_count": 1,
        "olist_no_sum": 3,
        "olist_no_product": 1,
        "olist_no_seller": 1,
        "olist_no_order": 3,
        "olist_pays_nothing": 1,
        "olist_unknown_method": 1,
        "olist_review_twice": 1,
        "olist_no_number": 1,
        "olist_no_review": 1,
    }
    assert set(folder.kept.refused) <= set(WORDS["en"])
    assert set(WORDS["en"]) == set(WORDS["ne"])


@pytest.mark.parametrize(
    ("row", "mended"),
    [
        ("delivered,2018-01-02 10:00:00,,2018-01-04 09:00:00,", "olist_never_approved"),
        ("delivered,2018-01-02 10:00:00,2018-01-01 10:00:00,2018-01-04 09:00:00,",
         "olist_approved_before_bought"),
        ("delivered,2018-01-02 10:00:00,2018-01-02 11:00:00,,", "olist_never_carried"),
        ("delivered,2018-01-02 10:00:00,2018-01-05 11:00:00,2018-01-04 09:00:00,",
         "olist_carried_before_approved"),
        ("delivered,2018-01-02 10:00:00,2018-01-02 11:00:00,2018-01-24 09:00:00,",
         "olist_delivered_before_carried"),
    ],
)  # fmt: skip
def test_times_are_made_to_ascend(tmp_path: Path, row: str, mended: str) -> None:
    """What contradicts itself a little is played in an order that can be, and counted."""
    books, folder = books_of(written(tmp_path, {"orders": (f"o1,c1,{row}{LATE}",)}))
    (order,) = books.orders.values()
    moments = [order.bought_at, order.approved_at, order.carried_at, order.delivered_at]
    known = [one for one in moments if one is not None]
    assert len(known) == 4
    assert known == sorted(known)
    assert order.late
    assert folder.kept.mended == {mended: 1}


def test_equal_rows_are_pieces_of_one(tmp_path: Path) -> None:
    """Three rows of one ware are three pieces; at another price they are something else."""
    items = [f"o1,{n},bowl,sita,,10.0,2.5" for n in (1, 2, 3)] + ["o1,4,bowl,sita,,9.99,2.5"]
    books, _ = books_of(one_order(tmp_path, "boleto,1,1.00", items=items))
    (order,) = books.orders.values()
    assert [(one.price, one.quantity) for one in order.items] == [(10_00, 3), (9_99, 1)]


def test_a_folder_of_something_else_is_told_in_a_sentence(tmp_path: Path) -> None:
    """A table that is not there, or lacks a column, is named; one that breaks off is counted."""
    with pytest.raises(
        InvalidInput, match=r"has no olist_products\.csv or olist_products\.csv\.gz"
    ):
        books_of(tmp_path)
    path = one_order(tmp_path, "boleto,1,12.50")
    reviews = path / "olist_order_reviews.csv"
    packed = gzip.compress(reviews.read_bytes() * 40)
    reviews.unlink()
    (path / "olist_order_reviews.csv.gz").write_bytes(packed[:-9])
    _, folder = books_of(path)
    assert folder.kept.refused["olist_file_broken"] == 1
    (path / "olist_orders.csv").write_text("what\nnothing\n")
    with pytest.raises(InvalidInput, match=r"olist_orders\.csv has no column order_id"):
        books_of(path)


def test_a_postcode_lies_somewhere_or_is_refused(tmp_path: Path) -> None:
    """Where postcodes lie is only for the picture; what is no place is counted like the rest."""
    path = one_order(tmp_path, "boleto,1,12.50")
    rows = ("zip_code_prefix,lat,lng", "01001,-23.5,-46.6", "2,north,1", "3,nan,inf", "4,-23.5,999")
    (path / "olist_zip_centroids.csv").write_text("\n".join(rows) + "\n")
    books, folder = books_of(path)
    assert books.places == {"01001": (-23.5, -46.6)}
    assert folder.kept.refused == {"olist_no_place": 3}
