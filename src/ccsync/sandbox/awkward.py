"""The cases that make syncing hard, each a made-up person; any of them occurs in real contact lists."""

from __future__ import annotations

from typing import Any, Final

_WANTED: Final = {"newsletter": "Yes", "country": "SE"}
"""These stand in the example's filter: a Nordic company and the newsletter ordered."""

_NORWEGIAN: Final = {"newsletter": "Yes", "country": "NO"}

AWKWARD: Final[tuple[dict[str, Any], ...]] = (
    # One address, several people.
    {"name": "Birgitta Holm", "email": "office@fjordbygg.example", **_WANTED},
    {"name": "Gunnar Holm", "email": "office@fjordbygg.example", **_WANTED},
    {"name": "Kari Nordahl", "email": "Kari.Nordahl@Polardata.example", **_NORWEGIAN},
    {"name": "Kari Nordahl", "email": "kari.nordahl@polardata.example", **_NORWEGIAN},
    {"name": "Tora Lie", "email": "tora.lie@example.com", **_NORWEGIAN},
    {"name": "Tora Lie-Bakke", "email": "tora.lie@example.com", "newsletter": "No", "country": "NO"},
    {"name": "Ove Strand", "email": "ove.strand@example.org", "retired": True, **_WANTED},
    {"name": "Ove Strand", "email": "ove.strand@example.org", **_WANTED},
    {"name": "Dag Moen", "email": "dag.moen@example.org", "deleted": True, **_NORWEGIAN},
    {"name": "Dag Moen", "email": "Dag.Moen@example.org", **_NORWEGIAN},
    # No address, or one that no mail reaches.
    {"name": "Elsa Uddén", "email": "", **_WANTED},
    {"name": "Per Uddén", "email": "", **_WANTED},
    {"name": "Rolf Vik", "email": "rolf.vik", **_NORWEGIAN},
    {"name": "Siv Ek", "email": "siv@@example.com", **_WANTED},
    {"name": "Nina Alm", "email": "nina.alm@example", **_WANTED},
    {"name": "Jan Falk", "email": "jan falk@example.com", **_WANTED},
    # Addresses that are valid and surprise.
    {"name": "Eva Westin", "email": "eva+newsletter@example.com", **_WANTED},
    {"name": "Ann Tangen", "email": "  ann.tangen@example.com ", **_NORWEGIAN},
    {"name": "Niamh O'Dwyer", "email": "niamh.o'dwyer@example.com", **_WANTED},
    {"name": "Jörg Weiß", "email": "jörg@weiß.example", **_WANTED},
    {"name": "Mia Lund", "email": f"{'mia.' * 15}lund@{'long-' * 6}name.example", **_WANTED},
    # Names.
    {"name": "", "email": "nobody@example.com", **_WANTED},
    {"name": "Sølvi", "email": "solvi@example.com", **_NORWEGIAN},
    {"name": "Astrid " + "Gyllenstierna-" * 4 + "Lind", "email": "astrid.g@example.com", **_WANTED},
    {"name": "Maximiliana" * 6 + " Berg", "email": "maximiliana@example.com", **_WANTED},
    {"name": "Åsa Öberg-Ängström", "email": "asa.oberg@example.com", **_WANTED},
    {"name": "Łukasz Żółkiewski", "email": "lukasz@example.org", **_WANTED},
    {"name": "王小明", "email": "xiaoming@example.org", **_NORWEGIAN},
    {"name": "נועה לוי", "email": "noa@example.org", **_WANTED},
    {"name": "ليلى حداد", "email": "layla@example.org", **_NORWEGIAN},
    {"name": "Karl  Johan   Berg", "email": "karl.johan@example.com", **_NORWEGIAN},
    {"name": "Dr. Ida van der Meer, PhD", "email": "ida@example.com", **_WANTED},
    {"name": "<b>Bo</b> & \"Co\" <script>alert('bo')</script>", "email": "bo@example.com", **_WANTED},
    {"name": "=SUM(1;2) Ek", "email": "sum@example.com", **_WANTED},
    {"name": "Zoë 🌟 Star", "email": "zoe@example.com", **_NORWEGIAN},
    # Other values.
    {"name": "Ken Mori", "email": "ken@example.org", "phone": "+81 3-0000-0000", **_WANTED},
    {"name": "Gro Hauge", "email": "gro@example.org", "phone": "ring växeln", **_NORWEGIAN},
    {"name": "Tim Quist", "email": "tim@example.org", "phone": "+1 (218) 555-0199 ext. 12", **_WANTED},
    {"name": "Liv Solberg", "email": "liv@example.org", "job_title": "Senior " * 9 + "Adviser", **_NORWEGIAN},
    # No company: the filter cannot pick these, as a company's country is asked for.
    {"name": "Aron Fri", "email": "aron.fri@example.com", "company": "", "newsletter": "Yes"},
    {"name": "Beata Fri", "email": "beata.fri@example.com", "company": "", "newsletter": "No"},
    {"name": "Ciro Fri", "email": "", "company": "", "newsletter": ""},
    # Gone.
    {"name": "Hilda Gran", "email": "hilda.gran@example.com", "retired": True, **_WANTED},
    {"name": "Ivar Gran", "email": "ivar.gran@example.com", "retired": True, **_NORWEGIAN},
    {"name": "Jon Gran", "email": "jon.gran@example.com", "retired": True, "newsletter": "No"},
    {"name": "Klara Dahl", "email": "klara.dahl@example.com", "deleted": True, **_WANTED},
    {"name": "Leif Dahl", "email": "leif.dahl@example.com", "deleted": True, "newsletter": "No"},
)
"""What differs from an ordinary person; ``country`` asks for a company there."""
