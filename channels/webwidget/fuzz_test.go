package webwidget

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

func seed(f *testing.F, a *Adapter) visitor {
	f.Helper()
	v := issued(f, a, testInbox, testOrigin)
	paths, err := filepath.Glob("testdata/fixtures/*.json")
	require.NoError(f, err)
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		require.NoError(f, err)
		if len(raw) > 8<<10 || strings.HasSuffix(path, ".expect.json") {
			continue
		}
		named := string(raw)
		for id, session := range genuine {
			named = strings.ReplaceAll(strings.ReplaceAll(named, id, "VISITOR"), session, "SESSION")
		}
		f.Add(named)
	}
	return v
}

// FuzzVerify puts a genuine session into whatever the fuzzer makes, so that it gets past the door. What Verify takes, Split
// and Parse must understand completely.
func FuzzVerify(f *testing.F) {
	cfg := testConfig()
	off := Rate{PerSecond: -1}
	cfg.RateLimits = RateLimits{off, off, off, off}
	a, err := New(cfg, testKey)
	require.NoError(f, err)
	v := seed(f, a)
	f.Fuzz(func(t *testing.T, made string) {
		made = strings.ReplaceAll(strings.ReplaceAll(made, "VISITOR", v.ID), "SESSION", v.SessionID)
		r := fromShop(made)
		_, err := a.Verify(r)
		if err != nil {
			if statusOf(err) == 500 {
				t.Fatalf("no sentinel: %v", err)
			}
			return
		}
		p := a.Split(r.Body)[0]
		if p.Key != testInbox+"|"+v.ID || p.Account != testInbox {
			t.Fatalf("key %q of account %q", p.Key, p.Account)
		}
		p.ReceivedAt, p.Client = testNow, r.Client
		for _, e := range checkEvents(t, a, p) {
			if e.Kind == chat.KindUnreadable {
				t.Fatalf("verified, and then unreadable: %s %s", e.Reason, e.Raw)
			}
		}
	})
}

// FuzzParse reads anything at all: a log can hold what no gateway wrote.
func FuzzParse(f *testing.F) {
	a := testAdapter(f)
	seed(f, a)
	f.Fuzz(func(t *testing.T, made string) {
		for _, p := range a.Split([]byte(made)) {
			if string(p.Value) != made {
				t.Fatal("the body was changed")
			}
			p.ReceivedAt = testNow
			checkEvents(t, a, p)
		}
	})
}

func checkEvents(t *testing.T, a *Adapter, p chat.Parcel) []chat.Event {
	t.Helper()
	events := a.Parse(p)
	if p.Elements > 0 && len(events) != p.Elements {
		t.Fatalf("%d elements, %d events", p.Elements, len(events))
	}
	again := a.Parse(p)
	for i, e := range events {
		switch {
		case e.ID == "" || e.ID != again[i].ID:
			t.Fatalf("id %q, then %q", e.ID, again[i].ID)
		case e.Kind == chat.KindUnreadable:
			if e.Reason == "" || e.Raw == nil {
				t.Fatalf("unreadable without reason or bytes: %+v", e)
			}
			continue
		case e.ContactKey == "" || len(e.Identities) == 0:
			t.Fatalf("nobody's event: %+v", e)
		case e.Verified != (e.KeyType == chat.IdentityExternal):
			t.Fatalf("verified %v as %s", e.Verified, e.KeyType)
		}
		b, err := json.Marshal(e)
		if err != nil || !utf8.Valid(b) {
			t.Fatalf("cannot be written as JSON: %v", err)
		}
	}
	return events
}
