"""Help for those who write plugins: conformance laws and strategies."""
