package webwidget

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

func TestVisit(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	more := map[string]any{
		"client": map[string]any{"user_agent": "a claim", "locale": "pt_BR", "timezone": "America/Sao_Paulo", "screen": "1440x900", "ip": "1.2.3.4"},
		"page": map[string]any{
			"url": "https://user:pw@shop.example/mugs?utm_source=x&token=abc#part", "title": " Blue\nmug ", "referrer": "https://search.example/?q=mug",
		},
	}
	r := request(body(t, testInbox, v, eventSessionStarted, more), "Origin: "+testOrigin, "User-Agent: Mozilla/5.0 (X11; Linux x86_64)")
	e := parse(t, a, r)[0]
	require.Empty(t, cmp.Diff(&chat.Session{
		ID: sessionName(v.SessionID), IP: "203.0.113.7", UserAgent: "Mozilla/5.0 (X11; Linux x86_64)", Locale: "pt-BR", TimeZone: "America/Sao_Paulo",
		Screen: "1440x900", Referrer: "https://search.example/?q=mug", StartedAt: testNow, SeenAt: testNow,
		Pages: []chat.Page{{URL: "https://shop.example/mugs?utm_source=x", Title: "Blue mug", At: testNow}},
	}, e.Session))
	require.NotContains(t, e.Session.ID, v.SessionID)
}

func TestWebURL(t *testing.T) {
	long := "https://shop.example/" + strings.Repeat("a", 3000)
	for given, want := range map[string]string{
		"https://shop.example/mugs/blue?utm_source=fixture": "https://shop.example/mugs/blue?utm_source=fixture",
		"HTTPS://shop.example":                              "https://shop.example",
		"http://[2001:db8::1]:8080/x":                       "http://[2001:db8::1]:8080/x",
		"https://shop.example/a?b=c#token=abc":              "https://shop.example/a?b=c",
		"https://shop.example/?":                            "https://shop.example/",
		"https://user:secret@shop.example/":                 "https://shop.example/",
		"https://s.example/?a=1&token=x&b=2":                "https://s.example/?a=1&b=2",
		"https://s.example/?access_token=x&id_token=y":      "https://s.example/",
		"https://s.example/?code=x&promo_code=SUMMER":       "https://s.example/?promo_code=SUMMER",
		"https://s.example/?Pass%77ord=x&reset-token=y":     "https://s.example/",
		"https://s.example/?api_key=x&X-Amz-Signature=y&z":  "https://s.example/?z",
		"https://s.example/?%zz=1&ok=%zz":                   "https://s.example/?ok=%zz",
		"https://s.example/?q=" + strings.Repeat("a", 3000): "https://s.example/",
		long:                                  "",
		"javascript:alert(1)":                 "",
		" javascript:alert(1)":                "",
		"java\nscript:alert(1)":               "",
		"JaVaScRiPt:alert(1)":                 "",
		"data:text/html,<script>":             "",
		"//evil.test/x":                       "",
		"/relative":                           "",
		"https://":                            "",
		"https:///path":                       "",
		"https://:80/":                        "",
		"https://s.example/\x00":              "",
		"https://s.example/a\nb":              "",
		"file:///etc/passwd":                  "",
		"blob:https://shop.example/x":         "",
		"":                                    "",
		"https://xn--bcher-kva.example/ü?q=ü": "https://xn--bcher-kva.example/%C3%BC?q=ü",
		"https://s.example/" + "?a=b&&&c=d&":  "https://s.example/?a=b&c=d",
		"https://s.example/?jwt=x&SAMLResponse=y": "https://s.example/",
	} {
		require.Equal(t, want, webURL(given), given)
	}
}

func TestLocaleZoneScreen(t *testing.T) {
	a := testAdapter(t)
	for given, want := range map[string]string{
		"en": "en", "en-GB": "en-GB", "pt_BR": "pt-BR", "zh-Hant-TW": "zh-Hant-TW", "de-1996": "de-1996", "es-419": "es-419",
		"": "", "e": "", "xx-<script>": "", "en-US@posix": "", "en--US": "", "1en": "", "en-": "", strings.Repeat("aa-", 20) + "aa": "", "ü-ü": "",
	} {
		require.Equal(t, want, locale(given), given)
	}
	for given, want := range map[string]string{
		"Europe/London": "Europe/London", "UTC": "UTC", "America/Argentina/Buenos_Aires": "America/Argentina/Buenos_Aires",
		"": "", "Local": "", "Mars/Olympus": "", "../../etc/passwd": "", "/etc/localtime": "", "Europe/London\x00": "", strings.Repeat("x", 100): "",
	} {
		for range 2 {
			require.Equal(t, want, a.zone(given), given)
		}
	}
	for given, want := range map[string]string{"1440x900": "1440x900", "": "", "x": "", "-1x2": "", "1440X900": "", "1x2x3": "", "123456x1": "", "１x１": ""} {
		require.Equal(t, want, screen(given), given)
	}
}

func TestUserAgentIsCut(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	more := map[string]any{"client": map[string]any{"user_agent": "Mozilla\x00\r\n" + strings.Repeat("ü", 5000)}}
	ua := parse(t, a, fromShop(body(t, testInbox, v, eventPageViewed, more)))[0].Session.UserAgent
	require.LessOrEqual(t, len(ua), 512)
	require.True(t, utf8.ValidString(ua))
	require.NotContains(t, ua, "\r")
}

// A NUL would end the text for C strings; nothing else of a text is touched.
func TestTextIsKeptVerbatim(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	for given, want := range map[string]string{
		"  spaces \n and lines  ":      "  spaces \n and lines  ",
		"<img src=x onerror=alert(1)>": "<img src=x onerror=alert(1)>",
		"שלום 👋🏿 \u202eabc\u202c":      "שלום 👋🏿 \u202eabc\u202c",
		"a\x00b":                       "a\ufffdb",
		`{"$gt":""}`:                   `{"$gt":""}`,
	} {
		require.Equal(t, want, parse(t, a, fromShop(body(t, testInbox, v, eventMessageCreated, text("c", given))))[0].Text)
	}
}
