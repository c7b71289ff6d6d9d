"""Numbers and dates of a text as values.

    `1,200` = `1200` = `1.2k`    `2 weeks` = `14 days`    `half an hour` = `30 minutes`    `5 March 2026` = `2026-03-05`

Where a form can be read in two ways (`1.200`, `03/05/2026`), a quantity has both values and any will do. What is part of a
name (`DW40`, `ISO-27001`) is none. `same` and `conflicts` compare two.
"""

import re
from typing import Literal, NamedTuple

from assay.checks.remembered import remembered
from assay.checks.words import NUMERALS

Value = float | tuple[int, int, int]
"""A number in the base unit of its kind, or year, month and day of a date; 0 where a date leaves a part out."""


class Quantity(NamedTuple):
    """A number or date, where it stands and what it may mean."""

    start: int
    end: int
    text: str
    kind: str
    """`date`, `clock`, `version`, `percent`, a dimension, `money` with its currency, or empty for a bare number."""
    values: tuple[Value, ...]
    factor: float = 1.0
    """Base units in one of the unit that is written."""
    form: Literal["digits", "words"] = "digits"


Place = tuple[int, int, str]

_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "january jan januar janvier enero gennaio janeiro januari stycznia", "february feb februar février febrero febbraio fevereiro februari lutego",
            "march mar märz mars marzo março maart marca", "april apr avril abril aprile kwietnia", "may mai mayo maggio maio mei maja",
            "june jun juni juin junio giugno junho czerwca", "july jul juli juillet julio luglio julho lipca",
            "august aug août agosto augustus sierpnia", "september sep sept septembre septiembre settembre setembro września",
            "october oct oktober okt octobre octubre ottobre outubro października", "november nov novembre noviembre novembro listopada",
            "december dec dezember dez décembre diciembre dicembre dezembro grudnia",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip
FIRST_EASTERN = "\u3000"
"""Writing from here on has no spaces between words."""
CENTS = "money cent"
"""Kind of the hundredth of some currency."""
UNITS: dict[str, tuple[str, float]] = {
    word: (kind, factor)
    for kind, factor, words in (
        ("time", 0.001, "ms millisecond milliseconds millisekunden millisecondes"),
        ("time", 1, "s sec secs second seconds sekunde sekunden seconde secondes segundo segundos secondo secondi seconden sekund 秒"),
        ("time", 60, "min mins minute minutes minuten minuto minutos minuti minuut minut minuty 分 分間 分钟"),
        ("time", 3600, "h hr hrs hour hours stunde stunden betriebsstunde betriebsstunden arbeitsstunden heure heures hora horas ora ore uur uren godzina godziny godzin 時間 小时"),
        ("time", 86400, "day days tag tage tagen jour jours día días dia dias giorno giorni dag dagen dzień dni workday workdays werktage werktagen arbeitstage arbeitstagen kalendertage kalendertagen werkdagen 日 日間 天"),
        ("time", 604800, "week weeks woche wochen semaine semaines semana semanas settimana settimane weken tydzień tygodnie tygodni 週間 周"),
        ("nights", 1, "night nights nacht nächte nächten nuit nuits noche noches notte notti noite noites nachten noc noce nocy 泊"),
        ("months", 1, "month months monat monate monaten mois mes meses mês mese mesi maand maanden miesiąc miesiące miesięcy か月 ヶ月 个月"),
        ("months", 3, "quarter quarters quartal quartale trimestre trimestres"),
        ("months", 12, "year years yr yrs jahr jahre jahren an ans année années año años ano anos jährig jährige jähriger jährigen anno anni jaar jaren rok lata lat 年間"),
        ("months", 120, "decade decades"),
        ("months", 1200, "century centuries"),
        ("size", 1, "kb kilobyte kilobytes"), ("size", 1e3, "mb megabyte megabytes"), ("size", 1e6, "gb gigabyte gigabytes"),
        ("size", 1e9, "tb terabyte terabytes"),
        ("length", 0.001, "mm millimetre millimetres millimeter millimeters"), ("length", 0.01, "cm centimetre centimetres centimeter centimeters"),
        ("length", 1, "m metre metres meter meters mètre mètres metri metros"), ("length", 1000, "km kilometre kilometres kilometer kilometers"),
        ("length", 1609.344, "mile miles"), ("length", 0.3048, "ft foot feet"), ("length", 0.0254, "inch inches in"),
        ("speed", 1, "km/h kmh kph"), ("speed", 1.609344, "mph"), ("temperature", 1, "°c"), ("temperature fahrenheit", 1, "°f"),
        ("mass", 0.001, "g gram grams gramm grammes"), ("mass", 1, "kg kilo kilos kilogram kilograms kilogramm kilogrammes chilo chili quilo quilos"),
        ("mass", 1000, "tonne tonnes ton tons"), ("mass", 0.45359237, "lb lbs"), ("mass", 0.028349523, "oz ounce ounces"),
        ("volume", 0.001, "ml millilitre millilitres milliliter milliliters"), ("volume", 1, "l litre litres liter liters litro litri litros"),
        ("frequency", 1, "hz hertz"), ("frequency", 1e3, "khz kilohertz"), ("frequency", 1e6, "mhz megahertz"), ("frequency", 1e9, "ghz gigahertz"),
        ("pressure", 1, "bar"), ("pressure", 0.001, "mbar hpa"), ("pressure", 0.01, "kpa"), ("pressure", 0.06894757, "psi"),
        ("torque", 1, "nm newton-metre newton-metres newtonmeter"), ("torque", 1.35581795, "lb-ft ft-lb lbf-ft lb·ft"),
        ("power", 1, "w watt watts"), ("power", 1e3, "kw kilowatt kilowatts"), ("power", 1e6, "mw megawatt megawatts"),
        ("percent", 1, "% percent percentage prozent pct"),
        ("money usd", 1, "$ usd dollar dollars dólar dólares dollaro dollari"), ("money eur", 1, "€ eur euro euros"), ("money gbp", 1, "£ gbp pound pounds"),
        ("money gbp", 0.01, "p pence penny"), (CENTS, 0.01, "cent cents ct centime centimes céntimo céntimos"), ("money chf", 1, "chf franken"), ("money jpy", 1, "¥ jpy yen 円"), ("money cny", 1, "cny 元"), ("money pln", 1, "pln zł złotych złote"), ("money pln", 0.01, "grosz grosze groszy gr"), ("money inr", 1, "₹ inr rupee rupees"),
        ("money crowns", 1, "crown crowns kr kč krona kronor krone kroner kronen koruna korun couronnes coronas"),
    )
    for word in words.split()
}  # fmt: skip
_SCALES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6, "millionen": 1e6, "bn": 1e9, "b": 1e9, "billion": 1e9, "billions": 1e9, "trillion": 1e12, "hundred": 100.0, "dozen": 12.0}  # fmt: skip

_NO_ARTICLE = r"(?!\s(?:hour|[aeiou]))"
"""`20 an hour` are no years of French."""
_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_UNIT = "|".join(
    re.escape(word) + (_NO_ARTICLE if word == "an" else "")
    for word in sorted(UNITS, key=len, reverse=True)
    if word[0] < FIRST_EASTERN and word[0].isalpha() and word != "in"
)
_GLUED = "|".join(word for word in sorted(UNITS, key=len, reverse=True) if word[0] > FIRST_EASTERN)
_NUMERAL = "|".join(sorted(NUMERALS, key=len, reverse=True))
_TENS = "|".join(word for word, number in NUMERALS.items() if number > 9)
_ORDINAL = "(?:st|nd|rd|th|er)?"
_BETWEEN = r"(?:\s?[-–]\s?|\s)(?:(?:business|working|operating|calendar|chargeable|billable|full|whole|more|extra|additional|consecutive|paid|us)\s)?"
_AT_DIGIT = re.compile(
    rf"""
    (?P<iso>(?P<iy>\d{{4}})-(?P<im>\d\d)-(?P<id>\d\d)(?!\d))
  | (?P<slash>(?P<s1>\d{{1,2}})(?P<sep>[/.])(?P<s2>\d{{1,2}})(?P=sep)(?P<sy>\d{{4}}|\d\d)(?![\w/]))
  | (?P<short>(?:(?<=\bam\s)|(?<=\bab\s)|(?<=\bbis\s)|(?<=\bzum\s)|(?<=\bvom\s)|(?<=\bden\s)|(?<=\bdem\s)|(?<=\bseit\s)|(?<=\bdo\s)|(?<=\bod\s))
      (?P<sd>\d{{1,2}})\.(?P<sm>0?[1-9]|1[0-2])\.(?!\d))
  | (?P<dm>(?P<d1>\d{{1,2}}){_ORDINAL}\.?\s(?:of\s|de\s)?(?P<m1>{_MONTH})\b\.?(?:,?\s?(?:de\s)?(?P<y1>\d{{4}})\b)?)
  | (?P<version>\d+(?:\.\d+){{2,}}(?!\w))
  | (?P<long>(?P<lm>2[5-9]|[3-9]\d):(?P<ls>[0-5]\d)(?![\d:]))
  | (?P<clock>(?P<hh>\d{{1,2}})(?:[:.](?P<mm>\d\d)(?!\d))?\s?(?P<ap>[ap]\.?m\b\.?)|(?P<hh2>\d{{1,2}}):(?P<mm2>\d\d)(?!\d|:\d)
      |(?P<hh4>\d{{1,2}})\s?h\s?(?P<mm4>[0-5]\d)\b(?!\s?min)|(?P<hh5>\d{{1,2}})時(?:(?P<mm5>[0-5]?\d)分)?(?!間)
      |(?P<hh6>\d{{1,2}})[.:](?P<mm6>[0-5]\d)\s(?:uhr|uur)\b
      |(?P<hh3>\d{{1,2}})(?:\s?uhr\b|\so['’]clock\b|(?=\sin\sthe\s(?:morning|afternoon|evening)\b)))
  | (?P<number>
      (?P<digits>\d{{1,3}}(?:[,'’\u00a0\u202f\u2009]\d{{3}})+(?:\.\d+)?|\d{{1,3}}(?:\.\d{{3}})+(?:,\d+)?|\d+(?:[.,]\d+)?)(?P<part>[½¼¾])?
      (?:(?:st|nd|rd|th)\b|'?s\b)?
      (?:\s?(?P<scale>k|bn|mio|thousand|millions?|millionen|billions?|trillion|dozen|[mb])(?![\w]))?
      (?:\s?(?P<sign>[%％€$£]|°\s?[cf]\b)|(?P<east>{_GLUED})|{_BETWEEN}(?P<unit>{_UNIT}|per\scent|pour\scent)\b|\s?(?P<inch>in)(?=\s?[(),.;]|\Z)|(?P<glued>ms|s|min|h|kb|mb|gb|tb|mm|cm|m|km|kg|g|p)\b)?
      (?![^\W\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]))
    """,
    re.VERBOSE,
)
_AFTER_MONTH = re.compile(rf"(?:(?P<d>\d{{1,2}}){_ORDINAL}\b(?![:.]\d)(?:\s?,?\s?(?P<y>\d{{4}})\b)?|(?P<y2>\d{{4}})\b)")
_BEFORE_DAY = frozenset("yhletrbnvcgspio.,")
"""Last letters of months, and what may stand after them."""
_MONTH_BEFORE = re.compile(rf"\b(?P<month>{_MONTH})\b\.?,?\s(?:of\s|de\s)?\Z")
_CURRENCY_BEFORE = re.compile(r"(?:[$€£¥₹]|\b(?:usd|eur|gbp|chf)\s)\s?\Z")
_AT_WORD = re.compile(
    rf"""
    half(?:\san?)?\s(?P<hu>hour|day|year|month|minute|second)\b
  | halb\s(?P<halb>{_NUMERAL})\b
  | (?P<aged>{_NUMERAL})jährig\w{{0,2}}\b
  | (?P<percent>half|(?:(?:an?|one|three)\s)?quarters?)\s(?:of\s)?(?:an?|one)\s(?:percent|per\scent|percentage\spoint)\b
  | (?P<quarters>(?:(?:an?|one|three)\s)?quarters?)\sof\san\shour\b
  | (?P<past>half|(?:a\s)?quarter)\s(?P<side>past|to)\s(?P<full>{_NUMERAL}|midnight|noon|midday|\d{{1,2}})\b
  | (?P<late>five|ten|twenty|twenty[- ]five)\spast\s(?P<lfull>{_NUMERAL}|midnight|noon|midday)\b
  | (?P<oclock>{_NUMERAL})(?:\so['’]clock\b|(?=\sin\sthe\s(?:morning|afternoon|evening)\b))
  | (?P<twelve>noon|midday|midnight)\b
  | due\s(?P<due>ore|giorni|settimane|mesi|anni|notti|euro)\b
  | (?P<an>\d+|an?|one|two|three)\s(?P<au>hour|day|year|month|week|minute|litre|liter|metre|meter|mile|kilo|kilogram|kilometre|kilometer)s?\sand\sa\shalf\b
  | (?P<hn>one|two|three|four|five|six|seven|eight|nine|ten)\sand\sa\shalf\s(?P<hnu>{_UNIT})\b
  | (?P<hw>{_NUMERAL})\sand\sa\shalf\b
  | (?P<w1>{_NUMERAL})(?:[-\s](?P<w2>one|two|three|four|five|six|seven|eight|nine)\b)?(?:\s(?P<wscale>hundred|thousand|million|billion|dozen)\b)?
      (?:{_BETWEEN}(?P<wunit>{_UNIT}|per\scent)\b)?(?!\w)
      (?:(?<=s)\s(?P<hundredths>{_TENS})\b)?
    """,
    re.VERBOSE,
)
_START = re.compile(r"\d+")
_WORDS = re.compile(r"[a-zß-ÿ]+")
_AND_A_HALF = re.compile(r"\b(?:an?|one|two|three|\d+) \w+ and a half\b")
_AGED = re.compile(rf"\b(?:{_NUMERAL})jährig")
_LEADING = frozenset(NUMERALS) | {"halb", "half", "quarter", "quarters", "noon", "midday", "midnight", "due"}
_RANGE = re.compile(r"\s?(?:-|–|to|and|or|bis|und|oder|à|et|ou|a|y|e|en|i|,)\s?", re.IGNORECASE)

_DAYS = re.compile(rf"\.?(?:{_RANGE.pattern})(?:(?:the|dem|den|le|el|il|al|o)\s)?", re.IGNORECASE)
"""`zwischen dem 1. und dem 20. Dezember`."""


@remembered(4_000_000)
def quantities(text: str) -> tuple[Quantity, ...]:
    """Every number and date of the text, in order of place."""
    lower = text.lower()
    if len(lower) != len(text):  # a few letters of Turkish and Lithuanian grow: their words are left as they are
        lower = text
    found: list[Quantity] = []
    end = 0
    for start in _starts(lower):
        if start >= end and (one := _at(start, end, lower, text)):
            found.append(one)
            end = one.end
    joined = False
    for index in range(len(found) - 2, -1, -1):  # from the last one: `3, 7 and 14 days`
        one, after = found[index : index + 2]
        was_joined, joined = joined, False
        if (
            not one.kind
            and after.kind not in ("", "date", "clock", "version")
            and not (after.kind in ("time", "months") and _is_year(one, after))
            and (between := _RANGE.fullmatch(lower, one.end, after.start))
            # `the first twelve, sixty percent of the rest`
            and (was_joined or "," not in between[0] or after.form != "words")
        ):
            joined = True
            values = tuple(value * after.factor for value in one.values if isinstance(value, float))
            found[index] = one._replace(kind=after.kind, values=values, factor=after.factor)
        elif (
            not (one.kind or after.kind)
            and (scale := _SCALED.search(after.text))
            and not _SCALED.search(one.text)
            and _RANGE.fullmatch(lower, one.end, after.start)
        ):
            larger = tuple(value * _SCALES[scale[0].lower()] for value in one.values if isinstance(value, float))
            found[index] = one._replace(values=(*one.values, *larger))  # `from 412.0 to 453.2 million`
        elif (
            not one.kind
            and after.kind.startswith("money")
            and _PART_OF.fullmatch(lower, one.end, after.start)
            and max((v for v in one.values if isinstance(v, float)), default=0) > MOST_PIECES
        ):
            found[index] = one._replace(kind=after.kind)  # `61,000 of 94,000 pounds`
        elif not one.kind and after.kind == "clock" and _RANGE.fullmatch(lower, one.end, after.start):
            hours = [value for value in one.values if isinstance(value, float) and value <= 24]
            clocks = tuple(60 * value + half for value in hours for half in ((0.0, 720.0) if value <= 12 else (0.0,)))
            found[index] = one._replace(kind="clock", values=clocks) if clocks else one
        elif not one.kind and after.kind == "date" and _DAYS.fullmatch(lower, one.end, after.start):
            days = [
                (v[0], v[1], int(d))
                for v in after.values
                if isinstance(v, tuple)
                for d in one.values
                if isinstance(d, float)
            ]
            found[index] = one._replace(kind="date", values=tuple(days)) if all(1 <= d[2] <= 31 for d in days) else one
        elif one.kind == "time" and _is_the_rest(after, one.factor) and _AND.fullmatch(lower, one.end, after.start):
            parts = [
                value / after.factor
                for value in after.values
                if isinstance(value, float) and 0 < value / after.factor < 60
            ]
            if (
                parts and after.form != "words" and len(one.values) == 1 and isinstance(one.values[0], float)
            ):  # `2 hours 50`, `48 min 51 s`
                long = (one.values[0] + one.factor / 60 * parts[0],)
                found[index : index + 2] = [one._replace(end=after.end, text=text[one.start : after.end], values=long)]
    return tuple(found)


def _is_year(one: Quantity, after: Quantity) -> bool:
    """`1911 - three years before`."""
    value, period = one.values[0], after.values[0]
    return (
        isinstance(value, float) and isinstance(period, float) and 1000 <= value < 2200 and period / after.factor < 100
    )


_SCALED = re.compile(r"(?<=[\d ])(?:million|millions|thousand|billion|billions|millionen|mio|bn)\Z", re.IGNORECASE)


def _is_the_rest(one: Quantity, of_factor: float) -> bool:
    """Whether it may be the minutes of hours, or the seconds of minutes."""
    if not one.kind:
        return of_factor == 3600
    return one.kind == "time" and (of_factor, one.factor) in ((3600, 60), (60, 1))


_AND = re.compile(r" (?:(?:and|und|et|e|y|en|i) )?")
_PART_OF = re.compile(r" (?:(?:out )?of(?: the)?|von|sur|su|de|di|van|z) ")
MOST_PIECES = 100
"""Bare numbers up to here count pieces rather than money: `2 of 20 euros`."""


def _starts(lower: str) -> list[int]:
    """Places where a number may begin: digits, and words that begin one."""
    starts = [match.start() for match in _START.finditer(lower)]
    halves = [match.start() for match in _AND_A_HALF.finditer(lower)] if " and a half" in lower else []
    halves += [match.start() for match in _AGED.finditer(lower)] if "jährig" in lower else []
    leading = _LEADING.intersection(_WORDS.findall(lower))
    for word in leading:
        at = lower.find(word)
        while at >= 0:
            starts.append(at)
            at = lower.find(word, at + len(word))
    return sorted((*starts, *halves)) if leading or halves else starts


def _at(start: int, done: int, lower: str, text: str) -> Quantity | None:
    """The quantity that begins at a place; `done` is the end of the one before it."""
    before = lower[start - 1] if start else " "
    if not lower[start].isdigit():
        return None if before.isalnum() or before == "_" else _at_word(start, lower, text)
    if before == "v" and (start < 2 or not lower[start - 2].isalnum()):
        match = _AT_DIGIT.match(lower, start)
        return (
            Quantity(start - 1, match.end(), text[start - 1 : match.end()], "version", (_version(match[0]),))
            if match and match["version"]
            else None
        )
    if (before.isalnum() and before < FIRST_EASTERN) or (
        before in "_./:," and start > 1 and lower[start - 2].isalnum()
    ):
        return None
    if before == "-" and start > 1 and lower[start - 2].isalpha() and not lower.endswith("mid-", 0, start):
        return None  # part of an identifier
    if (
        before == " "
        and start > 3
        and lower[start - 2] in _BEFORE_DAY
        and (date := _after_month(start, done, lower, text))
    ):
        return date
    match = _AT_DIGIT.match(lower, start)
    if not match:
        return _at_word(start, lower, text)
    kind = match.lastgroup
    if kind == "number":
        if match["unit"] and (halves := _AT_WORD.match(lower, start)):
            return _in_words(halves, text)
        return _number(match, done, lower, text)
    place = (start, match.end(), text[start : match.end()])
    if kind == "iso":
        return _date(place, (match["iy"], match["im"], match["id"]))
    if kind == "slash":
        year = match["sy"] if len(match["sy"]) == 4 else "20" + match["sy"]
        return _date(place, (year, match["s2"], match["s1"]), (year, match["s1"], match["s2"]))
    if kind == "short":
        return _date(place, (0, match["sm"], match["sd"]))
    if kind == "dm":
        bare, name = match["d1"], match["m1"]
        if name in ("may", "march") and text[match.start("m1")].islower():
            return Quantity(start, start + len(bare), bare, "", (float(bare),))  # `children under 14 may use it`
        # A day that no month has is one that nothing supports.
        return _date(place, (match["y1"] or 0, _MONTHS[name], bare)) or Quantity(*place, "date", ((0, 0, int(bare)),))
    if kind == "long":
        return Quantity(*place, "time", (60.0 * int(match["lm"]) + int(match["ls"]),))
    return Quantity(*place, "version", (_version(match[0]),)) if kind == "version" else _clock(place, match)


def _after_month(start: int, done: int, lower: str, text: str) -> Quantity | None:
    month = _MONTH_BEFORE.search(lower, max(done, start - 14), start)
    rest = _AFTER_MONTH.match(lower, start) if month else None
    if not month or not rest:
        return None
    name, year = month["month"], rest["y"] or rest["y2"]
    if not year and name in ("may", "march", "mar", "mars") and text[month.start()].islower():
        return None  # a verb, more often than not
    place = (month.start(), rest.end(), text[month.start() : rest.end()])
    return _date(place, (year or 0, _MONTHS[name], rest["d"] or 0))


def _at_word(start: int, lower: str, text: str) -> Quantity | None:
    match = _AT_WORD.match(lower, start)
    return _in_words(match, text) if match else None


def _in_words(match: re.Match[str], text: str) -> Quantity | None:
    part = match.groupdict()
    place = (match.start(), match.end(), text[match.start() : match.end()])
    if part["hu"]:
        kind, factor = UNITS[part["hu"]]
        return Quantity(*place, kind, (factor / 2,), factor, "words")
    if part["au"]:
        kind, factor = UNITS[part["au"]]
        count = part["an"]
        number = float(count) if count.isdigit() else float(NUMERALS.get(count, 1))
        return Quantity(*place, kind, ((number + 0.5) * factor,), factor, "words")
    if part["hnu"]:
        kind, factor = UNITS[part["hnu"]]
        return Quantity(*place, kind, ((NUMERALS[part["hn"]] + 0.5) * factor,), factor, "words")
    if part["hw"]:
        return Quantity(*place, "", (NUMERALS[part["hw"]] + 0.5,), form="words")
    if part["halb"]:
        return _clock_in_words(place, 60 * NUMERALS[part["halb"]] - 30)
    if part["aged"]:
        return Quantity(*place, "months", (12.0 * NUMERALS[part["aged"]],), 12.0, "words")
    if part["due"]:
        kind, factor = UNITS[part["due"]]
        return Quantity(*place, kind, (2.0 * factor,), factor, "words")
    if part["percent"]:
        share = 0.5 if part["percent"] == "half" else 0.75 if part["percent"].startswith("three") else 0.25
        return Quantity(*place, "percent", (share,), form="words")
    if quarters := part["quarters"]:
        return Quantity(*place, "time", (2700.0 if quarters.startswith("three") else 900.0,), 3600.0, "words")
    if part["late"]:
        minutes = sum(NUMERALS[word] for word in re.split("[- ]", part["late"]))
        hour = NUMERALS.get(part["lfull"], 0 if part["lfull"] == "midnight" else 12)
        return _clock_in_words(place, 60 * hour + minutes)
    if hours := part["full"] or part["oclock"]:
        hour = int(hours) if hours.isdigit() else NUMERALS.get(hours, 0 if hours == "midnight" else 12)
        minutes = (30 if part["past"] == "half" else 15) if part["past"] else 0
        return _clock_in_words(place, 60 * hour + (-minutes if part["side"] == "to" else minutes))
    if part["twelve"]:
        return Quantity(*place, "clock", (0.0, 1440.0) if part["twelve"] == "midnight" else (720.0,), form="words")
    number = float(NUMERALS[part["w1"]])
    if part["w2"]:
        if number < 20 or number % 10:
            return None
        number += NUMERALS[part["w2"]]
    if part["wscale"]:
        number *= _SCALES[part["wscale"]]
    kind, factor = _unit(part["wunit"])
    if part["hundredths"] and kind.startswith("money"):
        number += NUMERALS[part["hundredths"]] / 100
    elif part["hundredths"]:
        end = match.start("hundredths") - 1
        place = (match.start(), end, text[match.start() : end])
    return Quantity(*place, kind, (number * factor,), factor, "words")


def _clock_in_words(place: Place, minutes: int) -> Quantity | None:
    """Before or after noon: words seldom say which."""
    return (
        Quantity(*place, "clock", (float(minutes), float((minutes + 720) % 1440)), form="words")
        if minutes <= 780
        else None
    )


def _version(text: str) -> float:
    """A number that only the same version has: its parts in base 10,000."""
    number = 0
    for piece in text.lstrip("vV").split("."):
        number = number * 10_000 + int(piece[:4])
    return float(number)


def _date(place: Place, *dates: tuple[str | int, str | int, str | int]) -> Quantity | None:
    whole = [(int(y), int(m), int(d)) for y, m, d in dates]
    values = tuple(dict.fromkeys(one for one in whole if 1 <= one[1] <= 12 and one[2] <= 31))
    return Quantity(*place, "date", values) if values else None


_PARTS = {"½": 0.5, "¼": 0.25, "¾": 0.75}
_HOURS = ("", "2", "3", "4", "5", "6")
"""Endings of the groups of the ways to write a clock."""


def _clock(place: Place, part: re.Match[str]) -> Quantity | None:
    hour = int(next(filter(None, (part[f"hh{n}"] for n in _HOURS))))
    minute = int(next(filter(None, (part[f"mm{n}"] for n in _HOURS if n != "3")), 0))
    if hour > 24 or minute > 59:
        return None
    if half := part["ap"]:
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    at = float(60 * hour + minute)
    return Quantity(*place, "clock", (at, at + 720) if not half and hour <= 12 else (at,))


def _number(match: re.Match[str], done: int, lower: str, text: str) -> Quantity:
    start, bare = match.start(), match["digits"]
    if not bare.isdigit():
        bare = _APART.sub("", bare)
    readings = [bare] if bare.isdigit() else _readings(bare)
    scale, sign = match["scale"], match["sign"] or match["unit"] or match["glued"] or match["east"] or match["inch"]
    currency = (
        _CURRENCY_BEFORE.search(lower, max(done, start - 5), start) if start and lower[start - 1] in "$€£¥₹ " else None
    )
    if scale in ("m", "b") and text[match.start("scale")].islower() and not currency:
        scale, sign = None, sign or ("m" if scale == "m" else None)
    if currency:
        start, sign = currency.start(), currency[0].strip()
    elif sign == "分" and "积分" in lower:
        sign = None  # points
    elif sign == "gr":  # grams in most languages
        sign = "groszy" if "zł" in lower else "g"
    kind, factor = _unit(sign)
    more = _PARTS.get(match["part"] or "", 0.0)
    values = tuple(dict.fromkeys((float(one) + more) * (_SCALES[scale] if scale else 1.0) * factor for one in readings))
    return Quantity(start, match.end(), text[start : match.end()], kind, values, factor)


def _readings(bare: str) -> list[str]:
    """`1.200` is a thousand and two hundred, or one and a fifth."""
    readings = []
    if _COMMA_THOUSANDS.fullmatch(bare):
        readings.append(bare.replace(",", ""))
    if _POINT_THOUSANDS.fullmatch(bare):
        readings.append(bare.replace(".", "").replace(",", "."))
    if bare.count(".") <= 1 and "," not in bare:
        readings.append(bare)
    if bare.count(",") == 1 and "." not in bare:
        readings.append(bare.replace(",", "."))
    return readings


_APART = re.compile(r"['’\u00a0\u202f\u2009]")
_COMMA_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_POINT_THOUSANDS = re.compile(r"\d{1,3}(?:\.\d{3})+(?:,\d+)?")


def _unit(word: str | None) -> tuple[str, float]:
    """Kind and base units of a unit; `per cent` is the one of two words."""
    if not word:
        return "", 1.0
    word = word.replace(" ", "") if word.startswith("°") else "%" if word == "％" else word
    return UNITS["%"] if word.endswith("cent") and " " in word else UNITS[word]


def close(a: Value, b: Value) -> bool:
    """Equal but for the last digits of a float."""
    if isinstance(a, tuple) or isinstance(b, tuple):
        return a == b
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def same(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities can mean the same; a bare number can be of any kind."""
    if one.kind == "date" or other.kind == "date":
        return same_date(one, other)
    if of_one_kind(one, other):
        return any(close(a, b) for a in one.values for b in other.values)
    if {one.kind, other.kind} == {"clock", "time"}:  # `15 h` says when or how long
        clock, long = (one, other) if one.kind == "clock" else (other, one)
        return long.factor == 3600 and any(v / 60 in clock.values for v in long.values if isinstance(v, float))
    if one.kind and other.kind:
        return False
    if "clock" in (one.kind, other.kind):
        clock, bare = (one, other) if one.kind else (other, one)
        return any(60 * float(hour) in clock.values for hour in bare.values if not isinstance(hour, tuple))
    return any(close(_written(one, a), _written(other, b)) for a in one.values for b in other.values)


def of_one_kind(one: Quantity, other: Quantity) -> bool:
    """Whether their values can be compared; cents are of any currency."""
    return one.kind == other.kind or (
        CENTS in (one.kind, other.kind) and one.kind.startswith("money") and other.kind.startswith("money")
    )


def conflicts(one: Quantity, other: Quantity) -> bool:
    """Whether two quantities are of one known kind and differ."""
    return bool(one.kind) and one.kind == other.kind and not same(one, other)


def same_date(one: Quantity, other: Quantity) -> bool:
    """Whether a date and another one, or a year, can mean the same; what one leaves out the other may have."""
    if one.kind != other.kind:
        date, number = (one, other) if one.kind == "date" else (other, one)
        # A bare year may stand for a date; a date claims more than a bare year.
        return (
            number is one
            and not number.kind
            and any(v[0] in number.values for v in date.values if isinstance(v, tuple))
        )
    return any(
        isinstance(a, tuple)
        and isinstance(b, tuple)
        and a[1] == b[1]
        and all(not x or not y or x == y for x, y in zip(a, b, strict=True))
        for a in one.values
        for b in other.values
    )


def _written(one: Quantity, value: Value) -> Value:
    return value if isinstance(value, tuple) else value / one.factor
