package instagram

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"

	"switchboard/channels/meta/metatest"
	"switchboard/chat"
)

type object = map[string]any

func encode(tb testing.TB, v any) []byte {
	tb.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		tb.Fatal(err)
	}
	return b
}

func body(entries ...any) object { return object{"object": "instagram", "entry": entries} }

func entry(list string, events ...any) object {
	return object{"id": "17840000000000001", "time": 1791190800400, list: events}
}

func from(igsid, mid string) object {
	return object{
		"sender": object{"id": igsid}, "recipient": object{"id": "17840000000000001"}, "timestamp": 1791190800000,
		"message": object{"mid": mid, "text": "x"},
	}
}

func echo(igsid, mid string) object {
	return object{
		"sender": object{"id": "17840000000000001"}, "recipient": object{"id": igsid}, "timestamp": 1791190800000,
		"message": object{"mid": mid, "text": "x", "is_echo": true},
	}
}

func TestSplitMakesOneParcelForEachPerson(t *testing.T) {
	a := adapter(t)
	raw := encode(t, body(
		entry("messaging", from("61", "m1"), from("62", "m2"), echo("61", "m3")),
		entry("standby", from("61", "m4")),
		entry("changes", object{"field": "comments", "value": object{"id": "1"}}, object{"field": "messages", "value": from("62", "m5")}),
	))
	metatest.CheckCutting(t, a, raw)
	want := []struct {
		key      string
		elements int
	}{{"17840000000000001/61", 3}, {"17840000000000001/62", 2}, {"account:17840000000000001", 1}}
	got := a.Split(raw)
	if len(got) != len(want) {
		t.Fatalf("%d parcels", len(got))
	}
	for i, w := range want {
		if got[i].Key != w.key || got[i].Elements != w.elements || got[i].Account != "17840000000000001" || !json.Valid(got[i].Value) {
			t.Errorf("parcel %d: %q with %d elements: %s", i, got[i].Key, got[i].Elements, got[i].Value)
		}
	}
	if e := a.Parse(got[0])[2]; !e.HasFlag(chat.FlagStandby) {
		t.Error("standby was lost by cutting")
	}
}

func TestSplitSeparatesAccounts(t *testing.T) {
	other := object{
		"id":        "17840000000000002",
		"messaging": []any{object{"sender": object{"id": "61"}, "recipient": object{"id": "17840000000000002"}, "read": object{"mid": "m"}}},
	}
	got := adapter(t).Split(encode(t, body(entry("messaging", from("61", "m1")), other)))
	if len(got) != 2 || got[0].Key == got[1].Key || got[1].Account != "17840000000000002" {
		t.Fatalf("%+v", got)
	}
}

func TestSplitDoesNotCutWhatItCannot(t *testing.T) {
	a := adapter(t)
	for name, raw := range map[string]string{
		"not JSON":        `{"object":`,
		"empty":           ``,
		"scalar":          `5`,
		"another object":  `{"object":"page","entry":[{"id":"1"}]}`,
		"a stray element": string(encode(t, body(entry("messaging", from("1", "m"), "x", from("2", "n"))))),
	} {
		parcels := a.Split([]byte(raw))
		if len(parcels) != 1 || string(parcels[0].Value) != raw {
			t.Errorf("%s: %d parcels", name, len(parcels))
		}
		metatest.CheckCutting(t, a, []byte(raw))
	}
}

func anyBody() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		root := body(rapid.SliceOfN(anyEntry(), 1, 3).Draw(t, "entries")...)
		switch rapid.IntRange(0, 19).Draw(t, "root") {
		case 11:
			return []any{root, body(anyEntry().Draw(t, "second"))}
		case 13:
			root["object"] = "page"
		case 17:
			delete(root, "object")
		}
		return root
	})
}

// mistake replaces a value by something that should not be there, now and then. (Small numbers are drawn more often.)
func mistake(t *rapid.T, v any) any {
	if rapid.IntRange(0, 39).Draw(t, "mistake") != 23 {
		return v
	}
	return rapid.SampledFrom([]any{17, nil, "str", []any{"x"}, object{}, object{"id": object{"a": 1}}, true}).Draw(t, "instead")
}

func anyEntry() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		e := object{"id": account(t), "time": 1791190800400}
		for _, list := range []string{"messaging", "standby"} {
			if rapid.Bool().Draw(t, list) {
				e[list] = mistake(t, rapid.SliceOfN(anyEvent(), 0, 4).Draw(t, "events"))
			}
		}
		if rapid.Bool().Draw(t, "changes") {
			e["changes"] = mistake(t, rapid.SliceOfN(anyChange(), 0, 3).Draw(t, "changes"))
		}
		return mistake(t, e)
	})
}

func account(t *rapid.T) any {
	return rapid.SampledFrom([]any{"17840000000000001", 17840000000000002, "0", "5", nil}).Draw(t, "account")
}

func anyChange() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		field := rapid.SampledFrom([]any{"messages", "messaging_postbacks", "standby", "comments", "new", "", nil}).Draw(t, "field")
		return mistake(t, object{"field": field, "value": mistake(t, anyEvent().Draw(t, "value"))})
	})
}

func anyEvent() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		person := rapid.SampledFrom([]any{"61", "62", "63", 61, "", nil}).Draw(t, "person")
		mid := rapid.SampledFrom([]any{"m1", "m2", "m3", "", nil, 5}).Draw(t, "mid")
		name := rapid.SampledFrom([]string{
			"message", "message", "message_edit", "reaction", "read", "postback", "referral", "optin", "pass_thread_control", "telepathy", "delivery",
		}).Draw(t, "payload")
		e := object{
			"sender": mistake(t, object{"id": person}), "recipient": mistake(t, object{"id": account(t)}),
			"timestamp": rapid.SampledFrom([]any{1791190800000, "1791190800", "x", nil}).Draw(t, "timestamp"),
			name: mistake(t, object{
				"mid": mid, "text": "a\x00b", "num_edit": "1", "action": "react", "title": "t", "watermark": 5,
				"is_deleted":  rapid.IntRange(0, 5).Draw(t, "deleted") == 4,
				"attachments": mistake(t, []any{object{"type": "image", "payload": object{"url": "u"}}}),
			}),
		}
		if rapid.IntRange(0, 3).Draw(t, "echo") == 2 {
			e["sender"], e["recipient"] = e["recipient"], e["sender"]
		}
		return mistake(t, e)
	})
}

func TestPartsGiveTheEventsOfTheWhole(t *testing.T) {
	a := adapter(t)
	rapid.Check(t, func(rt *rapid.T) {
		metatest.CheckCutting(t, a, encode(t, anyBody().Draw(rt, "body")))
	})
}

func FuzzSplit(f *testing.F) {
	for _, raw := range metatest.Bodies(f) {
		f.Add(raw)
	}
	for i := range 30 {
		f.Add(encode(f, anyBody().Example(i)))
	}
	a := adapter(f)
	f.Fuzz(func(t *testing.T, raw []byte) { metatest.CheckCutting(t, a, raw) })
}

func FuzzParse(f *testing.F) {
	for _, raw := range metatest.Bodies(f) {
		f.Add(raw)
	}
	a := adapter(f)
	f.Fuzz(func(t *testing.T, raw []byte) {
		first := a.Parse(chat.Parcel{Value: raw, ReceivedAt: metatest.ReceivedAt()})
		again := a.Parse(chat.Parcel{Value: raw, ReceivedAt: metatest.ReceivedAt()})
		if len(first) == 0 || len(first) != len(again) {
			t.Fatalf("%d events, then %d", len(first), len(again))
		}
		for i := range first {
			if first[i].ID != again[i].ID || first[i].Sequence != i {
				t.Fatalf("event %d is not the same twice", i)
			}
		}
	})
}
