"""Help for those who write plugins: databases to test on, conformance laws, strategies.

Load the fixtures in a `conftest.py` with `pytest_plugins = ["marketplace.testing.pytest_plugin"]`;
they need the extra: `pip install 'marketplace-kit[testing]'`.
"""
