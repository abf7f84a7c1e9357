"""``marketplace demo stays``: an invented season by a lake in Nepal, or the homes of a real city.

Written as a stranger's package would be: the face, the stays' own inside, and other plugins.
"""
