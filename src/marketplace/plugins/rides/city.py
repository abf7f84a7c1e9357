"""Kathmandu, as far as a demo needs it: where places lie, how its roads and rivers run.

Names and positions of public places, to about a hundred metres, and outlines of the main roads
and rivers: good enough to recognise the valley and for nothing else. Places and roads follow the
map of the OpenStreetMap contributors (ODbL), and a test holds them against it where its data are
at hand; the rivers are drawn freehand.
"""

from __future__ import annotations

from typing import Literal

from attrs import frozen

from marketplace import Place

Draw = Literal["home", "work", "both"]


@frozen
class Spot:
    """A named place of the city."""

    name: str
    nepali: str
    lat: float
    lon: float
    draw: Draw = "both"
    """What it mostly draws in the morning: people leave homes and go to work."""
    weight: int = 2
    """How much of the city's coming and going it sees, against the others."""

    @property
    def place(self) -> Place:
        """Where it is, under its name."""
        return Place(self.lat, self.lon, self.name)


@frozen
class Outline:
    """A road or a river, as points in order."""

    name: str
    nepali: str
    points: tuple[tuple[float, float], ...]
    """Latitude and longitude in degrees."""


SPOTS: tuple[Spot, ...] = (
    Spot("Thamel", "ठमेल", 27.715, 85.312, "work", 4),
    Spot("Ratna Park", "रत्नपार्क", 27.707, 85.315, "work", 5),
    Spot("Asan", "असन", 27.708, 85.312, "work", 3),
    Spot("Kathmandu Durbar Square", "हनुमानढोका", 27.704, 85.307, "work", 3),
    Spot("New Road", "न्युरोड", 27.704, 85.312, "work", 4),
    Spot("Sundhara", "सुन्धारा", 27.701, 85.313, "work", 3),
    Spot("Tripureshwor", "त्रिपुरेश्वर", 27.694, 85.314, "work", 3),
    Spot("Thapathali", "थापाथली", 27.692, 85.318, "work", 3),
    Spot("Maitighar", "माइतीघर", 27.694, 85.320, "work", 3),
    Spot("Singha Durbar", "सिंहदरबार", 27.697, 85.323, "work", 5),
    Spot("Putalisadak", "पुतलीसडक", 27.706, 85.323, "work", 4),
    Spot("Durbar Marg", "दरबारमार्ग", 27.712, 85.317, "work", 4),
    Spot("Lazimpat", "लाजिम्पाट", 27.723, 85.321, "work", 3),
    Spot("Naxal", "नक्साल", 27.714, 85.328, "work", 3),
    Spot("Maharajgunj", "महाराजगञ्ज", 27.736, 85.333, "both", 4),
    Spot("Basundhara", "बसुन्धरा", 27.741, 85.329, "home", 3),
    Spot("Samakhusi", "सामाखुसी", 27.734, 85.320, "home", 3),
    Spot("Gongabu Bus Park", "गोंगबु बसपार्क", 27.735, 85.308, "both", 4),
    Spot("Balaju", "बालाजु", 27.727, 85.305, "home", 3),
    Spot("Swayambhu", "स्वयम्भू", 27.715, 85.290, "home", 3),
    Spot("Sitapaila", "सीतापाइला", 27.707, 85.283, "home", 2),
    Spot("Kalanki", "कलंकी", 27.693, 85.282, "home", 5),
    Spot("Kalimati", "कालीमाटी", 27.698, 85.299, "both", 3),
    Spot("Teku", "टेकु", 27.696, 85.306, "both", 2),
    Spot("Balkhu", "बल्खु", 27.685, 85.298, "home", 2),
    Spot("Kirtipur", "कीर्तिपुर", 27.678, 85.278, "home", 3),
    Spot("Tribhuvan University", "त्रिभुवन विश्वविद्यालय", 27.682, 85.287, "work", 2),
    Spot("Ekantakuna", "एकान्तकुना", 27.667, 85.308, "home", 2),
    Spot("Jawalakhel", "जावलाखेल", 27.673, 85.314, "both", 3),
    Spot("Pulchowk", "पुल्चोक", 27.678, 85.317, "work", 3),
    Spot("Patan Durbar Square", "पाटन दरबार", 27.673, 85.325, "both", 3),
    Spot("Lagankhel", "लगनखेल", 27.667, 85.323, "both", 4),
    Spot("Satdobato", "सातदोबाटो", 27.659, 85.325, "home", 3),
    Spot("Gwarko", "ग्वार्को", 27.667, 85.332, "home", 3),
    Spot("Koteshwor", "कोटेश्वर", 27.679, 85.350, "home", 5),
    Spot("Tinkune", "तीनकुने", 27.686, 85.346, "both", 2),
    Spot("New Baneshwor", "नयाँ बानेश्वर", 27.689, 85.335, "both", 5),
    Spot("Old Baneshwor", "पुरानो बानेश्वर", 27.701, 85.340, "home", 3),
    Spot("Tribhuvan Airport", "त्रिभुवन विमानस्थल", 27.698, 85.359, "both", 3),
    Spot("Gaushala", "गौशाला", 27.708, 85.343, "both", 3),
    Spot("Chabahil", "चाबहिल", 27.717, 85.346, "home", 4),
    Spot("Boudha", "बौद्ध", 27.721, 85.362, "home", 4),
    Spot("Jorpati", "जोरपाटी", 27.722, 85.373, "home", 3),
    Spot("Budhanilkantha", "बुढानीलकण्ठ", 27.777, 85.362, "home", 2),
    Spot("Thimi", "ठिमी", 27.673, 85.385, "home", 2),
    Spot("Bhaktapur", "भक्तपुर", 27.671, 85.424, "home", 3),
)

RING_ROAD = Outline(
    "Ring Road",
    "चक्रपथ",
    (
        (27.694, 85.282),
        (27.690, 85.284),
        (27.688, 85.290),
        (27.685, 85.299),
        (27.684, 85.302),
        (27.678, 85.302),
        (27.673, 85.303),
        (27.669, 85.306),
        (27.666, 85.311),
        (27.663, 85.316),
        (27.659, 85.321),
        (27.660, 85.327),
        (27.666, 85.331),
        (27.669, 85.336),
        (27.672, 85.340),
        (27.675, 85.344),
        (27.678, 85.349),
        (27.683, 85.349),
        (27.687, 85.351),
        (27.691, 85.352),
        (27.694, 85.355),
        (27.698, 85.355),
        (27.705, 85.352),
        (27.707, 85.345),
        (27.710, 85.344),
        (27.714, 85.346),
        (27.720, 85.346),
        (27.724, 85.345),
        (27.732, 85.344),
        (27.737, 85.341),
        (27.741, 85.336),
        (27.741, 85.330),
        (27.737, 85.323),
        (27.735, 85.318),
        (27.735, 85.306),
        (27.726, 85.304),
        (27.725, 85.299),
        (27.723, 85.295),
        (27.721, 85.290),
        (27.718, 85.284),
        (27.714, 85.283),
        (27.703, 85.282),
        (27.694, 85.282),
    ),
)

ROADS: tuple[Outline, ...] = (
    RING_ROAD,
    Outline(
        "Arniko Highway",
        "अरनिको राजमार्ग",
        (
            (27.694, 85.320),
            (27.689, 85.335),
            (27.686, 85.346),
            (27.678, 85.349),
            (27.675, 85.353),
            (27.673, 85.385),
            (27.672, 85.407),
            (27.666, 85.424),
            (27.660, 85.449),
            (27.640, 85.480),
        ),
    ),
    Outline(
        "Tribhuvan Rajpath",
        "त्रिभुवन राजपथ",
        (
            (27.694, 85.314),
            (27.696, 85.306),
            (27.698, 85.299),
            (27.694, 85.282),
            (27.688, 85.272),
            (27.686, 85.260),
            (27.688, 85.230),
            (27.694, 85.220),
        ),
    ),
    Outline(
        "Kantipath and Maharajgunj Road",
        "कान्तिपथ",
        (
            (27.694, 85.314),
            (27.704, 85.314),
            (27.717, 85.316),
            (27.723, 85.321),
            (27.736, 85.333),
            (27.740, 85.337),
            (27.746, 85.342),
            (27.777, 85.362),
        ),
    ),
    Outline(
        "Boudha Road",
        "बौद्ध मार्ग",
        (
            (27.712, 85.317),
            (27.715, 85.326),
            (27.717, 85.346),
            (27.721, 85.362),
            (27.722, 85.373),
            (27.740, 85.391),
        ),
    ),
    Outline(
        "Patan Road",
        "पाटन मार्ग",
        (
            (27.694, 85.319),
            (27.688, 85.316),
            (27.678, 85.317),
            (27.673, 85.314),
            (27.667, 85.323),
            (27.659, 85.325),
        ),
    ),
)

RIVERS: tuple[Outline, ...] = (
    Outline(
        "Bagmati",
        "बागमती",
        (
            (27.765, 85.425),
            (27.755, 85.410),
            (27.740, 85.389),
            (27.724, 85.379),
            (27.714, 85.364),
            (27.712, 85.352),
            (27.707, 85.349),
            (27.698, 85.349),
            (27.688, 85.342),
            (27.681, 85.333),
            (27.684, 85.324),
            (27.690, 85.316),
            (27.690, 85.308),
            (27.690, 85.302),
            (27.681, 85.297),
            (27.670, 85.296),
            (27.660, 85.293),
            (27.640, 85.290),
            (27.620, 85.287),
        ),
    ),
    Outline(
        "Bishnumati",
        "विष्णुमती",
        (
            (27.790, 85.335),
            (27.765, 85.322),
            (27.748, 85.308),
            (27.733, 85.304),
            (27.719, 85.303),
            (27.708, 85.301),
            (27.698, 85.302),
            (27.690, 85.302),
        ),
    ),
    Outline(
        "Manohara",
        "मनोहरा",
        (
            (27.730, 85.455),
            (27.720, 85.430),
            (27.712, 85.412),
            (27.702, 85.398),
            (27.692, 85.383),
            (27.684, 85.370),
            (27.676, 85.358),
            (27.672, 85.350),
            (27.674, 85.341),
            (27.681, 85.333),
        ),
    ),
)


def spot(name: str) -> Spot:
    """The place of this English name; ``KeyError`` when the city has none."""
    return _BY_NAME[name]


_BY_NAME = {one.name: one for one in SPOTS}
