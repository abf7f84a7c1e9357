"""Tables of orders as a marketplace of many sellers publishes them, invented row by row."""

from collections.abc import Mapping, Sequence
from pathlib import Path

HEADERS = {
    "orders": (
        "order_id,customer_id,order_status,order_purchase_timestamp,order_approved_at,"
        "order_delivered_carrier_date,order_delivered_customer_date,order_estimated_delivery_date"
    ),
    "order_items": (
        "order_id,order_item_id,product_id,seller_id,shipping_limit_date,price,freight_value"
    ),
    "order_payments": (
        "order_id,payment_sequential,payment_type,payment_installments,payment_value"
    ),
    "order_reviews": (
        "review_id,order_id,review_score,review_comment_title,review_comment_message,"
        "review_creation_date,review_answer_timestamp"
    ),
    "customers": (
        "customer_id,customer_unique_id,customer_zip_code_prefix,customer_city,customer_state"
    ),
    "sellers": "seller_id,seller_zip_code_prefix,seller_city,seller_state",
    "products": "product_id,product_category_name,product_weight_g",
}
WARES = {
    "customers": ("c1,mia,01001,sao paulo,SP", "c2,mia,01001,sao paulo,SP",
                  "c3,ben,20000,rio,RJ"),
    "sellers": ("sita,01005,sao paulo,SP", "ram,30000,belo horizonte,MG"),
    "products": ("bowl,casa,600", "tea,,100"),
}  # fmt: skip
DELIVERED = "delivered,2018-01-02 10:00:00,2018-01-02 11:00:00,2018-01-04 09:00:00,"
LATE = "2018-01-20 15:00:00,2018-01-15 00:00:00"


def written(folder: Path, tables: Mapping[str, Sequence[str]]) -> Path:
    """A folder with these rows, those of ``WARES``, and headers alone where none are said."""
    for table, header in HEADERS.items():
        rows = (*WARES.get(table, ()), *tables.get(table, ()))
        text = "\n".join((header, *rows)) + "\n"
        (folder / f"olist_{table}.csv").write_text(text, encoding="utf-8")
    return folder


def one_order(folder: Path, *paid: str, items: Sequence[str] = ()) -> Path:
    """One order that was delivered: a bowl of 10.00 and freight of 2.50, if not said otherwise."""
    return written(
        folder,
        {
            "orders": (f"o1,c1,{DELIVERED}{LATE}",),
            "order_items": items or ("o1,1,bowl,sita,2018-01-05 00:00:00,10.0,2.5",),
            "order_payments": tuple(f"o1,{n},{one}" for n, one in enumerate(paid, 1)),
        },
    )
