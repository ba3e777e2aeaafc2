"""The words that say nothing about anybody: those that this program writes itself, and those that services answer with.

What is not among them may be a name. So free text is masked by what is known to be harmless, not by what is known to be
personal, which nobody can list.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

WORD = re.compile(r"(?:\w|[^\x00-\x7f])+")

_PACKAGE = Path(__file__).resolve().parent.parent
_NOT_READ = ("sandbox", "cli")  # made-up people, and examples with their names
_ALSO_NAMES = frozenset({"mark", "max", "rich", "My"})  # which a text can do without
_INITIAL = re.compile(r"[A-Z]")
_OF_SERVICES = """
a able about above accept accepted access account action active activity actual add added additional address addresses
after again all allowed already also an and another answer any api application apply are argument array as at attempt
attribute authentication authorization available bad base be because been before being below between body boolean both
but by call called calls can cannot change changed character characters client closed code column company conflict
connection constraint contact contacts contain contains content could country create created creating currency current
custom data database date dates day days decode default delete deleted deleting denied detail details did digits
directory disabled does down due duplicate duplicates during each either element email empty enabled encode encoding
end entity entry error errors exceed exceeded exceeds exist existing exists expected expired external fail failed
fails false field fields file filter first for forbidden form format found from full gateway get given greater group
had has have header host id ids if ignored import in index inner input instance int integer internal into invalid is
it It item items its job json key keys kind known label last later least length less letters limit line list lists
long longer longest lost made malformed match maximum may media membership message method min minimum missing more
most must name names no none not nothing null number numbers object of offset on one only operation optional or order
other our out outside over own page parameter parse part password path pattern period permission permissions person
phone please postal present privilege process processed project property provided put quota range rate reached read
reading reason record records refused rejected remove removed request requested requests required reserved resource
response result retry role row rows running same schema second seconds send sent server service set short should sign
since size some space specified state status step still store str stream streams street string strings subject
subscriber success such supported syntax system table text than that the their then there these this throttled time
timed timeout times to token too total true try tuple two type types unable unauthorized unavailable unexpected unique
unknown unprocessable unsupported until update updated updating use used user uses using valid validation value values
version via was web were when where which while who with within without write writing wrong year years you your zero
An Bad Cannot Could Contact Email Error Failed Field Forbidden Found Gateway Internal Invalid List Missing Must No Not
Please Request Required Server Service String System The There This Timeout Too Unauthorized Unavailable Unknown
Unprocessable Value You Your Linux Debian Ubuntu Darwin GNU
"""


@cache
def harmless() -> frozenset[str]:
    """Return the words, each as it is spelt. Where the program's own text cannot be read, more is masked, not less."""
    found = set(_OF_SERVICES.split())
    for path in sorted(_PACKAGE.rglob("*.py")):
        if path.relative_to(_PACKAGE).parts[0] not in _NOT_READ:
            found.update(_written(path))
    found -= _ALSO_NAMES
    return frozenset(word for word in found if not _INITIAL.fullmatch(word) and word.isascii())


def is_harmless(word: str) -> bool:
    """Tell whether a word, or each part of a word like ``contact_lists``, is one of them."""
    known = harmless()
    return word in known or ("_" in word and all(part in known for part in word.split("_") if part))


def _written(path: Path) -> set[str]:
    """Return the words in the texts of a module, without what only explains it."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, ValueError, SyntaxError):
        return set()
    nodes = list(ast.walk(tree))
    explaining = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    texts = (
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in explaining
    )
    return {word for text in texts for word in WORD.findall(text)}
