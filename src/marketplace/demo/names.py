"""Names for people who do not exist."""

from __future__ import annotations

from random import Random

GIVEN = (
    "Aarav", "Anil", "Anita", "Asha", "Bikash", "Binita", "Bishnu", "Deepa", "Dipesh", "Gita",
    "Hari", "Indira", "Kabita", "Kamal", "Krishna", "Laxmi", "Maya", "Mina", "Nabin", "Nirmala",
    "Prakash", "Pramila", "Rajesh", "Ram", "Rekha", "Roshan", "Sabina", "Sandesh", "Santosh",
    "Sarita", "Shyam", "Sita", "Sunil", "Sunita", "Suraj", "Tara", "Urmila", "Yam",
)  # fmt: skip
FAMILY = (
    "Adhikari", "Basnet", "Bhandari", "Chaudhary", "Dangol", "Gurung", "Karki", "KC", "Khadka",
    "Lama", "Magar", "Maharjan", "Pradhan", "Rai", "Rana", "Sharma", "Sherpa", "Shrestha",
    "Tamang", "Thapa", "Tuladhar",
)  # fmt: skip


def invented(dice: Random) -> str:
    """A common given name with a common family name."""
    return f"{GIVEN[dice.randrange(len(GIVEN))]} {FAMILY[dice.randrange(len(FAMILY))]}"
