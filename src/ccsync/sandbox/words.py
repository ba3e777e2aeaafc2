"""Words from which made-up people, companies and projects are put together."""

from __future__ import annotations

from typing import Final

FIRST_NAMES: Final = (
    "Anna", "Bertil", "Cecilia", "David", "Elin", "Fredrik", "Greta", "Henrik", "Ingrid", "Johan",
    "Karin", "Lars", "Maria", "Nils", "Ola", "Petra", "Ragnhild", "Sven", "Tove", "Ulla",
    "Viktor", "Åsa", "Örjan", "Agnes", "Björn", "Camilla", "Daniel", "Eva", "Frida", "Gustav",
    "Hanna", "Isak", "Jenny", "Kristian", "Liv", "Magnus", "Nora", "Oskar", "Pia", "Sigrid",
)  # fmt: skip

LAST_NAMES: Final = (
    "Andersson", "Berg", "Carlsson", "Dahl", "Ek", "Forsberg", "Gran", "Holm", "Isaksson", "Jansen",
    "Karlberg", "Lind", "Moen", "Nyström", "Olsen", "Persson", "Quist", "Rønning", "Sandvik", "Thorsen",
    "Udd", "Viklund", "Wallin", "Åberg", "Öhman", "Alm", "Bakke", "Engström", "Falk", "Hauge",
    "Kvist", "Lund", "Myhre", "Norén", "Strand", "Solberg", "Tangen", "Vik", "Westin", "Ågren",
)  # fmt: skip

COMPANY_FIRST: Final = (
    "Fjord", "Birch", "Polar", "Granite", "Harbour", "Amber", "Cloudberry", "Midnight", "Juniper", "Glacier",
    "Lantern", "Meadow", "North", "Osprey", "Pinewood", "Quarry", "River", "Sparrow", "Timber", "Willow",
)  # fmt: skip

COMPANY_SECOND: Final = ("Bygg", "Data", "Logistik", "Foods", "Energi", "Marine", "Design", "Verkstad", "Media")

COUNTRIES: Final = (
    # code, name, city, form of company, phone of the switchboard without its last two digits, weight
    ("SE", "Sweden", "Göteborg", "AB", "+46 31 390 06 ", 36),
    ("NO", "Norway", "Bergen", "AS", "+47 55 00 00 ", 24),
    ("DK", "Denmark", "Århus", "A/S", "+45 86 00 00 ", 10),
    ("FI", "Finland", "Åbo", "Oy", "+358 2 000 00", 8),
    ("DE", "Germany", "Köln", "GmbH", "+49 221 000 00", 8),
    ("GB", "United Kingdom", "Leeds", "Ltd", "+44 113 496 00", 6),
    ("US", "United States", "Duluth", "Inc.", "+1 218 555 01", 6),
    ("", "", "", "& Co", "", 2),
)

JOB_TITLES: Final = (
    "Managing Director", "Purchaser", "Head of Marketing", "Sales Manager", "Controller", "IT Manager",
    "Project Manager", "Försäljningschef", "Daglig leder", "Inköpare", "Founder", "",
)  # fmt: skip

LANGUAGES: Final = {"SE": "Swedish", "NO": "Norwegian", "DK": "Danish", "FI": "Finnish", "DE": "German"}
INTERESTS: Final = ("Webinars", "Product news", "Events", "Case stories")
CONSENTS: Final = ("", "", "", "implicit", "explicit")
SEGMENTS: Final = ("Small", "Medium", "Large", "Key account")

PROCESSES: Final = {
    "prospects": ("Prospecting", ("Research", "First contact", "Meeting booked")),
    "opportunities": ("New business", ("Qualify", "Propose", "Negotiate", "Close")),
    "accountGrowthItems": ("Account growth", ("Map", "Plan", "Execute")),
}

PROJECT_NAMES: Final = ("Renewal", "Expansion", "Pilot", "New plant", "Rollout", "Service agreement")
