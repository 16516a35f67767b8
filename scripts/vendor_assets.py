"""vendor_assets.py PACKAGES PROJECT: writes the front-end files that Switchboard embeds, from unpacked npm packages."""
import json, pathlib, re, shutil, sys

packages, project = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
static, vendor = project / "static", project / "static" / "vendor"
SUBSETS = ["latin", "latin-ext", "cyrillic", "cyrillic-ext", "greek", "greek-ext", "vietnamese"]


def version(package):
    return json.loads((packages / package / "package.json").read_text())["version"]


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{path.relative_to(project)}  {len(text.encode()):,} bytes")


def licence(package, name, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(packages / package / name, target)


def htmx():
    """htmx and its extensions as ONE file: loaded apart, htmx may start before hx-sse is there and never connect."""
    dist = packages / "htmx.org" / "dist"
    parts = [dist / "htmx.min.js", dist / "ext" / "hx-sse.min.js", dist / "ext" / "hx-preload.min.js"]
    banner = f"/*! htmx.org {version('htmx.org')} with hx-sse and hx-preload. Zero-Clause BSD, see htmx.LICENSE.txt */\n"
    body = [re.sub(r"\n?//# sourceMappingURL=\S*", "", p.read_text(encoding="utf-8")).strip() for p in parts]
    write(vendor / "htmx.js", banner + "".join(b.rstrip(";") + ";\n" for b in body))
    licence("htmx.org", "LICENSE", vendor / "htmx.LICENSE.txt")


def inter():
    source = packages / "@fontsource-variable" / "inter"
    css = (source / "wght.css").read_text(encoding="utf-8")
    ranges = dict(re.findall(r"url\(\./files/inter-(\S+)-wght-normal\.woff2\).*?unicode-range: ([^;]+);", css, re.S))
    out = [f"/* Inter variable {version('@fontsource-variable/inter')}, SIL Open Font License 1.1. Written by scripts/vendor.sh.\n"
           "   A browser loads only the files whose letters the page shows. */\n"]
    for subset in SUBSETS:
        name = f"inter-{subset}.woff2"
        target = vendor / "inter" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / "files" / f"inter-{subset}-wght-normal.woff2", target)
        out.append(f"""
@font-face {{
  font-family: "Inter";
  font-style: normal;
  font-weight: 100 900;
  font-display: swap;
  src: url("../vendor/inter/{name}") format("woff2");
  unicode-range: {ranges[subset].replace(",", ", ")};
}}
""")
    # Ascent, descent and width of Inter over Arial's, so that nothing moves when the font arrives.
    out.append("""
/* The system font stretched to Inter's measures: no layout shift when Inter arrives. */
@font-face {
  font-family: "Inter Fallback";
  src: local("Arial"), local("Liberation Sans"), local("Arimo");
  ascent-override: 90.49%;
  descent-override: 22.56%;
  line-gap-override: 0%;
  size-adjust: 107.06%;
}
""")
    write(static / "css" / "fonts.css", "".join(out))
    licence("@fontsource-variable/inter", "LICENSE", vendor / "inter" / "LICENSE.txt")


def shapes(svg):
    """The drawing inside <svg>, without comments, title and needless white space."""
    inner = re.search(r"<svg\b[^>]*>(.*)</svg>", svg, re.S).group(1)
    inner = re.sub(r"<!--.*?-->|<title>.*?</title>", "", inner, flags=re.S)
    return re.sub(r"\s+/>", "/>", re.sub(r">\s+<", "><", inner.strip()))


def icons():
    lines = [l.strip() for l in (project / "scripts" / "icons.txt").read_text().splitlines() if l.strip() and not l.startswith("#")]
    brands = [n for l in lines if l.startswith("brand:") for n in l.removeprefix("brand:").split()]
    names = [n for l in lines if not l.startswith("brand:") for n in l.split()]
    stroke = 'fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"'
    out = ['<svg xmlns="http://www.w3.org/2000/svg">\n',
           f"<!-- lucide {version('lucide-static')} (ISC), simple-icons {version('simple-icons')} (CC0). Written by scripts/vendor.sh from scripts/icons.txt. -->\n"]
    for folder, style, wanted in (("lucide-static", stroke, names), ("simple-icons", 'fill="currentColor"', brands)):
        for name in sorted(set(wanted)):
            path = packages / folder / "icons" / f"{name}.svg"
            if not path.exists():
                sys.exit(f"scripts/icons.txt names {name!r}, which {folder} does not have")
            out.append(f'<symbol id="i-{name}" viewBox="0 0 24 24" {style}>{shapes(path.read_text(encoding="utf-8"))}</symbol>\n')
    write(static / "icons.svg", "".join(out) + "</svg>\n")
    licence("lucide-static", "LICENSE", vendor / "lucide.LICENSE.txt")
    licence("simple-icons", "LICENSE.md", vendor / "simple-icons.LICENSE.txt")


def checker():
    """htmx's own check for idioms of version 2, which version 4 ignores without a word. `make lint` runs it."""
    text = (packages / "htmx.org" / "dist" / "scripts" / "upgrade-check.py").read_text(encoding="utf-8")
    note = f"# From htmx.org {version('htmx.org')} (Zero-Clause BSD), unchanged below. Written by scripts/vendor.sh.\n"
    head, _, rest = text.partition("\n")
    write(project / "scripts" / "htmx_check.py", f"{head}\n{note}{rest}" if head.startswith("#!") else note + text)


htmx()
inter()
icons()
checker()
