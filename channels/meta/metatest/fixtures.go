// Package metatest runs an adapter over recorded webhook bodies and compares the events with what each body is expected to
// mean. The expectations are the ones of the shared channel fixtures, details included that the outside contract leaves open.
package metatest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"switchboard/channels"
	"switchboard/chat"
)

// ReceivedAt is when every fixture body is said to have arrived.
func ReceivedAt() time.Time { return time.Date(2026, 10, 5, 9, 12, 0, 0, time.UTC) }

// An expectation is the part of NAME.expect.json that an adapter can answer for.
type expectation struct {
	Request          struct{ Headers map[string]string } `json:"request"`
	Events           []map[string]any                    `json:"events"`
	Alternatives     [][]map[string]any                  `json:"alternatives"`
	TypeAlternatives map[string][]string                 `json:"type_alternatives"`
	TextAlternatives map[string][]string                 `json:"text_alternatives"`
	KeyAnyOf         map[string][]string                 `json:"key_any_of"`
	AllowExtra       []string                            `json:"allow_extra"`
	OptionalKeys     []string                            `json:"optional_keys"`
	Distinct         *int                                `json:"distinct_contacts"`
	BodyFile         string                              `json:"body_file"`
}

// Bodies reads every fixture body in testdata.
func Bodies(tb testing.TB) map[string][]byte {
	tb.Helper()
	out := map[string][]byte{}
	for _, name := range names(tb) {
		out[name] = read(tb, load(tb, name).BodyFile)
	}
	return out
}

// Run checks one adapter against every fixture in testdata.
func Run(t *testing.T, a channels.Adapter) {
	for _, name := range names(t) {
		t.Run(name, func(t *testing.T) { check(t, a, load(t, name)) })
	}
}

func names(tb testing.TB) []string {
	tb.Helper()
	files, err := filepath.Glob("testdata/*.expect.json")
	if err != nil || len(files) == 0 {
		tb.Fatalf("no fixtures in testdata (%v)", err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".expect.json")
	}
	return files
}

func load(tb testing.TB, name string) expectation {
	tb.Helper()
	var e expectation
	if err := json.Unmarshal(read(tb, name+".expect.json"), &e); err != nil {
		tb.Fatal(err)
	}
	return e
}

func read(tb testing.TB, file string) []byte {
	tb.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func check(t *testing.T, a channels.Adapter, want expectation) {
	body := read(t, want.BodyFile)
	secret, err := a.Verify(&channels.Request{
		Header:    func(name string) string { return want.Request.Headers[name] },
		HeaderAll: func(name string) []string { return []string{want.Request.Headers[name]} },
		Body:      body,
	})
	if err != nil || secret == "" {
		t.Fatalf("verify: secret %q, %v", secret, err)
	}
	events := Events(t, a, body)
	if len(events) == 0 {
		t.Fatal("no event: a body leaves at least a trace")
	}
	var first string
	for i, choice := range append([][]map[string]any{want.Events}, want.Alternatives...) {
		reason := compare(choice, once(events), want)
		if reason == "" {
			distinct(t, want, events)
			return
		}
		if i == 0 {
			first = reason
		}
	}
	t.Fatal(first)
}

// Events takes a body through Split and Parse and checks that both count the same elements.
func Events(tb testing.TB, a channels.Adapter, body []byte) []chat.Event {
	tb.Helper()
	var events []chat.Event
	for _, p := range a.Split(body) {
		p.Channel, p.ReceivedAt = a.Channel(), ReceivedAt()
		got := a.Parse(p)
		if len(got) != p.Elements {
			tb.Fatalf("Split counted %d elements, Parse made %d events of %.3000s", p.Elements, len(got), p.Value)
		}
		events = append(events, got...)
	}
	return events
}

// once drops repeated ids, as the ledger does.
func once(events []chat.Event) []chat.Event {
	seen := map[string]bool{}
	var out []chat.Event
	for _, e := range events {
		if !seen[e.ID] {
			seen[e.ID] = true
			out = append(out, e)
		}
	}
	return out
}

func compare(want []map[string]any, events []chat.Event, x expectation) string {
	left := make([]map[string]any, 0, len(events))
	for _, e := range events {
		entry := entryOf(e)
		if id := str(entry["message_id"]); slices.Contains(x.AllowExtra, id) || (id == "" && slices.Contains(x.AllowExtra, "<no id>")) {
			continue
		}
		if len(want) == 0 && (entry["kind"] == "ignored" || entry["kind"] == "unreadable") {
			continue
		}
		left = append(left, entry)
	}
	if len(left) != len(want) {
		return "want " + compact(want) + "\n got " + compact(left)
	}
	for _, w := range want {
		reasons, found := []string(nil), -1
		for i, g := range left {
			reason := differs(w, g, x)
			if reason == "" {
				found = i
				break
			}
			reasons = append(reasons, reason)
		}
		if found < 0 {
			return "no event like " + compact(w) + ":\n" + strings.Join(reasons, "\n")
		}
		left = append(left[:found], left[found+1:]...)
	}
	return ""
}

func compact(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// distinct counts the contacts that the events alone would make: identities that appear together are one person.
func distinct(t *testing.T, want expectation, events []chat.Event) {
	if want.Distinct == nil {
		return
	}
	people := map[string]int{}
	n := 0
	for _, e := range events {
		ids := e.Identities
		if e.Change != nil {
			ids = append(append(slices.Clip(ids), e.Change.Old...), e.Change.New...)
		}
		if e.NoContact || len(ids) == 0 {
			continue
		}
		who := 0
		for _, id := range ids {
			if p := people[id.Key()]; p > 0 {
				who = p
			}
		}
		if who == 0 {
			n++
			who = n
		}
		for _, id := range ids {
			people[id.Key()] = who
		}
	}
	if n != *want.Distinct {
		t.Fatalf("contacts: want %d, got %d", *want.Distinct, n)
	}
}

// Match checks that a body means exactly the given events, written as a JSON array in the words of the expectations; only
// the keys that are there are compared.
func Match(t *testing.T, a channels.Adapter, body []byte, want string) []chat.Event {
	t.Helper()
	var list []map[string]any
	if err := json.Unmarshal([]byte(want), &list); err != nil {
		t.Fatal(err)
	}
	CheckCutting(t, a, body)
	events := Events(t, a, body)
	left := events
	for _, w := range list {
		reasons, found := []string(nil), -1
		for i := range left {
			reason := differs(w, entryOf(left[i]), expectation{})
			if reason == "" {
				found = i
				break
			}
			reasons = append(reasons, reason)
		}
		if found < 0 {
			t.Fatalf("no event like %s:\n%s", compact(w), strings.Join(reasons, "\n"))
		}
		left = append(left[:found:found], left[found+1:]...)
	}
	if len(left) > 0 {
		t.Fatalf("%d events more than expected, the first: %s", len(left), compact(entryOf(left[0])))
	}
	return events
}
