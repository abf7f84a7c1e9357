"""A shop of django-oscar that is told to place orders, and says how it went.

Run by its own Python, which has django-oscar and not this library: `oscar_shop.py DATABASE`, where
the database is a file of SQLite, or Django's settings for PostgreSQL as JSON. Each line that it
reads is a JSON object, and each line that it answers is one too.

An order is what Oscar's checkout writes once the shopper has paid: `handle_order_placement` with a
payment source and a payment event, in one transaction, with the basket prepared before and no
page shown. Its confirmation is written and sent to nobody.
"""

import json
import multiprocessing
import sys
import time
from importlib import import_module
from typing import Any

PRICE, FREIGHT = 25, 5
MOST_CALLERS = 64
APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.sites",
    "django.contrib.flatpages",
    "django.contrib.staticfiles",
    "oscar.config.Shop",
    "oscar.apps.analytics.apps.AnalyticsConfig",
    "oscar.apps.checkout.apps.CheckoutConfig",
    "oscar.apps.address.apps.AddressConfig",
    "oscar.apps.shipping.apps.ShippingConfig",
    "oscar.apps.catalogue.apps.CatalogueConfig",
    "oscar.apps.catalogue.reviews.apps.CatalogueReviewsConfig",
    "oscar.apps.communication.apps.CommunicationConfig",
    "oscar.apps.partner.apps.PartnerConfig",
    "oscar.apps.basket.apps.BasketConfig",
    "oscar.apps.payment.apps.PaymentConfig",
    "oscar.apps.offer.apps.OfferConfig",
    "oscar.apps.order.apps.OrderConfig",
    "oscar.apps.customer.apps.CustomerConfig",
    "oscar.apps.search.apps.SearchConfig",
    "oscar.apps.voucher.apps.VoucherConfig",
    "oscar.apps.wishlists.apps.WishlistsConfig",
    "oscar.apps.dashboard.apps.DashboardConfig",
    "oscar.apps.dashboard.reports.apps.ReportsDashboardConfig",
    "oscar.apps.dashboard.users.apps.UsersDashboardConfig",
    "oscar.apps.dashboard.orders.apps.OrdersDashboardConfig",
    "oscar.apps.dashboard.catalogue.apps.CatalogueDashboardConfig",
    "oscar.apps.dashboard.offers.apps.OffersDashboardConfig",
    "oscar.apps.dashboard.partners.apps.PartnersDashboardConfig",
    "oscar.apps.dashboard.pages.apps.PagesDashboardConfig",
    "oscar.apps.dashboard.ranges.apps.RangesDashboardConfig",
    "oscar.apps.dashboard.reviews.apps.ReviewsDashboardConfig",
    "oscar.apps.dashboard.vouchers.apps.VouchersDashboardConfig",
    "oscar.apps.dashboard.communications.apps.CommunicationsDashboardConfig",
    "oscar.apps.dashboard.shipping.apps.ShippingDashboardConfig",
    "widget_tweaks",
    "haystack",
    "treebeard",
    "django_tables2",
]


def database(said: str) -> dict[str, Any]:
    """Django's settings: with SQLite as durable, as fair to writers, and with as long a log, as the
    library sets it."""
    if said.startswith("{"):
        found: dict[str, Any] = json.loads(said)
        return found
    begin = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=4000;"
    options = {"init_command": begin, "transaction_mode": "IMMEDIATE", "timeout": 30}
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": said, "OPTIONS": options}


def prepare(said: str) -> None:
    """Set Django up, and make the tables."""
    settings = import_module("django.conf").settings
    defaults = import_module("oscar.defaults")
    known = {name: value for name, value in vars(defaults).items() if name.isupper()}
    simple = {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}
    backends = "django.template.backends.django.DjangoTemplates"
    known |= {
        "DATABASES": {"default": database(said)},
        "INSTALLED_APPS": APPS,
        "SITE_ID": 1,
        "SECRET_KEY": "bench",
        "USE_TZ": True,
        "ROOT_URLCONF": "oscar_urls",
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        "HAYSTACK_CONNECTIONS": {"default": simple},
        "EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend",
        "AUTHENTICATION_BACKENDS": ["oscar.apps.customer.auth_backends.EmailBackend"],
        "TEMPLATES": [{"BACKEND": backends, "APP_DIRS": True}],
        "OSCAR_INITIAL_ORDER_STATUS": "Pending",
        "OSCAR_INITIAL_LINE_STATUS": "Pending",
        "OSCAR_ORDER_STATUS_PIPELINE": {"Pending": ()},
        "OSCAR_DEFAULT_CURRENCY": "EUR",
        "LOGGING_CONFIG": None,
    }
    settings.configure(**known)
    import_module("django").setup()
    _urls()
    import_module("django.core.management").call_command("migrate", verbosity=0)


def _urls() -> None:
    """The addresses of the shop, of which an order's confirmation names one."""
    apps, urls = import_module("django.apps").apps, import_module("django.urls")
    module = type(sys)("oscar_urls")
    shop = apps.get_app_config("oscar")
    module.urlpatterns = [urls.path("", urls.include(shop.urls[0]))]  # type: ignore[attr-defined]
    sys.modules["oscar_urls"] = module


def model(label: str, name: str) -> Any:
    """A model of Oscar's."""
    return import_module("oscar.core.loading").get_model(label, name)


class Shop:
    """A shopper, and sellers who hold out an article each."""

    def __init__(self, sellers: int) -> None:
        users = import_module("django.contrib.auth").get_user_model()
        # One for each caller: an address book is a row that one after the other writes.
        self.users = [
            users.objects.create_user(f"maya{one}", f"maya{one}@example.com")
            for one in range(MOST_CALLERS)
        ]
        self.user = self.users[0]
        self.country = model("address", "Country").objects.create(
            iso_3166_1_a2="NP", name="Nepal", printable_name="Nepal", is_shipping_country=True
        )
        kind = model("catalogue", "ProductClass").objects.create(name="bowls", track_stock=True)
        self.source = model("payment", "SourceType").objects.create(name="card")
        self.products = []
        for number in range(sellers):
            seller = model("partner", "Partner").objects.create(name=f"Seller {number}")
            product = model("catalogue", "Product").objects.create(
                title=f"A bowl {number}", product_class=kind, structure="standalone"
            )
            model("partner", "StockRecord").objects.create(
                product=product,
                partner=seller,
                partner_sku=str(number),
                price=PRICE,
                price_currency="EUR",
                num_in_stock=1_000_000,
            )
            self.products.append(product)
        self.numbers = iter(range(1, 10**9))

    def ready(self, sellers: int, label: str) -> Any:
        """A basket of one article of each seller, and all that a checkout gathered before."""
        basket = model("basket", "Basket").objects.create(owner=self.user)
        strategy = import_module("oscar.apps.partner.strategy")
        request = self._request()
        basket.strategy = strategy.Default(request)
        for product in self.products[:sellers]:
            basket.add_product(product, 1)
        import_module("oscar.apps.offer.applicator").Applicator().apply(basket, self.user, request)
        return Placing(self, basket, request, f"{label}-{next(self.numbers)}")

    def _request(self) -> Any:
        request = import_module("django.test").RequestFactory().get("/")
        request.session = import_module(
            "django.contrib.sessions.backends.signed_cookies"
        ).SessionStore()
        request.user = self.user
        return request


class Placing:
    """One order that is ready to be placed."""

    def __init__(self, shop: Shop, basket: Any, request: Any, number: str) -> None:
        mixins = import_module("oscar.apps.checkout.mixins")
        session = import_module("oscar.apps.checkout.utils")
        prices, methods = (
            import_module("oscar.core.prices"),
            import_module("oscar.apps.shipping.methods"),
        )
        self.shop, self.basket, self.number = shop, basket, number
        self.view = mixins.OrderPlacementMixin()
        self.view.request = request
        self.view.checkout_session = session.CheckoutSessionData(request)
        self.address = model("order", "ShippingAddress")(
            first_name="Maya", last_name="Rai", line1="Thamel", line4="KTM", country=shop.country
        )
        self.charge = prices.Price("EUR", FREIGHT * basket.num_lines, FREIGHT * basket.num_lines)
        self.method = methods.FixedPrice(self.charge.excl_tax, self.charge.incl_tax)
        whole = basket.total_excl_tax + self.charge.excl_tax
        self.total = prices.Price("EUR", whole, whole)

    def __call__(self) -> None:
        """Note what was paid, and place it, in one transaction."""
        source = model("payment", "Source")
        with import_module("django.db").transaction.atomic():
            self.view.add_payment_source(
                source(
                    source_type=self.shop.source,
                    currency="EUR",
                    amount_allocated=self.total.incl_tax,
                    amount_debited=self.total.incl_tax,
                    reference=self.number,
                )
            )
            self.view.add_payment_event("Settled", self.total.incl_tax, self.number)
            self.view.handle_order_placement(
                self.number,
                self.shop.user,
                self.basket,
                self.address,
                self.method,
                self.charge,
                None,
                self.total,
            )


def counted(shop: Shop, sellers: int) -> dict[str, int]:
    """Statements of one order, when all caches are warm."""
    for _ in range(2):
        shop.ready(sellers, "warm")()
    placing = shop.ready(sellers, "count")
    capture = import_module("django.test.utils").CaptureQueriesContext
    with capture(import_module("django.db").connection) as said:
        placing()
    words = [one["sql"].split()[0].upper() for one in said.captured_queries]
    ends = {"BEGIN", "COMMIT", "ROLLBACK"}
    points = {"SAVEPOINT", "RELEASE"}
    return {
        "statements": sum(one not in ends for one in words),
        "savepoints": sum(one in points for one in words),
        "orders": model("order", "Order").objects.count(),
    }


def timed(shop: Shop, sellers: int, orders: int, label: str) -> float:
    """Seconds for so many orders from one caller."""
    placings = [shop.ready(sellers, label) for _ in range(orders)]
    began = time.perf_counter()
    for one in placings:
        one()
    return time.perf_counter() - began


def _call(
    shop: Shop, caller: int, sellers: int, orders: int, label: str, start: Any, done: Any
) -> None:
    import_module("django.db").connections.close_all()
    shop.user = shop.users[caller]
    placings = [shop.ready(sellers, label) for _ in range(orders)]
    start.wait()
    for one in placings:
        one()
    done.put(time.perf_counter())


def raced(shop: Shop, sellers: int, orders: int, callers: int, label: str) -> float:
    """Seconds until the last of so many processes has placed its orders."""
    import_module("django.db").connections.close_all()
    forks = multiprocessing.get_context("fork")
    # Said by whoever comes last, before anybody goes on: who waits here may wake when all is done.
    moment = forks.Value("d", 0.0)

    def begin() -> None:
        moment.value = time.perf_counter()

    start, done = forks.Barrier(callers + 1, begin), forks.Queue()
    processes = [
        forks.Process(
            target=_call, args=(shop, one, sellers, orders, f"{label}-{one}", start, done)
        )
        for one in range(callers)
    ]
    for one in processes:
        one.start()
    start.wait()
    ends = [done.get(timeout=600) for _ in processes]
    for one in processes:
        one.join()
    return max(ends) - float(moment.value)


def main() -> None:
    """Answer what is asked, until nothing is asked any more."""
    prepare(sys.argv[1])
    shop = Shop(10)
    version = import_module("oscar").get_version()
    print(json.dumps({"version": version}), flush=True)
    for number, line in enumerate(sys.stdin):
        asked = json.loads(line)
        sellers = asked["sellers"]
        if asked["do"] == "count":
            answer: Any = counted(shop, sellers)
        elif asked["do"] == "time":
            answer = timed(shop, sellers, asked["orders"], f"t{number}")
        else:
            answer = raced(shop, sellers, asked["orders"], asked["callers"], f"r{number}")
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
