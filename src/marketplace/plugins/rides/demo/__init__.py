"""``marketplace demo rides``: a simulated morning in Kathmandu, or real trips in New York.

Written as a stranger's package would be: the face and the rides' own inside, nothing else.
"""
