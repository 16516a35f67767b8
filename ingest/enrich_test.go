package ingest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/geo"
)

func TestEnrich(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)
	browser := chat.Client{IP: "203.0.113.9", UserAgent: "Firefox", Mobile: "?0", Origin: "https://shop.example"}
	place := &chat.Geo{Country: "NZ", Source: "ip"}
	number := &chat.Geo{Country: "GB", Region: "+447700900123", Source: "phone"}
	tests := []struct {
		name   string
		client chat.Client
		event  chat.Event
		want   *chat.Session
	}{
		{"visitor", browser, chat.Event{Kind: chat.KindMessage, Session: &chat.Session{Locale: "en-NZ"}}, &chat.Session{
			Locale: "en-NZ", IP: "203.0.113.0", IPPolicy: geo.PolicyTruncated, Geo: place, UserAgent: "Firefox", Device: &chat.Device{Browser: "Firefox"}, StartedAt: now, SeenAt: now,
		}},
		{"visitor says another user agent", browser, chat.Event{Kind: chat.KindSystem, Session: &chat.Session{UserAgent: "Safari"}}, &chat.Session{
			UserAgent: "Safari", IP: "203.0.113.0", IPPolicy: geo.PolicyTruncated, Geo: place, Device: &chat.Device{Browser: "Safari"}, StartedAt: now, SeenAt: now,
		}},
		{"visitor without an address", chat.Client{UserAgent: "curl", Origin: "https://shop.example"}, chat.Event{Kind: chat.KindMessage, Session: &chat.Session{}}, &chat.Session{
			IPPolicy: geo.PolicyTruncated, UserAgent: "curl", Device: &chat.Device{Browser: "curl"}, StartedAt: now, SeenAt: now,
		}},
		{"a server posted for the visitor", chat.Client{IP: "198.51.100.7", UserAgent: "node"}, chat.Event{Kind: chat.KindMessage, Session: &chat.Session{Locale: "en-NZ"}}, &chat.Session{Locale: "en-NZ"}},
		{"typing leaves the visit alone", browser, chat.Event{Kind: chat.KindSystem, Type: "typing"}, nil},
		{"number", chat.Client{}, chat.Event{Kind: chat.KindMessage, ContactKey: "+447700900123", KeyType: chat.IdentityPhone}, &chat.Session{Geo: number}},
		{"known by a BSUID, number known too", chat.Client{}, chat.Event{Kind: chat.KindEcho, ContactKey: "GB.9", KeyType: chat.IdentityBSUID, Aliases: map[string]string{"phone": "+447700900123"}}, &chat.Session{Geo: number}},
		{"known by a BSUID alone", chat.Client{}, chat.Event{Kind: chat.KindMessage, ContactKey: "GB.9", KeyType: chat.IdentityBSUID}, nil},
		{"instagram", chat.Client{}, chat.Event{Kind: chat.KindMessage, ContactKey: "6100000000000001", KeyType: chat.IdentityIGSID}, nil},
		{"account notice", chat.Client{}, chat.Event{Kind: chat.KindSystem}, nil},
		{"unreadable", browser, chat.Event{Kind: chat.KindUnreadable, Reason: "bad"}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, &platform{parse: func(chat.Parcel) []chat.Event { return []chat.Event{tt.event} }},
				chat.Parcel{Channel: chat.WhatsApp, ReceivedAt: now, Client: tt.client, Value: []byte("x")})
			before := tt.event.Session
			require.NoError(t, b.worker.Run(t.Context()))
			require.Equal(t, tt.want, b.ledger.applied[0].Session)
			require.Equal(t, before, tt.event.Session, "the adapter's event is not changed")
		})
	}
}

func TestAddressPolicyChangesWithoutARestart(t *testing.T) {
	t.Parallel()
	client := chat.Client{IP: "203.0.113.9", UserAgent: "Firefox", Origin: "https://shop.example"}
	parcel := chat.Parcel{Channel: chat.WhatsApp, Client: client, Value: []byte("x")}
	b := newBench(t, &platform{parse: func(chat.Parcel) []chat.Event {
		return []chat.Event{{Kind: chat.KindMessage, Session: &chat.Session{}}}
	}}, parcel)
	for _, c := range []struct{ policy, kept string }{{geo.PolicyFull, "203.0.113.9"}, {geo.PolicyTruncated, "203.0.113.0"}, {geo.PolicyNone, ""}, {"unknown", ""}} {
		b.policy, b.ledger.applied = c.policy, nil
		require.NoError(t, b.worker.handle(t.Context(), 0, []chat.Parcel{parcel}))
		require.Equal(t, c.kept, b.ledger.applied[0].Session.IP, c.policy)
		require.Equal(t, c.policy, b.ledger.applied[0].Session.IPPolicy)
	}
}
