"""Runs the suites: `python -m bench`."""

from bench.ride_life import main

if __name__ == "__main__":
    main()
