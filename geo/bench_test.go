package geo

import (
	"net/netip"
	"testing"

	"switchboard/chat"
)

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		l, err := Open(Config{})
		if err != nil {
			b.Fatal(err)
		}
		if err := l.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLookups(b *testing.B) {
	l := defaultLocator(b)
	b.Run("ip", func(b *testing.B) {
		addr := netip.MustParseAddr("81.2.69.142")
		for b.Loop() {
			l.IP(addr)
		}
	})
	b.Run("phone/cached", func(b *testing.B) {
		for b.Loop() {
			l.Phone("+493012345678")
		}
	})
	b.Run("phone/new", func(b *testing.B) {
		for b.Loop() {
			l.locatePhone("+493012345678")
		}
	})
	b.Run("device/cached", func(b *testing.B) {
		for b.Loop() {
			l.Device(chromeWindows, chat.Client{})
		}
	})
}
