"""``marketplace demo goods``: an invented bazaar in Kathmandu, or the real orders of a marketplace.

Written as a stranger's package would be: the face, the goods' own inside, and other plugins.
"""
