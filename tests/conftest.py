"""What the project's own tests share: databases, real data, markers, the recorder, profiles, a
town of riders and drivers, and the watch over every marketplace that a test opens."""

pytest_plugins = [
    "pytester",
    "marketplace.testing.pytest_plugin",
    "tests.support.bazaar",
    "tests.support.border",
    "tests.support.cottages",
    "tests.support.data",
    "tests.support.homes",
    "tests.support.inn",
    "tests.support.lessons",
    "tests.support.markers",
    "tests.support.memory_disk",
    "tests.support.profiles",
    "tests.support.recorder",
    "tests.support.ride_world",
    "tests.support.schoolroom",
    "tests.support.stripe_platform",
    "tests.support.quay",
    "tests.support.stripe_referee",
    "tests.support.talks",
    "tests.support.twins",
    "tests.support.watch",
]
