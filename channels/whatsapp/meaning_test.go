package whatsapp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"switchboard/channels/meta/metatest"
	"switchboard/chat"
)

// envelopeOf writes the members of a change's value into a whole body.
func envelopeOf(field, members string) []byte {
	return fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":"990000000000001","time":1791191231,"changes":[{"field":%q,"value":{`+
		`"messaging_product":"whatsapp","metadata":{"display_phone_number":"12025550100","phone_number_id":"880000000000001"},%s}}]}]}`, field, members)
}

const (
	ada   = `"from":"12025550143","id":"wamid.1","timestamp":"1791190800",`
	toAda = `"from":"12025550100","to":"12025550143","id":"wamid.1","timestamp":"1791190800",`
	dana  = `"from_user_id":"AU.1","id":"wamid.1","timestamp":"1791190800",`
)

func TestMeaning(t *testing.T) {
	a := adapter(t)
	for name, c := range map[string]struct{ field, members, want string }{
		"reaction removed by an empty emoji": {
			"messages", `"messages":[{` + ada + `"type":"reaction","reaction":{"message_id":"m","emoji":""}}]`,
			`[{"kind":"reaction","action":"remove","emoji":null,"target_id":"m","message_id":"wamid.1"}]`,
		},
		"reaction to nothing": {
			"messages", `"messages":[{` + ada + `"type":"reaction","reaction":{"emoji":"👍"}}]`,
			`[{"kind":"unreadable","reason":"missing_target","message_id":"wamid.1"}]`,
		},
		"id change of somebody without a number": {
			"messages", `"messages":[{"id":"wamid.1","timestamp":"1","type":"system","system":{"type":"user_changed_user_id","user_id":"US.2","previous_user_id":"US.1"}}]`,
			`[{"kind":"system","type":"user_changed_user_id","contact_key":"US.1","key_type":"bsuid","new_bsuid":"US.2","previous_bsuid":"US.1","direction":null}]`,
		},
		"id change that names only the new id": {
			"messages", `"messages":[{"id":"wamid.1","timestamp":"1","type":"system","system":{"type":"user_changed_user_id","user_id":"US.2"}}]`,
			`[{"kind":"system","type":"user_changed_user_id","contact_key":"US.2","previous_bsuid":null,"new_bsuid":null}]`,
		},
		"number change beside a contact with the new number": {
			"messages", `"contacts":[{"wa_id":"12025550144","profile":{"name":"Ada"}}],"messages":[{` + ada + `"type":"system","system":{"type":"user_changed_number","wa_id":"12025550144"}}]`,
			`[{"kind":"system","contact_key":"+12025550143","new_contact_key":"+12025550144","contact_name":null}]`,
		},
		"edit into something that cannot be shown": {
			"messages", `"messages":[{` + ada + `"type":"edit","edit":{"original_message_id":"o","message":{"type":"hologram","hologram":{}}}}]`,
			`[{"kind":"unreadable","reason":"unknown_content","target_id":"o"}]`,
		},
		"call of ours that does not say whose": {
			"calls", `"calls":[{"id":"wacid.1","from":"12025550100","to":"12025550143","event":"connect","timestamp":"1791190800"}]`,
			`[{"kind":"system","type":"call","contact_key":"+12025550143"}]`,
		},
		"a group's id is nobody's number": {
			"messages", `"statuses":[{"id":"o","status":"read","timestamp":"1791190800","recipient_id":"Zml4dHVyZS1ncm91cC0wMDE="}]`,
			`[{"kind":"status","status":"read","contact_key":null}]`,
		},
		"security key changed": {
			"messages", `"messages":[{` + ada + `"type":"system","system":{"type":"customer_identity_changed","identity":"hash"}}]`,
			`[{"kind":"system","type":"customer_identity_changed","contact_key":"+12025550143","new_contact_key":null,"identity_key_hash":"hash"}]`,
		},
		"status of a group member": {
			"messages", `"statuses":[{"id":"o","status":"delivered","timestamp":"1791190800","recipient_type":"group","recipient_id":"g-1","recipient_participant_id":"12025550143","recipient_participant_user_id":"US.1"}]`,
			`[{"kind":"status","status":"delivered","group_id":"g-1","flags":["group"],"contact_key":"+12025550143","contact_aliases":{"bsuid":"US.1"}}]`,
		},
		"parent id under its other spelling, and our correlation": {
			"messages", `"statuses":[{"id":"o","status":"read","timestamp":"1791190800","recipient_user_id":"US.1","parent_recipient_user_id":"US.ENT.1","biz_opaque_callback_data":"c-1"}]`,
			`[{"kind":"status","contact_key":"US.1","contact_aliases":{"parent_bsuid":"US.ENT.1"},"correlation":"c-1"}]`,
		},
		"status in capitals, unknown words and error codes in strings": {
			"messages", `"statuses":[{"id":"o","status":"FAILED","timestamp":"1791190800","recipient_id":"1","errors":[{"code":"131026"}]},{"id":"o","status":"warning","recipient_id":"1"}]`,
			`[{"kind":"status","status":"failed","errors":[131026]},{"kind":"status","status":"warning"}]`,
		},
		"unsupported as it was": {
			"messages", `"messages":[{` + ada + `"type":"unknown","errors":[{"code":501,"title":"Unknown message type","details":"Message type is not currently supported"}]}]`,
			`[{"kind":"message","type":"unsupported","unsupported_type":"unknown","errors":[501],"flags":["unsupported"],"text":null}]`,
		},
		"known type without its object": {
			"messages", `"messages":[{` + ada + `"type":"image"}]`,
			`[{"kind":"message","type":"unsupported","unsupported_type":"image","flags":["unsupported"]}]`,
		},
		"type missing": {
			"messages", `"messages":[{` + ada + `"text":{"body":"hi"}}]`,
			`[{"kind":"message","type":"text","text":"hi"}]`,
		},
		"coordinates in strings, without a name": {
			"messages", `"messages":[{` + ada + `"type":"location","location":{"latitude":"53.5","longitude":"-1.25"}}]`,
			`[{"kind":"message","type":"location","location":{"latitude":53.5,"longitude":-1.25}}]`,
		},
		"coordinates out of this world": {
			"messages", `"messages":[{` + ada + `"type":"location","location":{"latitude":1e9,"longitude":"x","name":"Pier","address":"1 Sea Road"}}]`,
			`[{"kind":"message","type":"location","location":null,"text":"Pier\n1 Sea Road"}]`,
		},
		"the person's own number, on request": {
			"messages", `"messages":[{` + dana + `"type":"contacts","contacts":[{"origin":"contact_request","vcard":"BEGIN:VCARD\nFN:Dana\nitem1.TEL;waid=614:+61 491 570 156\nEMAIL:d@example.com\nEND:VCARD"}]}]`,
			`[{"kind":"message","type":"contacts","contact_key":"AU.1","flags":["phone_shared"],"shared_contacts":[{"name":"Dana","phones":["+61 491 570 156"]}]}]`,
		},
		"origin on the message": {
			"messages", `"messages":[{` + dana + `"type":"contacts","origin":"contact_request","contacts":[{"name":{"first_name":"D","last_name":"M"},"phones":[{"wa_id":"614"}]}]}]`,
			`[{"kind":"message","flags":["phone_shared"],"shared_contacts":[{"name":"D M","phones":["+614"]}]}]`,
		},
		"flow with a broken answer": {
			"messages", `"messages":[{` + ada + `"type":"interactive","interactive":{"type":"nfm_reply","nfm_reply":{"name":"address_message","body":"Sent","response_json":"{oops"}}}]`,
			`[{"kind":"message","text":"Sent","interactive":{"type":"nfm_reply","name":"address_message","payload":"{oops"}}]`,
		},
		"an interactive kind to come": {
			"messages", `"messages":[{` + ada + `"type":"interactive","interactive":{"type":"slot_reply","slot_reply":{"id":"9","title":"Nine"}}}]`,
			`[{"kind":"message","type":"interactive","text":"Nine","interactive":{"type":"slot_reply","id":"9"}}]`,
		},
		"echo to somebody without a number": {
			"smb_message_echoes", `"message_echoes":[{"from":"12025550100","to_user_id":"AU.1","id":"wamid.1","timestamp":"1791190800","type":"text","text":{"body":"hi"}}]`,
			`[{"kind":"echo","direction":"outbound","contact_key":"AU.1","key_type":"bsuid","text":"hi"}]`,
		},
		"echo of an edit, a revocation and a reaction": {
			"smb_message_echoes", `"message_echoes":[{` + toAda + `"type":"edit","edit":{"original_message_id":"m","message":{"type":"image","image":{"id":"7","caption":"new"}}}},` +
				`{` + toAda + `"type":"revoke","revoke":{"original_message_id":"m"}},{` + toAda + `"type":"reaction","reaction":{"message_id":"m","emoji":"👍"}}]`,
			`[{"kind":"edit","direction":"outbound","target_id":"m","type":"image","text":"new","media_id":"7"},{"kind":"delete","direction":"outbound","target_id":"m"},
			  {"kind":"reaction","direction":"outbound","action":"add"}]`,
		},
		"missed call and the ringing of one of ours": {
			"calls", `"calls":[{"id":"wacid.1","from":"12025550143","event":"terminate","direction":"USER_INITIATED","timestamp":"1791190800","status":"FAILED","duration":4}],` +
				`"statuses":[{"id":"wacid.2","type":"call","status":"RINGING","recipient_id":"447700900123","timestamp":"1791190801"}]`,
			`[{"kind":"system","type":"call","event":"terminate","message_id":"wacid.1","contact_key":"+12025550143","call_status":"FAILED","call_duration":"4"},
			  {"kind":"system","type":"call","event":"RINGING","contact_key":"+447700900123"}]`,
		},
		"call by the business": {
			"calls", `"calls":[{"id":"wacid.1","from":"12025550100","to":"12025550143","event":"connect","direction":"BUSINESS_INITIATED","timestamp":"1791190800"}]`,
			`[{"kind":"system","type":"call","contact_key":"+12025550143"}]`,
		},
		"history refused": {
			"history", `"history":[{"errors":[{"code":2593109,"title":"declined"}]}]`,
			`[{"kind":"system","type":"platform_error","errors":[2593109],"contact_key":null}]`,
		},
		"history of a thread that does not say whose it is": {
			"history", `"history":[{"threads":[{"messages":[{` + toAda + `"type":"text","text":{"body":"a"},"history_context":{"status":"ERROR"}},{` + ada + `"type":"text","text":{"body":"b"}}]}]}]`,
			`[{"kind":"echo","contact_key":"+12025550143","status":"failed","flags":["history"]},{"kind":"message","contact_key":"+12025550143","flags":["history"]}]`,
		},
		"file of a history placeholder": {
			"history", `"messages":[{` + ada + `"type":"image","image":{"id":"7"}}]`,
			`[{"kind":"message","type":"image","media_id":"7","flags":["history"]}]`,
		},
		"two errors are one element": {
			"messages", `"errors":[{"code":1},{"code":2}]`, `[{"kind":"system","type":"platform_error","errors":[1,2]}]`,
		},
		"preference of somebody without a number": {
			"user_preferences", `"user_preferences":[{"user_id":"US.1","value":"resume","timestamp":1791190800}]`,
			`[{"kind":"system","type":"user_preferences","preference":"resume","contact_key":"US.1","timestamp":"2026-10-05T09:00:00Z"}]`,
		},
		"unknown list in a known field": {
			"messages", `"brand_new":[{"a":1}]`, `[{"kind":"ignored","reason":"unknown_content","account":"880000000000001"}]`,
		},
		"one contact is the sender whatever its number": {
			"messages", `"contacts":[{"wa_id":"5511","user_id":"BR.1","profile":{"name":"Bruno"}}],"messages":[{"from":"55911","id":"m","type":"text","text":{"body":"oi"}}]`,
			`[{"kind":"message","contact_key":"+55911","contact_name":"Bruno","contact_aliases":{"bsuid":"BR.1"}}]`,
		},
		"one contact among two senders belongs to its own": {
			"messages", `"contacts":[{"wa_id":"1","profile":{"name":"One"}}],"messages":[{"from":"1","id":"a","type":"text","text":{"body":"x"}},{"from":"2","id":"b","type":"text","text":{"body":"y"}}]`,
			`[{"kind":"message","message_id":"a","contact_name":"One"},{"kind":"message","message_id":"b","contact_name":null}]`,
		},
		"capital names are other names": {
			"messages", `"messages":[{"FROM":"666","from":"12025550143","ID":"evil","id":"wamid.1","type":"text","text":{"BODY":"evil","body":"good"}}]`,
			`[{"kind":"message","contact_key":"+12025550143","message_id":"wamid.1","text":"good"}]`,
		},
	} {
		t.Run(name, func(t *testing.T) { metatest.Match(t, a, envelopeOf(c.field, c.members), c.want) })
	}
}

func TestAccountFields(t *testing.T) {
	a := adapter(t)
	for _, field := range []string{
		"message_template_status_update", "message_template_quality_update", "template_category_update", "message_template_components_update",
		"account_update", "account_alerts", "account_review_update", "account_settings_update", "phone_number_quality_update",
		"phone_number_name_update", "business_capability_update", "security", "business_username_update", "group_lifecycle_update",
		"flows", "payment_configuration_update", "automatic_events", "partner_solutions",
	} {
		raw := fmt.Appendf(nil, `{"object":"whatsapp_business_account","entry":[{"id":"990000000000001","time":1791191231,"changes":[`+
			`{"field":%q,"value":{"event":"E","message_template_id":500000000000001,"reason":null}}]}]}`, field)
		events := metatest.Match(t, a, raw, fmt.Sprintf(
			`[{"kind":"system","type":%q,"account":"990000000000001","event":"E","message_template_id":"500000000000001","reason":null,"timestamp":"2026-10-05T09:07:11Z"}]`, field))
		if len(events) == 1 && !events[0].NoContact {
			t.Errorf("%s makes a contact", field)
		}
	}
}

func TestUnknownAccountsAreSetAside(t *testing.T) {
	a := adapter(t)
	for name, raw := range map[string]string{
		"number":           `{"entry":[{"id":"990000000000001","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"5"},"messages":[{"from":"1","id":"m","type":"text"}]}}]}]}`,
		"no number at all": `{"entry":[{"id":"990000000000001","changes":[{"field":"messages","value":{"messages":[{"from":"1","id":"m","type":"text"}]}}]}]}`,
		"business account": `{"entry":[{"id":"5","changes":[{"field":"account_update","value":{"event":"E"}}]}]}`,
	} {
		events := metatest.Match(t, a, []byte(raw), `[{"kind":"unreadable","reason":"unknown_account"}]`)
		if e := events[0]; len(e.Raw) == 0 || !e.NoContact {
			t.Errorf("%s: %+v", name, e)
		}
	}
	displayed := `{"entry":[{"id":"990000000000001","changes":[{"field":"messages","value":{"metadata":{"display_phone_number":"+1 202-555-0199"},"messages":[{"from":"1","id":"m","type":"text","text":{"body":"x"}}]}}]}]}`
	metatest.Match(t, a, []byte(displayed), `[{"kind":"message","account":"880000000000002"}]`)
}

func TestIdentitiesStrongestFirst(t *testing.T) {
	raw := envelopeOf("messages", `"contacts":[{"wa_id":"5511","user_id":"BR.1","parent_user_id":"BR.ENT.1"}],"messages":[{"from":"55911","id":"m","type":"text","text":{"body":"oi"}}]`)
	var got []string
	for _, id := range metatest.Events(t, adapter(t), raw)[0].Identities {
		got = append(got, id.Key())
	}
	want := []string{"whatsapp||bsuid|BR.1", "whatsapp||phone|+55911", "whatsapp||phone|+5511", "whatsapp||parent_bsuid|BR.ENT.1"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestIDsOfElements(t *testing.T) {
	a := adapter(t)
	ids := func(members string) string {
		var out []string
		for _, e := range metatest.Events(t, a, envelopeOf("messages", members)) {
			out = append(out, e.ID)
		}
		return strings.Join(out, " ")
	}
	status := func(more string) string {
		return `"statuses":[{"id":"o","recipient_id":"1","timestamp":"1791190800",` + more + `}]`
	}
	if ids(status(`"status":"read"`)) != ids(status(`"status":"read","pricing":{}`)) {
		t.Error("a status told twice has two ids")
	}
	if ids(status(`"status":"read"`)) == ids(status(`"status":"sent"`)) {
		t.Error("two words of one message have one id")
	}
	group := `"status":"read","recipient_type":"group","recipient_participant_id":`
	if ids(status(group+`"1"`)) == ids(status(group+`"2"`)) {
		t.Error("two members of a group have one id")
	}
	if one, two := ids(`"messages":[{"from":"1","type":"text","timestamp":"5"}]`), ids(`"messages":[{"from":"1","type":"text","timestamp":"6"}]`); one == two {
		t.Error("two messages without an id have one")
	}
}

func TestPhoneNumbersInEventIDsDoNotShow(t *testing.T) {
	for _, e := range metatest.Events(t, adapter(t), usual(t)) {
		if len(e.ID) != 32 || strings.Contains(e.ID, "12025550143") {
			t.Errorf("id %q", e.ID)
		}
	}
}

func TestNumberWithoutBusinessAccountIsEnough(t *testing.T) {
	a, err := New(Config{AppSecrets: []string{"s"}, Numbers: []Number{{ID: "880000000000001"}}})
	if err != nil {
		t.Fatal(err)
	}
	raw := []byte(`{"entry":[{"id":"990000000000001","changes":[{"field":"account_update","value":{"event":"E"}}]}]}`)
	metatest.Match(t, a, raw, `[{"kind":"system","account":"990000000000001"}]`)
	unknown := []byte(`{"entry":[{"id":"990000000000001","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"5"},"messages":[{"from":"1","id":"m"}]}}]}]}`)
	if e := metatest.Events(t, a, unknown)[0]; e.Kind != chat.KindUnreadable {
		t.Errorf("%+v", e)
	}
}
