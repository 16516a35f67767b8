package webwidget

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchboard/chat"
)

// batch wraps events into a flush of the visitor.
func batch(t testing.TB, v visitor, events ...map[string]any) string {
	t.Helper()
	b, err := json.Marshal(map[string]any{"v": 1, "inbox_id": testInbox, "visitor": v, "batch": append([]map[string]any{}, events...)})
	require.NoError(t, err)
	return string(b)
}

func batchOf(t testing.TB, v visitor, n int) string {
	t.Helper()
	events := make([]map[string]any, n)
	for i := range events {
		events[i] = text(fmt.Sprint("c", i), fmt.Sprint("message ", i))
		events[i]["event"] = eventMessageCreated
	}
	return batch(t, v, events...)
}

func TestBatchRefusals(t *testing.T) {
	a := testAdapter(t)
	v, other := issued(t, a, testInbox, testOrigin), issued(t, a, testInbox, testOrigin)
	typing := func(more map[string]any) map[string]any {
		all := map[string]any{"event": eventTypingStarted}
		maps.Copy(all, more)
		return all
	}
	blank := text("c", " ")
	blank["event"] = eventMessageCreated
	for name, c := range map[string]struct {
		body string
		want error
	}{
		"empty":                 {batch(t, v), errBatchSize},
		"101 events":            {batchOf(t, v, 101), errBatchSize},
		"two visitors":          {batch(t, v, typing(nil), typing(map[string]any{"visitor": other})), errOneVisitor},
		"two inboxes":           {batch(t, v, typing(map[string]any{"inbox_id": "wgt_open"})), errOneInbox},
		"a wrong inner session": {batch(t, v, typing(map[string]any{"visitor": visitor{ID: v.ID, SessionID: other.SessionID}})), errSession},
		"a wrong inner proof":   {batch(t, v, typing(map[string]any{"visitor": visitor{ID: v.ID, ExternalID: "u", UserHash: "00"}})), errProof},
		"one blank message":     {batch(t, v, typing(nil), blank), errBlank},
		"not events":            {strings.Replace(batch(t, v, typing(nil)), `[{"event":"typing.started"}]`, `[1]`, 1), errBadType},
		"not a list":            {strings.Replace(batch(t, v, typing(nil)), `[{"event":"typing.started"}]`, `{"a":1}`, 1), errBadType},
		"a batch in a batch":    {batch(t, v, map[string]any{"batch": []any{typing(nil)}}), errNoEvent},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.Verify(fromShop(c.body))
			require.ErrorIs(t, err, c.want)
		})
	}
}

func TestProofOfAFlushHoldsForItsEvents(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	outer := v
	outer.ExternalID, outer.UserHash = "user_1842", userHash(testSecret, "user_1842")
	inner := map[string]any{"id": v.ID, "session_id": v.SessionID}
	events := parse(t, a, fromShop(batch(t, outer, map[string]any{"event": eventTypingStarted}, map[string]any{"event": eventTypingStopped, "visitor": inner})))
	for _, e := range events {
		require.Equal(t, "user_1842", e.ContactKey)
	}
}

func TestEveryEvent(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	for event, want := range map[string]struct {
		kind      chat.Kind
		eventType string
		noContact bool
		session   bool
	}{
		eventSessionStarted: {chat.KindSystem, "session_started", true, true},
		eventSessionEnded:   {chat.KindSystem, "session_ended", true, true},
		eventPageViewed:     {chat.KindSystem, "page_view", true, true},
		eventPrechat:        {chat.KindSystem, "prechat", false, true},
		eventMessageCreated: {chat.KindMessage, "text", false, true},
		eventMessageDeleted: {chat.KindDelete, "", true, false},
		eventMessageRead:    {chat.KindStatus, "", true, false},
		eventTypingStarted:  {chat.KindSystem, "typing", true, false},
		eventTypingStopped:  {chat.KindSystem, "typing", true, false},
		eventCSAT:           {chat.KindSystem, "csat", true, true},
		"future.event":      {chat.KindIgnored, "", true, true},
	} {
		t.Run(event, func(t *testing.T) {
			message := map[string]any{"client_id": "c1", "id": "m1", "text": "x"}
			e := parse(t, a, fromShop(body(t, testInbox, v, event, map[string]any{"message": message})))[0]
			require.Equal(t, want.kind, e.Kind)
			require.Equal(t, want.eventType, e.Type)
			require.Equal(t, want.noContact, e.NoContact)
			require.Equal(t, want.session, e.Session != nil)
			require.Equal(t, testInbox, e.Account)
			require.Equal(t, v.ID, e.ContactKey)
			require.Equal(t, testNow, e.Timestamp)
			require.NotEmpty(t, e.ID)
			require.Equal(t, want.kind == chat.KindIgnored, e.Reason == reasonUnknownEvent)
		})
	}
}

func TestEventIDs(t *testing.T) {
	a := testAdapter(t)
	v, other := issued(t, a, testInbox, testOrigin), issued(t, a, testInbox, testOrigin)
	id := func(v visitor, event string, more map[string]any) string {
		return parse(t, a, fromShop(body(t, testInbox, v, event, more)))[0].ID
	}
	with := func(message map[string]any, eventID string) map[string]any {
		return map[string]any{"event_id": eventID, "message": message}
	}
	hello := map[string]any{"client_id": "c1", "text": "hello"}
	require.Equal(t, id(v, eventMessageCreated, with(hello, "a")), id(v, eventMessageCreated, with(map[string]any{"client_id": "c1", "text": "other"}, "b")),
		"one client_id is one message")
	require.NotEqual(t, id(v, eventMessageCreated, with(hello, "a")), id(other, eventMessageCreated, with(hello, "a")), "of one visitor")
	require.NotEqual(t, id(v, eventMessageCreated, with(hello, "a")), id(v, eventMessageDeleted, with(hello, "a")))
	require.Equal(t, id(v, eventMessageDeleted, with(hello, "a")), id(v, eventMessageDeleted, with(hello, "b")))
	require.NotEqual(t, id(v, eventTypingStarted, map[string]any{"event_id": "a"}), id(v, eventTypingStarted, map[string]any{"event_id": "b"}))
	require.NotEqual(t, id(v, eventTypingStarted, map[string]any{"event_id": "a"}), id(v, eventTypingStopped, map[string]any{"event_id": "a"}))
	withoutID := map[string]any{"event_id": "", "page": map[string]any{"url": "https://shop.example/a"}}
	require.Equal(t, id(v, eventPageViewed, withoutID), id(v, eventPageViewed, withoutID), "without event_id the bytes name it")
	require.NotEqual(t, id(v, eventPageViewed, withoutID), id(v, eventPageViewed, map[string]any{"event_id": ""}))
}

func TestSignedClaimsBeatTheBody(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	v.Name, v.Email, v.Phone = "Mallory", "mallory@example.com", "+1 202 555 0143"
	v.JWT = token(t, jwt.SigningMethodHS256, []byte(testSecret),
		jwt.MapClaims{"sub": "user_1842", "exp": testNow.Add(time.Hour).Unix(), "name": "Ada Quill", "email": " Ada@Example.com ", "phone": "+442079460123"})
	e := parse(t, a, fromShop(body(t, testInbox, v, eventIdentified, nil)))[0]
	require.Equal(t, "Ada Quill", e.ContactName)
	require.Empty(t, e.Claims)
	require.Empty(t, cmp.Diff(map[string]string{"visitor_id": v.ID, "external_id": "user_1842", "email": "ada@example.com", "phone": "+442079460123"}, e.Aliases))
	require.Empty(t, cmp.Diff([]chat.Identity{
		{Channel: chat.WebWidget, Scope: testInbox, Kind: chat.IdentityExternal, Value: "user_1842", Verified: true},
		{Channel: chat.WebWidget, Scope: testInbox, Kind: chat.IdentityVisitor, Value: v.ID},
	}, e.Identities))
}

func TestClaims(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	for name, c := range map[string]struct {
		prechat map[string]any
		want    map[string]string
		notes   []chat.Fact
	}{
		"all": {
			map[string]any{"name": " Ada\u0000 Quill ", "email": " Ada@Example.COM", "phone": "+1 (202) 555-0143", "department": "sales", "consent": true},
			map[string]string{"name": "Ada Quill", "email": "ada@example.com", "phone": "+12025550143"},
			[]chat.Fact{{Name: "department", Value: "sales"}, {Name: "consent", Value: "true"}},
		},
		"national number":    {map[string]any{"phone": "020 7946 0123", "phone_country": "gb"}, map[string]string{"phone": "+442079460123"}, nil},
		"number as typed":    {map[string]any{"phone": "020 7946 0123"}, map[string]string{"phone": "020 7946 0123"}, nil},
		"no number":          {map[string]any{"phone": "call me", "phone_country": "GB"}, map[string]string{"phone": "call me"}, nil},
		"odd country":        {map[string]any{"phone": "020 7946 0123", "phone_country": "United Kingdom"}, map[string]string{"phone": "020 7946 0123"}, nil},
		"no address":         {map[string]any{"email": "nobody"}, map[string]string{"email": "nobody"}, nil},
		"consent of no type": {map[string]any{"consent": "yes"}, nil, nil},
		"long":               {map[string]any{"name": strings.Repeat("é", 500)}, map[string]string{"name": strings.Repeat("é", 128)}, nil},
		"nothing":            {map[string]any{}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			e := parse(t, a, fromShop(body(t, testInbox, v, eventPrechat, map[string]any{"prechat": c.prechat})))[0]
			require.Empty(t, cmp.Diff(c.want, e.Claims))
			require.Empty(t, cmp.Diff(c.notes, e.Content.Notes))
			require.Equal(t, c.want["name"], e.ContactName)
			require.False(t, e.Verified)
		})
	}
}

func TestAttachments(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	files := []any{
		map[string]any{"upload_id": "u1", "mime_type": "Image/PNG; charset=x", "name": `C:\fakepath\crack.png`, "size": 48211},
		map[string]any{"upload_id": "u2", "mime_type": "text/html\r\nX: y", "name": "../../etc/passwd", "size": -1},
		map[string]any{"upload_id": "u3", "mime_type": "application/pdf", "name": "..", "size": "big"},
	}
	e := parse(t, a, fromShop(body(t, testInbox, v, eventMessageCreated, map[string]any{"message": map[string]any{"client_id": "c", "type": "text", "attachments": files}})))[0]
	require.Empty(t, cmp.Diff([]chat.Media{
		{ID: "u1", Type: "image", MimeType: "image/png", Filename: "crack.png", Size: 48211},
		{ID: "u2", Type: "document", Filename: "passwd"},
		{ID: "u3", Type: "document", MimeType: "application/pdf"},
	}, e.Content.Media))
	require.Equal(t, "image", e.Type, "without a text the message is what is attached")
	require.Empty(t, e.Text)
}

func TestCSAT(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	for given, want := range map[string][]chat.Fact{
		`{"rating":4,"comment":"fine\u0007 by\nme"}`: {{Name: "csat_rating", Value: "4"}, {Name: "csat_comment", Value: "fine by me"}},
		`{"score":"5"}`:                {{Name: "csat_rating", Value: "5"}},
		`{"rating":{"$gt":0}}`:         nil,
		`{"rating":1e308}`:             nil,
		`"good"`:                       nil,
		`{"rating":"x","comment":"y"}`: {{Name: "csat_comment", Value: "y"}},
	} {
		e := parse(t, a, fromShop(body(t, testInbox, v, eventCSAT, map[string]any{"csat": json.RawMessage(given)})))[0]
		require.Empty(t, cmp.Diff(want, e.Content.Notes), given)
	}
}

func TestClientClock(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	for given, want := range map[string]time.Time{
		`"2026-10-05T09:00:05.100Z"`:  time.Date(2026, 10, 5, 9, 0, 5, 1e8, time.UTC),
		`"2026-10-05T11:00:05+02:00"`: time.Date(2026, 10, 5, 9, 0, 5, 0, time.UTC),
		`1791190805`:                  time.Unix(1791190805, 0).UTC(),
		`1791190805123`:               time.UnixMilli(1791190805123).UTC(),
		`"2099-01-01T00:00:00Z"`:      time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
		`"9999-12-31T23:59:59-23:59"`: {},
		`"0000-01-01T00:00:00Z"`:      {},
		`"yesterday"`:                 {},
		`-5`:                          {},
		`1e300`:                       {},
		`{"$date":1}`:                 {},
		`null`:                        {},
	} {
		e := parse(t, a, fromShop(body(t, testInbox, v, eventTypingStarted, map[string]any{"sent_at": json.RawMessage(given)})))[0]
		require.Equal(t, want, e.ClientTimestamp, given)
		require.Equal(t, testNow, e.Timestamp, given)
	}
}

// However a queue is shuffled, its messages are shown in the order of the sender's clock.
func TestFlushOrder(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.SliceOfN(rapid.Int64Range(0, 20), 1, 40).Draw(t, "sent at")
		events := make([]map[string]any, len(at))
		for i, second := range at {
			events[i] = text(fmt.Sprint("c", i), "x")
			events[i]["event"], events[i]["sent_at"] = eventMessageCreated, testNow.Add(time.Duration(second)*time.Second)
		}
		value, err := json.Marshal(map[string]any{"inbox_id": testInbox, "visitor": v, "batch": append([]map[string]any{}, events...)})
		if err != nil {
			t.Fatal(err)
		}
		got := a.Parse(chat.Parcel{Value: value, ReceivedAt: testNow})
		seen := make([]bool, len(at))
		for i, e := range got {
			if seen[e.Sequence] {
				t.Fatalf("two events at place %d", e.Sequence)
			}
			seen[e.Sequence] = true
			for j, f := range got {
				if earlier := at[i] < at[j] || (at[i] == at[j] && i < j); earlier != (e.Sequence < f.Sequence) {
					t.Fatalf("%v: %d at %d, %d at %d", at, i, e.Sequence, j, f.Sequence)
				}
			}
		}
	})
}

func TestEventsWithoutClockStayWhereTheyWere(t *testing.T) {
	sent := func(second int) *element {
		if second < 0 {
			return &element{}
		}
		return &element{SentAt: clock{testNow.Add(time.Duration(second) * time.Second)}}
	}
	require.Equal(t, []int{3, 4, 0, 1, 2}, ranks([]*element{sent(9), sent(-1), sent(1), sent(-1), nil}))
	require.Equal(t, []int{0, 1}, ranks([]*element{sent(-1), sent(-1)}))
}

func TestUnreadableElementsKeepTheirBytes(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	// None of this passes Verify: it is what a log that was written by something else would hold.
	value := strings.Replace(batch(t, v, map[string]any{"event": "typing.started"}), `[{"event":"typing.started"}]`,
		`[{"event":"typing.started"},{"event":7},{"event":"message.created","message":{"client_id":"c"}},{"event":"contact.identified","visitor":{"jwt":"x"}}]`, 1)
	events := a.Parse(chat.Parcel{Account: testInbox, Value: []byte(value), ReceivedAt: testNow})
	require.Len(t, events, 4)
	require.Equal(t, chat.KindSystem, events[0].Kind)
	for i, reason := range []string{"", "bad_type", "blank_message", "identity"} {
		require.Equal(t, reason, events[i].Reason)
		if reason != "" {
			require.Equal(t, chat.KindUnreadable, events[i].Kind)
			require.Contains(t, value, string(events[i].Raw))
			require.NotEmpty(t, events[i].Detail)
			require.True(t, events[i].NoContact)
		}
	}
	whole := a.Parse(chat.Parcel{Account: testInbox, Value: []byte("{"), ReceivedAt: testNow})
	require.Len(t, whole, 1)
	require.Equal(t, chat.KindUnreadable, whole[0].Kind)
	require.Equal(t, testInbox, whole[0].Account)
	require.Equal(t, []byte("{"), whole[0].Raw)
}

func TestSplitKeepsBodiesWhole(t *testing.T) {
	a := testAdapter(t)
	v := issued(t, a, testInbox, testOrigin)
	for _, c := range []struct {
		body     string
		elements int
		key      string
	}{
		{body(t, testInbox, v, eventTypingStarted, nil), 1, testInbox + "|" + v.ID},
		{batchOf(t, v, 17), 17, testInbox + "|" + v.ID},
		{"rubbish", 0, "webwidget"},
	} {
		parcels := a.Split([]byte(c.body))
		require.Len(t, parcels, 1)
		require.Equal(t, c.body, string(parcels[0].Value))
		require.Equal(t, c.elements, parcels[0].Elements)
		require.Equal(t, c.key, parcels[0].Key)
	}
}
