package webwidget

import (
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

func BenchmarkMessage(b *testing.B) {
	cfg := testConfig()
	off := Rate{PerSecond: -1}
	cfg.RateLimits = RateLimits{off, off, off, off}
	a, err := New(cfg, testKey)
	require.NoError(b, err)
	v := issued(b, a, testInbox, testOrigin)
	more := text("c1", "hello, anyone there?")
	more["client"] = map[string]any{"locale": "en-GB", "timezone": "Europe/London", "screen": "1440x900"}
	more["page"] = map[string]any{"url": "https://shop.example/mugs/blue?utm_source=x", "title": "Blue mug"}
	r := fromShop(body(b, testInbox, v, eventMessageCreated, more))
	b.Run("verify", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := a.Verify(r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("split", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a.Split(r.Body)
		}
	})
	b.Run("parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			a.Parse(chat.Parcel{Value: r.Body, ReceivedAt: testNow, Client: r.Client})
		}
	})
}
