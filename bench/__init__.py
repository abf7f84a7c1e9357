"""What the library costs: each module is one suite; `make bench` runs them.

A number here is a number of this machine on this day. Each suite repeats itself, says how far its
repetitions lie apart, and measures in the same run what a bare connection takes for the same
statements, so that what is the library's can be told from what is the database's.
"""
