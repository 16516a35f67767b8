"""third_party.py: writes THIRD_PARTY.md: what Switchboard contains of others. Run it after a change in go.mod or scripts/npm.lock.

`third_party.py --check` only says whether THIRD_PARTY.md is up to date."""
import json, os, pathlib, re, subprocess, sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FRONT = [  # name in npm.lock, what of it, where, licence, holder
    ("htmx.org", "htmx with hx-sse and hx-preload; its upgrade check", "static/vendor/htmx.js, scripts/htmx_check.py", "0BSD",
     "static/vendor/htmx.LICENSE.txt", "Big Sky Software and contributors"),
    ("@fontsource-variable/inter", "typeface Inter", "static/vendor/inter", "OFL-1.1", "static/vendor/inter/LICENSE.txt",
     "Copyright 2016 The Inter Project Authors (https://github.com/rsms/inter)"),
    ("lucide-static", "icons", "static/icons.svg", "ISC, partly MIT", "static/vendor/lucide.LICENSE.txt",
     "Copyright (c) 2026 Lucide Icons and Contributors; Copyright (c) 2013-present Cole Bemis"),
    ("simple-icons", "brand icons", "static/icons.svg", "CC0-1.0", "static/vendor/simple-icons.LICENSE.txt", "Simple Icons Collaborators"),
    ("cldr-dates-full", "dates and numbers of languages (Unicode CLDR, with cldr-numbers-full and cldr-units-full)", "dashboard/view/locales.json",
     "Unicode-3.0", "dashboard/view/locales.LICENSE.txt", "Copyright © 1991-2025 Unicode, Inc."),
    ("@ip-location-db/geo-whois-asn-country-mmdb", "country of an IP address", "geo/data", "CC-BY-4.0", "geo/data/NOTICE",
     "Number Resource Organization (NRO), https://www.nro.net/"),
]
COPYRIGHT = r"(Portions )?Copyright\b.*(\d{4}|©|\([cC]\))"
LICENCES = [  # the one whose words stand first in the text, then the one named first here
    ("Apache-2.0", r"Apache License\s+Version 2\.0"),
    ("MPL-2.0", r"Mozilla Public License,? [Vv]ersion 2\.0"),
    ("BSD-3-Clause", r"Redistribution and use in source and binary forms[\s\S]*[Nn]either the name"),
    ("BSD-3-Clause", r"Redistribution and use in source and binary forms[\s\S]*names? of .* (may|contributors)"),
    ("BSD-2-Clause", r"Redistribution and use in source and binary forms"),
    ("MIT", r"Permission is hereby granted, free of charge"),
    ("ISC", r"Permission to use, copy, modify, and(/or)? distribute this software"),
]


def modules():
    """The modules of which the program contains something, for every system it is built for."""
    found = {}
    for system in ("linux", "darwin", "windows"):
        env = dict(os.environ, GOOS=system, CGO_ENABLED="0")
        text = subprocess.run(["go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", "./cmd/switchboard"],
                              cwd=ROOT, env=env, check=True, stdout=subprocess.PIPE, text=True).stdout
        for line in filter(None, text.splitlines()):
            path, version, folder = line.split("\t")
            found[path] = (version, pathlib.Path(folder))
    return sorted(found.items())


def licence_files(folder):
    """The module's own licence first, then those of what it contains itself."""
    files = [f for f in folder.iterdir() if f.is_file() and re.match(r"(licen[cs]e|copying)", f.name, re.I) and f.suffix != ".go" and "logo" not in f.name.lower()]
    return sorted(files, key=lambda f: (len(f.stem), f.name))


def read(file):
    """A licence as it stands, without e-mail addresses."""
    return re.sub(r"\s*<[^<>\s]+@[^<>\s]+>", "", file.read_text(errors="replace")).strip()


def kind_of(text):
    found = [(m.start(), name) for name, m in ((name, re.search(pattern, text)) for name, pattern in LICENCES) if m]
    return min(found, key=lambda f: f[0])[1] if found else None


def licence(folder):
    files = licence_files(folder)
    kind = kind_of(read(files[0])) if files else None
    if kind is None:
        sys.exit(f"third_party: no licence recognised in {folder}")
    holders = []
    for line in read(files[0]).splitlines():
        line = re.sub(r"\s+", " ", line.strip(" #*/-\t"))
        if re.match(COPYRIGHT, line) and "[yyyy]" not in line and line not in holders:
            holders.append(line)
    return kind, holders, files


def same_words(text):
    """A licence's words without the copyright lines: what many modules share."""
    lines = [l for l in text.splitlines() if not re.match(rf"\W*({COPYRIGHT}|All rights reserved)", l.strip())]
    return re.sub(r"\s+", " ", " ".join(lines)).strip().lower()


def write():
    lock = dict(re.findall(r"^(\S+)@(\S+) sha512-", (ROOT / "scripts" / "npm.lock").read_text(), re.M))
    out = ["# What Switchboard contains of others\n",
           "Written by `python3 scripts/third_party.py`. Switchboard itself: Apache-2.0, see LICENSE.\n",
           "## Files in this repository and in the binary\n", "| what | version | where | licence | text | by |", "|---|---|---|---|---|---|"]
    for package, what, where, kind, text, holder in FRONT:
        out.append(f"| {what} ({package}) | {lock[package]} | {where} | {kind} | [{text}]({text}) | {holder} |")
    out += ["",
            "**Country data.** The statistics data provided by NRO is licensed under a Creative Commons Attribution 4.0 International License",
            "(https://creativecommons.org/licenses/by/4.0/); credit: Number Resource Organization, https://www.nro.net/.",
            "", "**City data** (`make geoip`) is not part of Switchboard. It is DB-IP's, CC BY 4.0: whoever shows it shows a link to https://db-ip.com.",
            "", "**Brands.** WhatsApp and Instagram are trademarks of Meta Platforms, Inc. Their logos mark the channel a message came through and nothing else.",
            "", "## Go modules in the binary\n", "| module | version | licence | copyright |", "|---|---|---|---|"]
    texts, notices = {}, []
    for path, (version, folder) in modules():
        kind, holders, files = licence(folder)
        out.append(f"| {path} | {version} | {kind} | {'; '.join(holders).replace('|', '/') or '-'} |")
        for text in map(read, files):
            if kind_of(text) != "Apache-2.0":
                texts.setdefault((kind_of(text) or "other", same_words(text)), [text, []])[1].append(path)
        for file in sorted(folder.glob("NOTICE*")):
            notices.append(f"### {path}\n\n```text\n{read(file)}\n```\n")
    goroot = pathlib.Path(subprocess.run(["go", "env", "GOROOT"], check=True, capture_output=True, text=True).stdout.strip())
    out.append(f"| Go standard library | | BSD-3-Clause | {'; '.join(licence(goroot)[1])} |")
    out += ["", "## Notices\n", *notices, "## Licence texts\n", "Apache-2.0: see LICENSE. MPL-2.0: the source of those modules is at their module path.\n"]
    for (kind, _), (text, paths) in sorted(texts.items(), key=lambda t: (t[0][0], t[1][1])):
        out.append(f"### {kind}: {', '.join(sorted(set(paths)))}\n\n```text\n{text}\n```\n")
    return "\n".join(out)


target = ROOT / "THIRD_PARTY.md"
text = write()
if "--check" in sys.argv:
    if not target.exists() or target.read_text(encoding="utf-8") != text:
        sys.exit("THIRD_PARTY.md is out of date: run python3 scripts/third_party.py")
else:
    target.write_text(text, encoding="utf-8")
    print(f"THIRD_PARTY.md  {len(text):,} bytes")
