"""What the project's own tests share: databases, real data, markers, the recorder, profiles."""

pytest_plugins = [
    "pytester",
    "marketplace.testing.pytest_plugin",
    "tests.support.data",
    "tests.support.markers",
    "tests.support.profiles",
    "tests.support.recorder",
]
