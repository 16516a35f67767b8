package instagram

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"switchboard/channels/meta/metatest"
	"switchboard/chat"
)

const (
	fromFan = `{"sender":{"id":"61"},"recipient":{"id":"17840000000000001"},"timestamp":1791190800000,`
	fromUs  = `{"sender":{"id":"17840000000000001"},"recipient":{"id":"61"},"timestamp":1791190800000,`
)

func bodyOf(list, items string) []byte {
	return fmt.Appendf(nil, `{"object":"instagram","entry":[{"id":"17840000000000001","time":1791190800400,%q:[%s]}]}`, list, items)
}

func attached(items string) string {
	return fromFan + `"message":{"mid":"m","attachments":[` + items + `]}}`
}

func TestMeaning(t *testing.T) {
	a := adapter(t)
	for name, c := range map[string]struct{ list, items, want string }{
		"edit counted in a string": {
			"messaging", fromFan + `"message_edit":{"mid":"m","text":"new","num_edit":"2"}}`,
			`[{"kind":"edit","target_id":"m","message_id":null,"text":"new","edit_number":2,"direction":"inbound"}]`,
		},
		"reaction named but not drawn": {
			"messaging", fromFan + `"reaction":{"mid":"m","action":"react","reaction":"wow"}}`,
			`[{"kind":"reaction","action":"add","emoji":"😮","target_id":"m"}]`,
		},
		"reaction of ours": {
			"messaging", fromUs + `"reaction":{"mid":"m","action":"react","emoji":"👍"}}`,
			`[{"kind":"reaction","contact_key":"61","direction":"outbound"}]`,
		},
		"echo deleted": {
			"messaging", fromUs + `"message":{"mid":"m","is_deleted":true,"is_echo":true}}`,
			`[{"kind":"delete","target_id":"m","contact_key":"61","message_id":null}]`,
		},
		"echo of our own app": {
			"messaging", fromUs + `"message":{"mid":"m","text":"x","is_echo":true,"app_id":123450000000001}}`,
			`[{"kind":"echo","app_id":"123450000000001","sent_by":"own_app"}]`,
		},
		"echo of another tool": {
			"messaging", fromUs + `"message":{"mid":"m","text":"x","is_echo":true,"app_id":"5"}}`,
			`[{"kind":"echo","sent_by":"other_app"}]`,
		},
		"standby echo": {
			"standby", fromUs + `"message":{"mid":"m","text":"x","is_echo":true}}`,
			`[{"kind":"echo","flags":["standby"],"direction":"outbound"}]`,
		},
		"postback as a change, with seconds": {
			"changes", `{"field":"messaging_postbacks","value":{"sender":{"id":"61"},"recipient":{"id":"17840000000000001"},"timestamp":"1791190800","postback":{"mid":"m","title":"Start","payload":"GO"}}}`,
			`[{"kind":"message","type":"postback","text":"Start","timestamp":"2026-10-05T09:00:00Z","interactive":{"type":"postback","id":"GO","title":"Start"}}]`,
		},
		"postback without an id": {
			"messaging", fromFan + `"postback":{"title":"Start","payload":"GO"}}`, `[{"kind":"message","type":"postback"}]`,
		},
		"standby as a change": {
			"changes", `{"field":"standby","value":` + fromFan + `"message":{"mid":"m","text":"x"}}}`, `[{"kind":"message","flags":["standby"]}]`,
		},
		"changes of other fields": {
			"changes", `{"field":"mentions","value":{"media_id":"1"}},{"field":"from_the_future","value":{"a":1}},{"field":"messages"}`,
			`[{"kind":"ignored","reason":"unsupported_field"},{"kind":"ignored","reason":"unknown_field"}]`,
		},
		"a field to come that carries events": {
			"changes", `{"field":"messages_v2","value":` + fromFan + `"message":{"mid":"m","text":"x"}}}`, `[{"kind":"message","text":"x"}]`,
		},
		"handovers": {
			"messaging", fromFan + `"take_thread_control":{"previous_owner_app_id":123450000000001,"new_owner_app_id":"9"}},` +
				fromFan + `"request_thread_control":{"requested_owner_app_id":"9","metadata":"please"}},` + fromFan + `"app_roles":{"123450000000001":["primary_receiver"]}}`,
			`[{"kind":"system","type":"handover","event":"take_thread_control","previous_owner_app_id":"123450000000001","new_owner_app_id":"9","ours":"false"},
			  {"kind":"system","type":"handover","event":"request_thread_control","requested_owner_app_id":"9","metadata":"please"},
			  {"kind":"system","type":"handover","event":"app_roles"}]`,
		},
		"roles of apps, of nobody's thread": {
			"messaging", `{"recipient":{"id":"17840000000000001"},"timestamp":1791190800000,"app_roles":{"123450000000001":["primary_receiver"]}}`,
			`[{"kind":"system","type":"handover","event":"app_roles","account":"17840000000000001","contact_key":null}]`,
		},
		"a handover of nobody's thread": {
			"messaging", `{"recipient":{"id":"17840000000000001"},"timestamp":1791190800000,"take_thread_control":{"metadata":"x"}}`,
			`[{"kind":"unreadable","reason":"missing_sender"}]`,
		},
		"a shared post, twice, with its id once": {
			"messaging", attached(`{"type":"share","payload":{"url":"https://a"}},{"type":"ig_post","payload":{"ig_post_media_id":"1","url":"https://a"}}`),
			`[{"type":"ig_post","media":[{"type":"ig_post","id":"1","url":"https://a"}]}]`,
		},
		"seen as Messenger tells it": {
			"messaging", fromFan + `"read":{"watermark":1791190800000}}`, `[{"kind":"ignored","reason":"unsupported_event"}]`,
		},
		"message without an id": {
			"messaging", fromFan + `"message":{"text":"x"}}`, `[{"kind":"unreadable","reason":"missing_id"}]`,
		},
		"message that is no object": {
			"messaging", fromFan + `"message":"x"}`, `[{"kind":"unreadable","reason":"malformed"}]`,
		},
		"reel": {
			"messaging", attached(`{"type":"reel","payload":{"reel_video_id":18100000000000002,"title":"T","url":"u"}}`),
			`[{"kind":"message","type":"reel","shared_media_ids":["18100000000000002"],"media":[{"type":"reel","title":"T","url":"u"}]}]`,
		},
		"two equal pictures are two": {
			"messaging", attached(`{"type":"image","payload":{"url":"u"}},{"type":"image","payload":{"url":"u"}}`),
			`[{"kind":"message","type":"image","media":[{"url":"u"},{"url":"u"}]}]`,
		},
		"twins in the other order": {
			"messaging", attached(`{"type":"sticker","payload":{"url":"u","sticker_id":3}},{"type":"image","payload":{"url":"u","sticker_id":3}}`),
			`[{"kind":"message","type":"sticker","media":[{"type":"sticker","url":"u"}]}]`,
		},
		"share and post of two things": {
			"messaging", attached(`{"type":"share","payload":{"ig_post_media_id":"1","url":"u"}},{"type":"ig_post","payload":{"ig_post_media_id":"2","url":"v"}}`),
			`[{"kind":"message","shared_media_ids":["1","2"]}]`,
		},
		"ephemeral": {
			"messaging", attached(`{"type":"ephemeral"}`), `[{"kind":"message","type":"unsupported","unsupported_type":"ephemeral","flags":["unsupported"]}]`,
		},
		"link preview": {
			"messaging", fromFan + `"message":{"mid":"m","text":"see https://shop.example","attachments":[{"type":"fallback","title":"Shop","url":"https://shop.example"}]}}`,
			`[{"kind":"message","type":"text","text":"see https://shop.example","media":[{"type":"fallback","title":"Shop"}]}]`,
		},
		"known and unknown attachment": {
			"messaging", attached(`{"type":"image","payload":{"url":"u"}},{"type":"vr_scene"}`),
			`[{"kind":"message","type":"image","flags":["unsupported"],"unsupported_type":"vr_scene"}]`,
		},
		"empty message": {
			"messaging", fromFan + `"message":{"mid":"m"}}`, `[{"kind":"message","type":"unsupported","flags":["unsupported"]}]`,
		},
		"referral beside a message": {
			"messaging", fromFan + `"message":{"mid":"m","text":"x"},"referral":{"ref":"r","source":"IGME-SOURCE-LINK"}}`,
			`[{"kind":"message","ref":"r","referral":{"source_type":"IGME-SOURCE-LINK"}}]`,
		},
		"echo without a recipient": {
			"messaging", `{"sender":{"id":"17840000000000001"},"timestamp":1,"message":{"mid":"m","is_echo":true}}`,
			`[{"kind":"unreadable","reason":"missing_sender","message_id":"m"}]`,
		},
		"time only on the entry": {
			"messaging", `{"sender":{"id":"61"},"recipient":{"id":"17840000000000001"},"message":{"mid":"m","text":"x"}}`,
			`[{"kind":"message","timestamp":"2026-10-05T09:00:00.400Z"}]`,
		},
	} {
		t.Run(name, func(t *testing.T) { metatest.Match(t, a, bodyOf(c.list, c.items), c.want) })
	}
}

func TestMessageIDAloneIsNoEventID(t *testing.T) {
	a := adapter(t)
	items := []string{
		fromFan + `"message":{"mid":"m","text":"x"}}`,
		fromFan + `"message":{"mid":"m","is_deleted":true}}`,
		fromFan + `"message_edit":{"mid":"m","text":"y","num_edit":1}}`,
		fromFan + `"message_edit":{"mid":"m","text":"z","num_edit":2}}`,
		fromFan + `"reaction":{"mid":"m","action":"react","emoji":"👍"}}`,
		fromFan + `"reaction":{"mid":"m","action":"unreact"}}`,
		fromFan + `"read":{"mid":"m"}}`,
	}
	ids := map[string]bool{}
	for range 2 { // the second time nothing new may come
		for _, e := range metatest.Events(t, a, bodyOf("messaging", strings.Join(items, ","))) {
			ids[e.ID] = true
		}
	}
	if len(ids) != len(items) {
		t.Errorf("%d ids of %d events", len(ids), len(items))
	}
}

func TestBothShapesOfAnEventAreOne(t *testing.T) {
	a := adapter(t)
	item := fromFan + `"message":{"mid":"m","text":"x"}}`
	plain := metatest.Events(t, a, bodyOf("messaging", item))[0]
	change := metatest.Events(t, a, bodyOf("changes", `{"field":"messages","value":`+item+`}`))[0]
	if plain.ID != change.ID || plain.Text != change.Text {
		t.Errorf("%s and %s", plain.ID, change.ID)
	}
}

func TestPersonsAreScopedToOurAccount(t *testing.T) {
	e := metatest.Events(t, adapter(t), bodyOf("messaging", fromFan+`"message":{"mid":"m","text":"x"}}`))[0]
	if len(e.Identities) != 1 || e.Identities[0].Key() != "instagram|17840000000000001|igsid|61" {
		t.Errorf("%+v", e.Identities)
	}
}

func TestConfigSaysEverythingThatIsWrong(t *testing.T) {
	_, err := New(Config{AppSecrets: []string{""}, AppID: "our app", Accounts: []Account{{ID: "1"}, {ID: "1"}, {ID: "@shop"}}})
	if !errors.Is(err, chat.ErrInvalid) {
		t.Fatalf("got %v", err)
	}
	for _, part := range []string{"app_secrets[0] is blank", "app_id", "accounts[1].id is the same as accounts[0].id", "accounts[2].id"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q is missing in: %v", part, err)
		}
	}
	if _, err := New(Config{}); err == nil || !strings.Contains(err.Error(), "accounts is empty") {
		t.Errorf("empty: %v", err)
	}
	c := Config{VerifyToken: "tok-1", AppSecrets: []string{"sec-1"}}
	for _, verb := range []string{"%v", "%+v", "%#v"} {
		if s := fmt.Sprintf(verb, c); strings.Contains(s, "tok-1") || strings.Contains(s, "sec-1") {
			t.Errorf("%s shows a secret: %s", verb, s)
		}
	}
}
