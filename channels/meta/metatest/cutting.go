package metatest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"switchboard/channels"
	"switchboard/chat"
)

// CheckCutting checks what must hold for any body whatever: cutting it changes no event and loses none, Split counts what
// Parse makes, every event is complete enough to be kept, and the same person never lands in two parcels.
func CheckCutting(tb testing.TB, a channels.Adapter, body []byte) {
	tb.Helper()
	whole := a.Parse(chat.Parcel{Channel: a.Channel(), Value: body, ReceivedAt: ReceivedAt()})
	parts := Events(tb, a, body)
	for _, e := range whole {
		complete(tb, e, len(body) > 0)
	}
	if w, p := lines(tb, whole), lines(tb, parts); !slices.Equal(w, p) {
		tb.Fatalf("cutting changed the events\nbody  %.2000s\nwhole %s\nparts %s", body, strings.Join(w, "\n      "), strings.Join(p, "\n      "))
	}
	parcels := a.Split(body)
	seen := map[string]bool{}
	for _, p := range parcels {
		if p.Key == "" || seen[p.Key] {
			tb.Fatalf("two parcels, or none, for the key %q", p.Key)
		}
		seen[p.Key] = true
		if len(p.Value) == 0 && len(body) > 0 {
			tb.Fatal("a parcel without a body")
		}
	}
	if len(parcels) == 1 && len(body) > 0 && &parcels[0].Value[0] != &body[0] {
		tb.Fatal("a body for one person was copied")
	}
}

func complete(tb testing.TB, e chat.Event, hasBytes bool) {
	tb.Helper()
	silent := e.Kind == chat.KindIgnored || e.Kind == chat.KindUnreadable
	for what, wrong := range map[string]bool{
		"no id or kind":                                 e.ID == "" || e.Kind == "",
		"no channel or time":                            e.Channel == "" || e.Timestamp.IsZero(),
		"a reason if and only if nothing is done":       silent == (e.Reason == ""),
		"unreadable without bytes":                      hasBytes && e.Kind == chat.KindUnreadable && len(e.Raw) == 0,
		"nothing is done and still a contact made":      silent && !e.NoContact,
		"a message without id, person, direction, type": e.Carries() && !carried(e),
		"acts on no message":                            e.Targets() && e.Target() == "",
		"nobody may not become a contact":               len(e.Identities) == 0 && !e.NoContact,
	} {
		if wrong {
			tb.Fatalf("%s: %+v", what, e)
		}
	}
	storable(tb, e.Text, e.ContactName, e.MessageID, e.TargetID, e.ContactKey, e.Emoji, e.Type)
}

func storable(tb testing.TB, texts ...string) {
	tb.Helper()
	for _, s := range texts {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			tb.Fatalf("unfit to be stored: %q", s)
		}
	}
}

func carried(e chat.Event) bool {
	return e.MessageID != "" && len(e.Identities) > 0 && e.Direction != "" && e.Type != ""
}

// lines writes events one by one in a fixed order, without what may differ: the place in the parcel, and the bytes of a body
// that is kept whole because it cannot be taken apart.
func lines(tb testing.TB, events []chat.Event) []string {
	tb.Helper()
	out := make([]string, 0, len(events))
	for _, e := range events {
		e.Sequence = 0
		b, err := json.Marshal(e)
		if err != nil {
			tb.Fatalf("an event cannot be written as JSON: %v", err)
		}
		out = append(out, string(b))
	}
	slices.Sort(out)
	return out
}
