package whatsapp

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
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

func body(changes ...any) object {
	return object{"object": "whatsapp_business_account", "entry": []any{object{"id": "990000000000001", "changes": changes}}}
}

func change(field string, value object) object {
	if _, ok := value["metadata"]; !ok {
		value["metadata"] = object{"display_phone_number": "12025550100", "phone_number_id": "880000000000001"}
	}
	value["messaging_product"] = "whatsapp"
	return object{"field": field, "value": value}
}

func text(from, id, body string) object {
	return object{"from": from, "id": id, "timestamp": "1791190800", "type": "text", "text": object{"body": body}}
}

func TestSplitMakesOneParcelForEachPerson(t *testing.T) {
	a := adapter(t)
	got := a.Split(encode(t, body(
		change("messages", object{
			"contacts": []any{object{"wa_id": "1", "user_id": "US.1", "profile": object{"name": "One"}}, object{"wa_id": "2", "profile": object{"name": "Two"}}},
			"messages": []any{text("1", "m1", "a"), text("2", "m2", "b"), text("1", "m3", "c")},
			"statuses": []any{object{"id": "s1", "status": "read", "timestamp": "1791190801", "recipient_id": "1"}},
		}),
		object{"field": "account_update", "value": object{"event": "DISABLED_UPDATE"}},
	)))
	want := []struct {
		key      string
		elements int
		holds    []string
		lacks    []string
	}{
		{"US.1", 3, []string{`"m1"`, `"m3"`, `"s1"`, `"One"`, "880000000000001"}, []string{`"m2"`, `"Two"`, "account_update"}},
		{"2", 1, []string{`"m2"`, `"Two"`}, []string{`"m1"`, `"One"`, `"s1"`}},
		{"account:990000000000001", 1, []string{"account_update"}, []string{"messages"}},
	}
	if len(got) != len(want) {
		t.Fatalf("got %d parcels", len(got))
	}
	for i, w := range want {
		p := got[i]
		if p.Key != w.key || p.Elements != w.elements || !json.Valid(p.Value) {
			t.Errorf("parcel %d: key %q with %d elements: %s", i, p.Key, p.Elements, p.Value)
		}
		for _, part := range w.holds {
			if !bytes.Contains(p.Value, []byte(part)) {
				t.Errorf("parcel %d lacks %s: %s", i, part, p.Value)
			}
		}
		for _, part := range w.lacks {
			if bytes.Contains(p.Value, []byte(part)) {
				t.Errorf("parcel %d holds %s: %s", i, part, p.Value)
			}
		}
	}
}

func TestSplitKeepsElementsByteForByte(t *testing.T) {
	odd := `{ "from" :"2","id":"m\u0032", "timestamp":"1791190800","type":"text","text":{"body":"\u00e4\/\ud83d\udc4d  "}, "x":1.50 }`
	raw := `{"object":"whatsapp_business_account","entry":[{"id":"990000000000001","changes":[{"field":"messages","value":{"messages":[` +
		`{"from":"1","id":"m1","type":"text","text":{"body":"x"}},` + odd + `],"metadata":{"phone_number_id":"880000000000001"}}}]}]}`
	parcels := adapter(t).Split([]byte(raw))
	if len(parcels) != 2 || !bytes.Contains(parcels[1].Value, []byte(odd)) {
		t.Fatalf("%s", parcels[len(parcels)-1].Value)
	}
}

func TestSplitFindsOnePersonUnderSeveralIdentities(t *testing.T) {
	a := adapter(t)
	for name, changes := range map[string][]any{
		"number on the status, both on the message": {change("messages", object{
			"statuses": []any{object{"id": "s", "status": "sent", "recipient_id": "1"}},
			"messages": []any{object{"from": "1", "from_user_id": "US.1", "id": "m", "type": "text"}},
		})},
		"BSUID in the contact only": {
			change("messages", object{"contacts": []any{object{"wa_id": "1", "user_id": "US.1"}}, "messages": []any{text("1", "m", "x")}}),
			change("messages", object{"messages": []any{object{"from_user_id": "US.1", "id": "n", "type": "text"}}}),
		},
		"two spellings of the number": {
			change("messages", object{"contacts": []any{object{"wa_id": "5511"}}, "messages": []any{text("55911", "m", "x")}}),
			change("messages", object{"messages": []any{text("5511", "n", "x"), text("55911", "o", "x")}}),
		},
	} {
		if got := a.Split(encode(t, body(changes...))); len(got) != 1 {
			t.Errorf("%s: %d parcels, first key %q", name, len(got), got[0].Key)
		}
	}
}

func TestSplitDoesNotCutWhatItCannot(t *testing.T) {
	a := adapter(t)
	two := change("messages", object{"messages": []any{text("1", "m", "x"), 17, text("2", "n", "y")}})
	for name, raw := range map[string]string{
		"not JSON":         `{"object":`,
		"empty":            ``,
		"scalar":           `"hello"`,
		"another object":   `{"object":"page","entry":[{"id":"1"}]}`,
		"a stray element":  string(encode(t, body(two))),
		"metadata is huge": string(encode(t, body(huge(20)))),
		"value twice":      `{"entry":[{"id":"1","changes":[{"value":{"messages":[{"from":"1","id":"a"}]},"value":{"messages":[{"from":"2","id":"b"}]}}]}]}`,
	} {
		parcels := a.Split([]byte(raw))
		if len(parcels) != 1 || string(parcels[0].Value) != raw {
			t.Errorf("%s: %d parcels", name, len(parcels))
		}
		metatest.CheckCutting(t, a, []byte(raw))
	}
}

// huge is a change of n people whose common part is repeated in every parcel.
func huge(n int) object {
	var messages []any
	for i := range n {
		messages = append(messages, text(fmt.Sprint(100+i), fmt.Sprint("m", i), "x"))
	}
	return change("messages", object{
		"metadata": object{"phone_number_id": "880000000000001", "pad": strings.Repeat("x", 1<<14)}, "messages": messages,
	})
}

// batch makes what fixtures/tools/gen_batch.py makes: n updates of 40 people, a twentieth of them twice, shuffled.
func batch(tb testing.TB, n int, seed uint64) (raw []byte, events int) {
	tb.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	var items []object
	for i := range n {
		if len(items) > 0 && r.Float64() < 0.05 {
			items = append(items, items[r.IntN(len(items))])
			continue
		}
		events++
		who := r.IntN(40)
		items = append(items, update(i, fmt.Sprintf("120255501%02d", who), fmt.Sprintf("US.9200000000000000%04d", who), r))
	}
	r.Shuffle(len(items), func(i, j int) { items[i], items[j] = items[j], items[i] })
	changes := make([]any, len(items))
	for i, value := range items {
		changes[i] = change("messages", value)
	}
	return encode(tb, body(changes...)), events
}

func update(i int, phone, bsuid string, r *rand.Rand) object {
	m := object{"from": phone, "from_user_id": bsuid, "id": fmt.Sprint("wamid.", i), "timestamp": fmt.Sprint(1791191800 + i)}
	value := object{"contacts": []any{object{"wa_id": phone, "user_id": bsuid, "profile": object{"name": "Person " + bsuid}}}, "messages": []any{m}}
	switch k := r.Float64(); {
	case k < 0.6:
		m["type"], m["text"] = "text", object{"body": fmt.Sprint("message number ", i)}
	case k < 0.7:
		m["type"], m["image"] = "image", object{"id": fmt.Sprint(710000000000000 + i), "mime_type": "image/jpeg"}
	case k < 0.8:
		m["type"], m["reaction"] = "reaction", object{"message_id": "wamid.out", "emoji": "👍"}
	default:
		delete(value, "messages")
		value["statuses"] = []any{object{
			"id": fmt.Sprint("wamid.o", i), "status": "sent", "timestamp": fmt.Sprint(1791191800 + i), "recipient_id": phone, "recipient_user_id": bsuid,
		}}
	}
	return value
}

func TestBatchOfAThousand(t *testing.T) {
	a := adapter(t)
	for seed := range uint64(3) {
		raw, distinct := batch(t, 1000, seed)
		metatest.CheckCutting(t, a, raw)
		parcels, elements, size := a.Split(raw), 0, 0
		for _, p := range parcels {
			elements += p.Elements
			size += len(p.Value)
		}
		if len(parcels) != 40 || elements != 1000 || size > 2*len(raw) {
			t.Fatalf("%d parcels with %d elements in %d bytes of %d", len(parcels), elements, size, len(raw))
		}
		ids := map[string]bool{}
		for _, e := range metatest.Events(t, a, raw) {
			ids[e.ID] = true
		}
		if len(ids) != distinct {
			t.Fatalf("%d ids of %d distinct events", len(ids), distinct)
		}
	}
}

func TestIDsDoNotDependOnTheBody(t *testing.T) {
	a := adapter(t)
	one := change("messages", object{"messages": []any{text("1", "m", "x"), object{"from": "1", "type": "text", "timestamp": "5"}}})
	alone := metatest.Events(t, a, encode(t, body(one)))
	among := metatest.Events(t, a, encode(t, body(change("messages", object{"messages": []any{text("2", "n", "y")}}), one)))
	ids := map[string]bool{}
	for _, e := range among {
		ids[e.ID] = true
	}
	for _, e := range alone {
		if !ids[e.ID] {
			t.Errorf("%s %s has another id in another body", e.Kind, e.MessageID)
		}
	}
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
	raw, _ := batch(f, 20, 7)
	f.Add(raw)
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

func TestSplitMakesOneBodyOfAnArrayOfBodies(t *testing.T) {
	a := adapter(t)
	one := change("messages", object{"messages": []any{text("1", "m1", "x"), text("2", "m2", "x")}})
	two := change("messages", object{"messages": []any{text("1", "m3", "x")}})
	raw := encode(t, []any{body(one), body(two)})
	metatest.CheckCutting(t, a, raw)
	if parcels := a.Split(raw); len(parcels) != 2 || parcels[0].Elements != 2 || !json.Valid(parcels[0].Value) {
		t.Fatalf("%d parcels, the first is %s", len(parcels), parcels[0].Value)
	}
}
