"""Units of measure: several spellings of one unit are the same; different units never are.

No conversion is claimed: 1 kg and 1000 g are reported as a difference for a person to look at.
"""

from __future__ import annotations

import re

_SPELLINGS: dict[str, str] = {
    "%": "% percent per|cent pct",
    "pp": "percentage|point percentage|points pp",
    "‰": "‰ per|mille permille",
    "kg": "kg kgs kilogram kilograms kilogramme kilogrammes kilo kilos",
    "g": "g gram grams gramme grammes",
    "mg": "mg milligram milligrams milligramme milligrammes",
    "µg": "μg µg ug mcg microgram micrograms microgramme microgrammes",
    "ng": "ng nanogram nanograms",
    "t": "tonne tonnes",
    "ton": "ton tons",
    "lb": "lb lbs pound|weight",
    "oz": "oz ounce ounces",
    "km": "km kms kilometre kilometres kilometer kilometers",
    "m": "m metre metres meter meters",
    "cm": "cm centimetre centimetres centimeter centimeters",
    "mm": "mm millimetre millimetres millimeter millimeters",
    "µm": "μm µm um micrometre micrometres micrometer micrometers micron microns",
    "nm": "nm nanometre nanometres nanometer nanometers",
    "mi": "mile miles mi",
    "ft": "ft foot feet",
    "inch": "inch inches",
    "ha": "ha hectare hectares",
    "l": "l litre litres liter liters",
    "ml": "ml millilitre millilitres milliliter milliliters",
    "µl": "μl µl ul microlitre microlitres microliter microliters",
    "M": "molar",
    "mM": "mM millimolar",
    "µM": "μM µM uM micromolar",
    "nM": "nM nanomolar",
    "mol": "mol mole moles",
    "mmol": "mmol millimole millimoles",
    "ns": "ns nanosecond nanoseconds",
    "µs": "μs µs microsecond microseconds",
    "ms": "ms msec millisecond milliseconds",
    "s": "s sec secs second seconds",
    "min": "min mins minute minutes",
    "h": "h hr hrs hour hours hourly",
    "day": "day days d daily",
    "week": "week weeks wk wks weekly",
    "month": "month months mo mos monthly",
    "year": "year years yr yrs yearly annually",
    "decade": "decade decades",
    "century": "century centuries",
    "°C": "°C degC degrees|Celsius degree|Celsius celsius",
    "°F": "°F degF degrees|Fahrenheit degree|Fahrenheit fahrenheit",
    "K": "kelvin K",
    "°": "° degree degrees",
    "Hz": "Hz hertz",
    "kHz": "kHz kilohertz",
    "MHz": "MHz megahertz",
    "GHz": "GHz gigahertz",
    "W": "W watt watts",
    "kW": "kW kilowatt kilowatts",
    "MW": "MW megawatt megawatts",
    "GW": "GW gigawatt gigawatts",
    "kWh": "kWh kilowatt|hour kilowatt|hours kilowatt-hour kilowatt-hours",
    "MWh": "MWh megawatt-hours",
    "J": "joule joules",
    "kJ": "kJ kilojoule kilojoules",
    "kcal": "kcal kilocalorie kilocalories",
    "cal": "cal calorie calories",
    "V": "V volt volts",
    "mV": "mV millivolt millivolts",
    "Pa": "Pa pascal pascals",
    "kPa": "kPa kilopascal kilopascals",
    "mmHg": "mmHg",
    "B": "byte bytes",
    "kB": "kB KB kilobyte kilobytes",
    "MB": "MB megabyte megabytes",
    "GB": "GB gigabyte gigabytes",
    "TB": "TB terabyte terabytes",
    "dB": "dB decibel decibels",
    "USD": "$ USD US$ dollar dollars",
    "EUR": "€ EUR euro euros",
    "GBP": "£ GBP pound pounds",
    "JPY": "¥ JPY yen",
    "CHF": "CHF franc francs",
    "INR": "₹ INR rupee rupees",
    "cent": "cent cents",
    "times": "fold times-fold",
}

CANON: dict[str, str] = {
    spelling.replace("|", " "): unit
    for unit, spellings in _SPELLINGS.items()
    for spelling in spellings.split()
}
_FOLDED = {s.casefold(): u for s, u in CANON.items() if len(s) > 3 and s.isascii()}
"""Words may be in any case; symbols may not: mM is no mm."""

_ALTERNATIVES = "|".join(
    re.escape(s) + (r"\b" if s[-1].isalnum() else "") for s in sorted(CANON, key=lambda s: -len(s))
)
UNIT = rf"(?P<unit>(?:{_ALTERNATIVES})(?:/[A-Za-zµμ]{{1,4}}\b)?)"
"""A unit behind a number, with what it is per: mg, per cent, mg/dl, km/h."""
CURRENCY = "$€£¥₹"


def canonical(spelling: str) -> str:
    """The one name of a unit: `kilograms` → `kg`, `mg/dL` → `mg/dl`; empty for what is none."""
    head, slash, per = spelling.partition("/")
    unit = CANON.get(head) or _FOLDED.get(head.casefold(), "")
    return f"{unit}/{per.lower().replace('μ', 'µ')}" if unit and slash else unit
