package geo

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

const (
	chromeWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
	chromeAndroid = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36"
	safariMac     = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15"
)

func TestDevice(t *testing.T) {
	l := defaultLocator(t)
	for name, c := range map[string]struct {
		ua   string
		c    chat.Client
		want chat.Device
	}{
		"Windows 10 may be 11": {ua: chromeWindows, want: chat.Device{Type: "desktop", OS: "Windows", Browser: "Chrome 140"}},
		"macOS is frozen":      {ua: safariMac, want: chat.Device{Type: "desktop", OS: "macOS", Browser: "Safari 18"}},
		"reduced Android":      {ua: chromeAndroid, want: chat.Device{Type: "mobile", OS: "Android", Browser: "Chrome 140"}},
		"iPhone": {
			ua:   "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
			want: chat.Device{Type: "mobile", OS: "iOS 18", Browser: "Safari 18", Model: "iPhone"},
		},
		"iPad": {
			ua:   "Mozilla/5.0 (iPad; CPU OS 16_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.1 Mobile/15E148 Safari/604.1",
			want: chat.Device{Type: "tablet", OS: "iOS 16", Browser: "Safari 16", Model: "iPad"},
		},
		"Android tablet": {
			ua:   "Mozilla/5.0 (Linux; Android 13; SM-X200) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
			want: chat.Device{Type: "tablet", OS: "Android 13", Browser: "Chrome 140", Model: "SM-X200"},
		},
		"Samsung": {
			ua:   "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
			want: chat.Device{Type: "mobile", OS: "Android 14", Browser: "Samsung Browser 25", Model: "SM-S921B"},
		},
		"Chromebook": {
			ua:   "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
			want: chat.Device{Type: "desktop", OS: "ChromeOS", Browser: "Chrome 140"},
		},
		"bot":         {ua: "Googlebot/2.1 (+http://www.google.com/bot.html)", want: chat.Device{Type: "bot", Browser: "Googlebot 2"}},
		"nothing":     {want: chat.Device{}},
		"only spaces": {ua: "   ", want: chat.Device{}},
		"hints tell phone, model and browser": {
			ua: chromeAndroid, c: chat.Client{Mobile: "?1", Platform: `"Android"`, Model: `"Pixel 9"`, Brands: `"Chromium";v="140", "Not=A?Brand";v="24", "Google Chrome";v="140"`},
			want: chat.Device{Type: "mobile", OS: "Android", Browser: "Chrome 140", Model: "Pixel 9"},
		},
		"hints tell Brave from Chrome": {
			ua: chromeWindows, c: chat.Client{Mobile: "?0", Platform: `"Windows"`, Brands: `"Not)A;Brand";v="8", "Chromium";v="141", "Brave";v="141"`},
			want: chat.Device{Type: "desktop", OS: "Windows", Browser: "Brave 141"},
		},
		"a platform the user agent hides": {
			ua: chromeWindows, c: chat.Client{Platform: `"Linux"`}, want: chat.Device{Type: "desktop", OS: "Linux", Browser: "Chrome 140"},
		},
		"desktop mode of a tablet": {
			ua: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36", c: chat.Client{Mobile: "?0", Platform: `"Android"`},
			want: chat.Device{Type: "tablet", OS: "Android", Browser: "Chrome 140"},
		},
		"only hints": {
			c:    chat.Client{Mobile: "?0", Platform: `"macOS"`, Brands: `"Chromium";v="140"`},
			want: chat.Device{Type: "desktop", OS: "macOS", Browser: "Chromium 140"},
		},
		"hints that are none": {
			ua: chromeWindows, c: chat.Client{Mobile: "yes", Platform: `"<script>"`, Brands: `;;,,"",x;v=",`, Model: "\x00\x1b[2J"},
			want: chat.Device{Type: "desktop", OS: "Windows", Browser: "Chrome 140", Model: "[2J"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // the second answer comes from the cache
				require.Empty(t, cmp.Diff(c.want, l.Device(c.ua, c.c)))
			}
		})
	}
}

func TestDeviceOfAHugeUserAgent(t *testing.T) {
	l := defaultLocator(t)
	before := l.devices.Len()
	l.Device(chromeWindows+strings.Repeat("ü", 100_000), chat.Client{Brands: strings.Repeat(`"A";v="1",`, 10_000)})
	require.LessOrEqual(t, l.devices.Len(), before+1)
	for _, key := range l.devices.Keys() {
		require.LessOrEqual(t, len(key), maxUserAgent+4*maxHint+4)
	}
}

func FuzzDevice(f *testing.F) {
	l := defaultLocator(f)
	f.Add(chromeWindows, "?0", `"Windows"`, `""`, `"Chromium";v="140", "Brave";v="140"`)
	f.Add(chromeAndroid, "?1", `"Android"`, `"Pixel"`, `x`)
	f.Add(safariMac, "", "", "", "")
	f.Fuzz(func(t *testing.T, ua, mobile, platform, model, brands string) {
		d := l.Device(ua, chat.Client{Mobile: mobile, Platform: platform, Model: model, Brands: brands})
		for _, s := range []string{d.Type, d.OS, d.Browser, d.Model} {
			if len(s) > 2*maxName || !utf8.ValidString(s) {
				t.Fatalf("%q", s)
			}
		}
	})
}
