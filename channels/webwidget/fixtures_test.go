package webwidget

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

// A fixture is an expectation in the format of the fixtures' README.
type fixture struct {
	Status  []int            `json:"http_status"`
	Events  []map[string]any `json:"events"`
	Request struct {
		Headers map[string]string `json:"headers"`
	} `json:"request"`
	BodyFile     string              `json:"body_file"`
	Types        map[string][]string `json:"type_alternatives"`
	Texts        map[string][]string `json:"text_alternatives"`
	Optional     []string            `json:"optional_keys"`
	DisplayOrder []string            `json:"display_order"`
	NotAfter     time.Time           `json:"timestamp_not_after"`
}

func statusOf(err error) int {
	switch {
	case err == nil:
		return 200
	case errors.Is(err, chat.ErrUnauthenticated):
		return 401
	case errors.Is(err, chat.ErrForbidden):
		return 403
	case errors.Is(err, chat.ErrTooLarge):
		return 413
	case errors.Is(err, chat.ErrInvalid):
		return 422
	case errors.Is(err, chat.ErrTooMany):
		return 429
	default:
		return 500
	}
}

// genuine are the invented visitors of the fixtures and their invented sessions: the tests put in issued ones.
var genuine = map[string]string{
	"e9bf992a-13b4-5b2e-bbc8-2129fb369c5e": "sess_fx_0001", "0649a18d-1ae4-5523-af29-7dc24f2f289c": "sess_fx_0002",
	"434c554b-1592-5a2e-886b-3fbcb2c249d2": "sess_fx_0003",
}

// localise puts an issued visitor into a fixture, as the conformance run does.
func localise(t *testing.T, a *Adapter, raw, expect string) (string, string) {
	t.Helper()
	var named struct {
		Visitor struct {
			ID      json.RawMessage `json:"id"`
			Session json.RawMessage `json:"session_id"`
		} `json:"visitor"`
	}
	require.NoError(t, json.Unmarshal([]byte(raw), &named))
	v := issued(t, a, testInbox, testOrigin)
	var id, session string
	if json.Unmarshal(named.Visitor.ID, &id) != nil || json.Unmarshal(named.Visitor.Session, &session) != nil {
		return raw, expect
	}
	require.Contains(t, genuine, id)
	raw = strings.ReplaceAll(strings.ReplaceAll(raw, id, v.ID), session, v.SessionID)
	return raw, strings.ReplaceAll(expect, id, v.ID)
}

func TestFixtures(t *testing.T) {
	paths, err := filepath.Glob("testdata/fixtures/*.expect.json")
	require.NoError(t, err)
	require.NotEmpty(t, paths)
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".expect.json"), func(t *testing.T) {
			a := testAdapter(t)
			expectation, err := os.ReadFile(path)
			require.NoError(t, err)
			raw, err := os.ReadFile(strings.TrimSuffix(path, ".expect.json") + ".json")
			require.NoError(t, err)
			sent, wanted := localise(t, a, string(raw), string(expectation))
			var want fixture
			require.NoError(t, json.Unmarshal([]byte(wanted), &want))
			var headers []string
			for name, value := range want.Request.Headers {
				headers = append(headers, name+": "+value)
			}
			r := request(sent, headers...)
			_, err = a.Verify(r)
			require.Contains(t, want.Status, statusOf(err), "%v", err)
			if err != nil {
				require.Empty(t, want.Events)
				return
			}
			want.check(t, unique(parse(t, a, r)))
		})
	}
}

// unique drops later copies, as the ledger does.
func unique(events []chat.Event) []chat.Event {
	seen := map[string]bool{}
	return slices.DeleteFunc(events, func(e chat.Event) bool {
		again := seen[e.ID]
		seen[e.ID] = true
		return again
	})
}

func (f fixture) check(t *testing.T, got []chat.Event) {
	t.Helper()
	require.Len(t, got, len(f.Events))
	left := slices.Clone(got)
	for _, want := range f.Events {
		i := slices.IndexFunc(left, func(e chat.Event) bool { return f.differs(want, e) == "" })
		if i < 0 {
			for _, e := range left {
				t.Errorf("%v: %s", want["message_id"], f.differs(want, e))
			}
			t.FailNow()
		}
		left = slices.Delete(left, i, i+1)
	}
	for _, e := range got {
		require.NotEmpty(t, e.ID)
		require.NotEmpty(t, e.ContactKey)
		require.Equal(t, testNow, e.Timestamp, "server time places it")
		if !f.NotAfter.IsZero() {
			require.True(t, e.Timestamp.Before(f.NotAfter))
		}
	}
	if f.DisplayOrder != nil {
		slices.SortFunc(got, func(a, b chat.Event) int { return a.Sequence - b.Sequence })
		var order []string
		for _, e := range got {
			if e.MessageID != "" {
				order = append(order, e.MessageID)
			}
		}
		require.Equal(t, f.DisplayOrder, order)
	}
}

// differs names the first key in which the event is not what the fixture wants.
func (f fixture) differs(want map[string]any, e chat.Event) string {
	have := flat(e)
	for key, value := range want {
		got := have[key]
		id := e.MessageID
		switch {
		case key == "reason":
			if e.Reason == "" {
				return "reason"
			}
		case key == "type" && f.Types[id] != nil:
			if !slices.Contains(f.Types[id], e.Type) {
				return "type " + e.Type
			}
		case key == "text" && f.Texts[id] != nil:
			if !slices.Contains(f.Texts[id], e.Text) {
				return "text"
			}
		case key == "text_length":
			if float64(len([]rune(e.Text))) != value {
				return "text_length"
			}
		case key == "client_timestamp":
			at, err := time.Parse(time.RFC3339Nano, value.(string))
			if err != nil || !at.Equal(e.ClientTimestamp) {
				return "client_timestamp"
			}
		case !subset(value, got):
			return fmt.Sprintf("%s: want %v, got %v", key, value, got)
		}
	}
	return ""
}

// subset reports whether everything in want is in got, for the JSON values of expectations.
func subset(want, got any) bool {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		for k, v := range w {
			ok = ok && subset(v, g[k])
		}
		return ok
	case []any:
		g, ok := got.([]any)
		if !ok || len(w) != len(g) {
			return false
		}
		for i := range w {
			if !subset(w[i], g[i]) {
				return false
			}
		}
		return true
	case nil:
		return got == nil || got == ""
	default:
		return want == got
	}
}

// flat is an event in the words of the fixtures.
func flat(e chat.Event) map[string]any {
	claims := map[string]any{"verified": e.Verified}
	for k, v := range e.Claims {
		claims[k] = v
	}
	aliases := map[string]any{}
	for k, v := range e.Aliases {
		aliases[k] = v
	}
	var media []any
	for _, m := range e.Content.Media {
		media = append(media, map[string]any{"id": m.ID, "mime_type": m.MimeType, "filename": m.Filename})
	}
	out := map[string]any{
		"kind": string(e.Kind), "channel": string(e.Channel), "account": e.Account, "contact_key": e.ContactKey,
		"key_type": string(e.KeyType), "contact_name": e.ContactName, "contact_aliases": aliases, "claims": claims,
		"direction": string(e.Direction), "message_id": e.MessageID, "target_id": e.TargetID, "type": e.Type, "text": e.Text,
		"reply_to": e.ReplyTo, "status": e.Status, "verified": e.Verified, "media": media,
	}
	if len(e.Content.Media) > 0 {
		out["media_id"] = e.Content.Media[0].ID
	}
	if s := e.Session; s != nil {
		out["locale"], out["timezone"], out["referrer"] = s.Locale, s.TimeZone, s.Referrer
		if len(s.Pages) > 0 {
			out["page_url"] = s.Pages[0].URL
		}
	}
	return out
}
