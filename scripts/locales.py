"""locales.py PACKAGES TARGET: writes how each locale writes dates and numbers, from unpacked CLDR packages."""
import json, pathlib, sys

packages, target = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])

# Tag an agent may choose, the CLDR locale that has its data, and its name in itself. The first is taken for those of whom nothing is known.
LOCALES = {
    "en-GB": ("en-GB", "English (United Kingdom)"), "en-US": ("en", "English (United States)"), "en-AU": ("en-AU", "English (Australia)"),
    "en-CA": ("en-CA", "English (Canada)"), "en-IN": ("en-IN", "English (India)"), "en-IE": ("en-IE", "English (Ireland)"),
    "en-NZ": ("en-NZ", "English (New Zealand)"), "en-ZA": ("en-ZA", "English (South Africa)"),
    "ar": ("ar", "العربية"), "ar-EG": ("ar-EG", "العربية (مصر)"), "cs": ("cs", "Čeština"), "da": ("da", "Dansk"),
    "de": ("de", "Deutsch"), "de-AT": ("de-AT", "Deutsch (Österreich)"), "de-CH": ("de-CH", "Deutsch (Schweiz)"), "el": ("el", "Ελληνικά"),
    "es": ("es", "Español"), "es-AR": ("es-AR", "Español (Argentina)"), "es-MX": ("es-MX", "Español (México)"), "fi": ("fi", "Suomi"),
    "fr": ("fr", "Français"), "fr-CA": ("fr-CA", "Français (Canada)"), "fr-CH": ("fr-CH", "Français (Suisse)"), "he": ("he", "עברית"),
    "hi": ("hi", "हिन्दी"), "hu": ("hu", "Magyar"), "id": ("id", "Bahasa Indonesia"), "it": ("it", "Italiano"), "ja": ("ja", "日本語"), "ko": ("ko", "한국어"),
    "nb": ("no", "Norsk bokmål"), "nl": ("nl", "Nederlands"), "pl": ("pl", "Polski"), "pt-BR": ("pt", "Português (Brasil)"),
    "pt-PT": ("pt-PT", "Português (Portugal)"), "ro": ("ro", "Română"), "ru": ("ru", "Русский"), "sv": ("sv", "Svenska"), "tr": ("tr", "Türkçe"),
    "uk": ("uk", "Українська"), "vi": ("vi", "Tiếng Việt"), "zh-Hans": ("zh", "简体中文"), "zh-Hant": ("zh-Hant", "繁體中文"),
}
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]


def read(package, cldr, name):
    path = packages / package / "main" / cldr / name
    return json.loads(path.read_text(encoding="utf-8"))["main"][cldr]


def pattern(value):
    # B, "in the afternoon", takes rules of its own; a, before or after noon, says enough.
    return (value if isinstance(value, str) else value["_value"]).replace("B", "a")


def units(cldr, english):
    """Short units that need no plural rules: "3 min" in every number. English keeps the symbols everybody knows."""
    if english:
        return {"unitSecond": ["{0} s"], "unitMinute": ["{0} min"], "unitHour": ["{0} h"], "unitDay": ["{0} d"]}
    data, out = read("cldr-units-full", cldr, "units.json")["units"], {}
    for unit in ("second", "minute", "hour", "day"):
        for width in ("short", "narrow"):
            forms = {k.removeprefix("unitPattern-count-"): v for k, v in data[width][f"duration-{unit}"].items() if k.startswith("unitPattern-count-")}
            if len(set(forms.values())) == 1:
                out["unit" + unit.capitalize()] = [forms["other"]]
                break
        else:
            if set(forms) - {"one", "other", "many"} or forms.get("many", forms["other"]) != forms["other"]:
                sys.exit(f"{cldr}: {unit} needs plural rules: {forms}")
            out["unit" + unit.capitalize()] = [forms["other"], forms["one"]]
    return out


def locale(tag, cldr):
    gregorian = read("cldr-dates-full", cldr, "ca-gregorian.json")["dates"]["calendars"]["gregorian"]
    fields = read("cldr-dates-full", cldr, "dateFields.json")["dates"]["fields"]
    numbers = read("cldr-numbers-full", cldr, "numbers.json")["numbers"]
    available = gregorian["dateTimeFormats"]["availableFormats"]
    if "MMMMEEEEd" in available:
        long_day = available["MMMMEEEEd"]
    elif "MMMEEEEd" in available:
        long_day = available["MMMEEEEd"].replace("MMM", "MMMM")
    elif "MMMMEd" in available:
        long_day = available["MMMMEd"].replace("E", "EEEE")
    else:
        long_day = available["MMMEd"].replace("ccc", "E").replace("E", "EEEE").replace("MMM", "MMMM")
    system = numbers["defaultNumberingSystem"]
    symbols, grouping = numbers[f"symbols-numberSystem-{system}"], numbers[f"decimalFormats-numberSystem-{system}"]["standard"]
    groups = [len(g) for g in grouping.split(".")[0].split(",")]
    out = {
        "date": available["MMMd"], "dateYear": available["yMMMd"], "dateFull": available["yMMMEd"], "day": long_day, "dayYear": pattern(gregorian["dateFormats"]["full"]),
        "time": pattern(gregorian["timeFormats"]["short"]), "timeFull": pattern(gregorian["timeFormats"]["medium"]),
        "weekTime": "E " + pattern(gregorian["timeFormats"]["short"]),
        "join": pattern(gregorian["dateTimeFormats"]["medium"]),
        "months": [gregorian["months"]["format"]["wide"][str(m)] for m in range(1, 13)],
        "shortMonths": [gregorian["months"]["format"]["abbreviated"][str(m)] for m in range(1, 13)],
        "days": [gregorian["days"]["format"]["wide"][d] for d in DAYS],
        "shortDays": [gregorian["days"]["format"]["abbreviated"][d] for d in DAYS],
        "am": gregorian["dayPeriods"]["format"]["abbreviated"]["am"], "pm": gregorian["dayPeriods"]["format"]["abbreviated"]["pm"],
        "now": fields["second"]["relative-type-0"], "today": fields["day"]["relative-type-0"], "yesterday": fields["day"]["relative-type--1"], "tomorrow": fields["day"]["relative-type-1"],
        **units(cldr, tag.startswith("en")),
        "group": symbols["group"], "minimumGrouping": int(numbers["minimumGroupingDigits"]),
        "grouping": [groups[-1], groups[-2] if len(groups) > 2 else groups[-1]],
    }
    if system == "arab":
        out["digits"] = "٠١٢٣٤٥٦٧٨٩"
    elif system != "latn":
        sys.exit(f"{cldr}: digits of {system} are not known")
    return out


version = json.loads((packages / "cldr-dates-full" / "package.json").read_text())["version"]
data = {"source": f"Unicode CLDR {version}, Unicode License V3. Written by scripts/locales.sh.", "locales": [{"tag": tag, "name": name, **locale(tag, cldr)} for tag, (cldr, name) in LOCALES.items()]}
lines = ",\n".join(json.dumps(entry, ensure_ascii=False) for entry in data["locales"])
target.write_text(f'{{"source": {json.dumps(data["source"])}, "locales": [\n{lines}\n]}}\n', encoding="utf-8")
print(f"{target}  {target.stat().st_size:,} bytes, {len(LOCALES)} locales")
