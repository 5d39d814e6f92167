"""Rule: how a name is read before it is compared: its letters, its words, and how it sounds.

Names of one person are written in many ways: in another script, with or without marks, by another custom of romanisation, in another
order. `words` brings a name to Latin capitals; `sound` makes what is usually confused the same.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Letters of other scripts as they are most often romanised. Cyrillic covers Russian, Ukrainian, Serbian; Arabic writes no short vowels.
_CYRILLIC = dict(zip(
    "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯІЇЄҐЂЈЉЊЋЏЎ",
    ["A", "B", "V", "G", "D", "E", "E", "ZH", "Z", "I", "Y", "K", "L", "M", "N", "O", "P", "R", "S", "T", "U", "F", "KH", "TS", "CH", "SH", "SHCH", "-", "Y", "-", "E", "YU", "YA", "I", "YI", "YE", "G", "DJ", "J", "LJ", "NJ", "C", "DZ", "U"],
    strict=True,
))  # fmt: skip
_GREEK = dict(zip(
    "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ",
    ["A", "V", "G", "D", "E", "Z", "I", "TH", "I", "K", "L", "M", "N", "X", "O", "P", "R", "S", "T", "Y", "F", "CH", "PS", "O"],
    strict=True,
))  # fmt: skip
_ARABIC = dict(zip(
    "ابتثجحخدذرزسشصضطظعغفقكلمنهويءىةپچژگکیآأإؤئ",
    ["A", "B", "T", "TH", "J", "H", "KH", "D", "DH", "R", "Z", "S", "SH", "S", "D", "T", "Z", "-", "GH", "F", "Q", "K", "L", "M", "N", "H", "W", "Y", "-", "A", "A", "P", "CH", "ZH", "G", "K", "Y", "A", "A", "I", "W", "Y"],
    strict=True,
))  # fmt: skip
_LATIN = {
    "Æ": "AE",
    "Ø": "O",
    "Å": "A",
    "Œ": "OE",
    "Ł": "L",
    "Đ": "D",
    "Ð": "D",
    "Þ": "TH",
    "ß": "SS",
    "ẞ": "SS",
    "İ": "I",
    "ı": "I",
    "&": " AND ",
}
_LETTERS = {
    letter: "" if spelled == "-" else spelled for letter, spelled in (_CYRILLIC | _GREEK | _ARABIC | _LATIN).items()
}

LEGAL_FORMS = frozenset(
    [
        "LTD",
        "LIMITED",
        "LTDA",
        "LIMITADA",
        "LLC",
        "LLP",
        "LP",
        "PLC",
        "INC",
        "INCORPORATED",
        "CORP",
        "CORPORATION",
        "CO",
        "COMPANY",
        "CIA",
        "COMPANIA",
        "GMBH",
        "AG",
        "KG",
        "OHG",
        "UG",
        "SA",
        "SAS",
        "SARL",
        "SRL",
        "SPA",
        "SL",
        "SC",
        "CV",
        "RL",
        "BV",
        "NV",
        "OY",
        "OYJ",
        "AB",
        "AS",
        "ASA",
        "APS",
        "DOO",
        "OOO",
        "OAO",
        "ZAO",
        "PAO",
        "AO",
        "JSC",
        "PJSC",
        "OJSC",
        "CJSC",
        "FZE",
        "FZCO",
        "FZC",
        "EURL",
        "PTE",
        "PTY",
        "PT",
        "BHD",
        "SDN",
        "KK",
        "EST",
        "SPOLKA",
        "KFT",
        "PC",
        "PA",
        "NA",
    ]
)
"""What kind of company it is tells little about which one, and is written or left out at will."""

PARTICLES = frozenset(
    [
        "AL",
        "EL",
        "UL",
        "AD",
        "AN",
        "AR",
        "AS",
        "ASH",
        "AT",
        "AZ",
        "BIN",
        "BEN",
        "IBN",
        "BINT",
        "ABU",
        "ABOU",
        "UM",
        "UMM",
        "DE",
        "DEL",
        "DELA",
        "LA",
        "LAS",
        "LOS",
        "LE",
        "LES",
        "DI",
        "DA",
        "DO",
        "DOS",
        "DAS",
        "VAN",
        "VON",
        "DER",
        "DEN",
        "Y",
        "E",
        "AND",
        "ET",
        "UND",
        "OF",
        "THE",
        "FOR",
        "IN",
        "ON",
        "TO",
        "EN",
        "A",
        "MR",
        "MRS",
        "DR",
    ]
)
"""Small words inside names, which come and go."""

GENERIC = frozenset(
    [
        "INTERNATIONAL",
        "INTL",
        "GLOBAL",
        "WORLD",
        "WORLDWIDE",
        "NATIONAL",
        "GENERAL",
        "GROUP",
        "GRUPO",
        "HOLDING",
        "HOLDINGS",
        "ENTERPRISE",
        "ENTERPRISES",
        "EMPRESA",
        "TRADING",
        "TRADE",
        "TRADERS",
        "IMPORT",
        "EXPORT",
        "IMPORTADORA",
        "EXPORTADORA",
        "COMERCIALIZADORA",
        "COMERCIAL",
        "COMMERCIAL",
        "INDUSTRY",
        "INDUSTRIES",
        "INDUSTRIAL",
        "INDUSTRIA",
        "SERVICE",
        "SERVICES",
        "SERVICIOS",
        "SOLUTIONS",
        "SYSTEMS",
        "MANAGEMENT",
        "CONSULTING",
        "CONSULTANTS",
        "INVESTMENT",
        "INVESTMENTS",
        "INVERSIONES",
        "INMOBILIARIA",
        "CONSTRUCTION",
        "CONSTRUCTIONS",
        "CONSTRUCTORA",
        "FINANCE",
        "FINANCIAL",
        "CAPITAL",
        "CREDIT",
        "BANK",
        "BANCO",
        "COLLECTION",
        "COLLECTIONS",
        "RECOVERY",
        "ASSOCIATES",
        "PARTNERS",
        "LAW",
        "OFFICE",
        "OFFICES",
        "AGENCY",
        "BUREAU",
        "CENTER",
        "CENTRE",
        "INSTITUTE",
        "ORGANIZATION",
        "ORGANISATION",
        "FOUNDATION",
        "FUNDACION",
        "SOCIEDAD",
        "SOCIETE",
        "TECHNOLOGY",
        "TECHNOLOGIES",
        "MARKETING",
        "DEVELOPMENT",
        "MEDICAL",
        "HEALTH",
        "AMERICA",
        "AMERICAN",
        "UNITED",
        "STATES",
        "CENTRAL",
        "FIRST",
        "NEW",
        "PROPERTIES",
        "ASSET",
        "RESOURCES",
        "SUPPORT",
        "TRAVEL",
        "TOURS",
        "TRANSPORT",
        "SHIPPING",
        "LINES",
        "AIRLINES",
        "COMMITTEE",
        "MOVEMENT",
        "ARMY",
        "FORCES",
        "PARTY",
        "PEOPLE",
        "PEOPLES",
        "STAR",
        "GOLDEN",
        "COMMUNITY",
        "FRONT",
        "HOME",
        "AUTO",
        "TRANSPORTES",
        "DISTRIBUIDORA",
    ]
)
"""Words that thousands of names share."""

_SOUNDS = tuple((re.compile(pattern), sounded) for pattern, sounded in (
    (r"TSCH|TCH|CZ|CH", "%"), (r"S%|SH|SZ", "S"), (r"X", "KS"), (r"KH|GH|CK|Q", "K"), (r"C(?=[EIY])", "S"), (r"C", "K"), (r"D?ZH|DJ|DZ|J(?=[AEIOU])", "J"),
    (r"PH", "F"), (r"TH", "T"), (r"DH", "D"), (r"W", "V"), (r"G$", "K"), (r"TS|TZ|Z", "S"), (r"(?<=[AEIOUY])H(?![AEIOUY])", ""),
    (r"[AEIOUY]+", "A"), (r"(.)\1+", r"\1"),
))  # fmt: skip
_WORD = re.compile(r"[A-Z0-9]+")
_APOSTROPHES = re.compile(r"['’‘`´ʼʿʾ]")
_DOTTED = re.compile(r"\b(?:[A-Z]\.){2,}(?:[A-Z]\b)?|\b[A-Z](?:[ ./][A-Z])+\b\.?")


@lru_cache(maxsize=65536)
def words(name: str) -> tuple[str, ...]:
    """The words of a name in Latin capitals, without marks, punctuation and legal forms. A name that is a legal form alone keeps it."""
    latin = "".join(_LETTERS.get(letter, letter) for letter in unicodedata.normalize("NFC", name).upper())
    plain = "".join(
        letter for letter in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(letter)
    ).upper()
    joined = _DOTTED.sub(lambda found: re.sub(r"[^A-Z]", "", found.group()) + " ", _APOSTROPHES.sub("", plain))
    found = _WORD.findall(joined)
    return tuple(word for word in found if word not in LEGAL_FORMS) or tuple(found)


@lru_cache(maxsize=65536)
def sound(word: str) -> str:
    """A word by its sound: vowels are one vowel, letters that customs of romanisation exchange are one letter."""
    for pattern, sounded in _SOUNDS:
        word = pattern.sub(sounded, word)
    return word
