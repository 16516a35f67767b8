package geo

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mileusna/useragent"

	"switchboard/chat"
)

// Bounds of what a browser says about itself, in bytes.
const (
	maxUserAgent = 512
	maxHint      = 256
	maxName      = 64
)

// Types of a device.
const (
	typeDesktop = "desktop"
	typeMobile  = "mobile"
	typeTablet  = "tablet"
	typeBot     = "bot"
)

// Device says what a user agent and the client hints of c mean, as a best guess. Hints win where they say something: user
// agents are frozen in many browsers. An iPad that asks for desktop pages cannot be told from a Mac.
func (l *Locator) Device(ua string, c chat.Client) chat.Device {
	ua = clip(ua, maxUserAgent)
	hints := [...]string{clip(c.Mobile, maxHint), clip(c.Platform, maxHint), clip(c.Model, maxHint), clip(c.Brands, maxHint)}
	key := ua + "\x00" + strings.Join(hints[:], "\x00")
	device, ok := l.devices.Get(key)
	if !ok {
		device = describe(ua, hints[0], hints[1], hints[2], hints[3])
		l.devices.Add(key, device)
	}
	result := resultFound
	if device == (chat.Device{}) {
		result = resultUnknown
	}
	l.lookups.WithLabelValues("device", result).Inc()
	return device
}

func describe(ua, mobile, platform, model, brands string) chat.Device {
	parsed := useragent.Parse(ua)
	d := chat.Device{Type: deviceType(parsed, ua), OS: systemName(parsed), Browser: browserName(parsed)}
	if parsed.Device != "K" { // what Chrome on Android says instead of the model
		d.Model = shown(parsed.Device)
	}
	if hinted := systemHint(unquote(platform)); hinted != "" && !strings.HasPrefix(d.OS, hinted) {
		d.OS = hinted
	}
	if hinted := brandHint(brands); hinted != "" && d.Type != typeBot {
		d.Browser = hinted
	}
	if hinted := shown(unquote(model)); hinted != "" {
		d.Model = hinted
	}
	if d.Type != typeBot {
		d.Type = typeHint(mobile, d.OS, d.Type)
	}
	return d
}

func deviceType(p useragent.UserAgent, ua string) string {
	switch {
	case p.Bot:
		return typeBot
	case p.Tablet:
		return typeTablet
	case p.OS == useragent.Android && !strings.Contains(ua, "Mobile"): // how Android tablets differ from phones
		return typeTablet
	case p.Mobile:
		return typeMobile
	case p.Desktop:
		return typeDesktop
	default:
		return ""
	}
}

// systemName is the operating system, with its version where the user agent can be believed: Windows 11 says 10.0, macOS
// stopped at 10.15.7, Chrome's reduced Android is always 10, and Linux gives its processor instead.
func systemName(p useragent.UserAgent) string {
	name := shown(p.OS)
	switch {
	case p.OS == useragent.IOS && p.OSVersionNo.Major > 0:
		return name + " " + strconv.Itoa(p.OSVersionNo.Major)
	case p.OS == useragent.Android && p.OSVersionNo.Major > 0 && p.Device != "K":
		return name + " " + strconv.Itoa(p.OSVersionNo.Major)
	case p.OS == useragent.MacOS && p.OSVersionNo.Major > 10:
		return name + " " + strconv.Itoa(p.OSVersionNo.Major)
	default:
		return name
	}
}

func browserName(p useragent.UserAgent) string {
	name := shown(p.Name)
	if name != "" && p.VersionNo.Major > 0 {
		return name + " " + strconv.Itoa(p.VersionNo.Major)
	}
	return name
}

// systemHint is our word for a Sec-CH-UA-Platform.
func systemHint(platform string) string {
	switch strings.ToLower(platform) {
	case "windows":
		return useragent.Windows
	case "macos", "mac os x":
		return useragent.MacOS
	case "android":
		return useragent.Android
	case "ios":
		return useragent.IOS
	case "linux":
		return useragent.Linux
	case "chrome os", "chromium os", "chromeos":
		return useragent.ChromeOS
	default:
		return ""
	}
}

// brandHint is the browser of a Sec-CH-UA list: the brand that is neither the engine nor a made-up one.
func brandHint(brands string) string {
	engine := ""
	for entry := range strings.SplitSeq(brands, ",") {
		quoted, parameters, _ := strings.Cut(entry, ";")
		name := shown(unquote(quoted))
		_, version, _ := strings.Cut(parameters, "v=")
		major, _, _ := strings.Cut(unquote(version), ".")
		if n, err := strconv.Atoi(major); err != nil || n <= 0 || n > 9999 || name == "" {
			continue
		}
		switch {
		case strings.Contains(name, "Not"): // "Not A;Brand" in its many spellings, there to keep parsers honest
		case name == "Chromium":
			engine = "Chromium " + major
		case name == "Google Chrome":
			return useragent.Chrome + " " + major
		case name == "Microsoft Edge":
			return useragent.Edge + " " + major
		case name == "Samsung Internet":
			return useragent.SamsungBrowser + " " + major
		default:
			return name + " " + major
		}
	}
	return engine
}

// typeHint corrects the type by Sec-CH-UA-Mobile.
func typeHint(mobile, system, known string) string {
	switch strings.TrimSpace(mobile) {
	case "?1":
		return typeMobile
	case "?0":
		if strings.HasPrefix(system, useragent.Android) {
			return typeTablet
		}
		if known == "" {
			return typeDesktop
		}
	}
	return known
}

// unquote reads a structured header string.
func unquote(s string) string { return strings.Trim(strings.TrimSpace(s), `"`) }

// shown is a short name without control characters: it comes from a stranger and goes on a screen.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
	return strings.TrimSpace(clip(strings.TrimSpace(s), maxName))
}

// clip shortens to at most limit bytes without breaking a character.
func clip(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}
