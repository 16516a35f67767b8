package whatsapp

import (
	"encoding/json"
	"strings"
	"testing"

	"switchboard/channels/meta/metatest"
	"switchboard/chat"
)

// usual is a webhook as nearly all are: one message of one person, 1.5 KB.
func usual(tb testing.TB) []byte {
	tb.Helper()
	m := text("12025550143", "wamid.HBgLMTIwMjU1NTAxNDMVAgASGBQzQTdCNzA1", strings.Repeat("Do you ship to Leeds? ", 40))
	m["from_user_id"] = "US.90000000000000000143"
	m["context"] = object{"from": "12025550100", "id": "wamid.HBgLMTIwMjU1NTAxNDMVAgARGBI5"}
	return encode(tb, body(change("messages", object{
		"contacts": []any{object{"profile": object{"name": "Ada Quill", "username": "ada"}, "wa_id": "12025550143", "user_id": "US.90000000000000000143"}},
		"messages": []any{m},
	})))
}

func BenchmarkSplit(b *testing.B) {
	a, raw := adapter(b), usual(b)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if len(a.Split(raw)) != 1 {
			b.Fatal("cut")
		}
	}
}

func BenchmarkParse(b *testing.B) {
	a, p := adapter(b), chat.Parcel{Value: usual(b), ReceivedAt: metatest.ReceivedAt()}
	b.SetBytes(int64(len(p.Value)))
	b.ReportAllocs()
	for b.Loop() {
		if len(a.Parse(p)) != 1 {
			b.Fatal("lost")
		}
	}
}

// BenchmarkValid is the ceiling: what the standard library takes only to see that the body is JSON.
func BenchmarkValid(b *testing.B) {
	raw := usual(b)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if !json.Valid(raw) {
			b.Fatal("invalid")
		}
	}
}

func BenchmarkSplitThousand(b *testing.B) {
	a := adapter(b)
	raw, _ := batch(b, 1000, 1)
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if len(a.Split(raw)) != 40 {
			b.Fatal("cut wrongly")
		}
	}
}
