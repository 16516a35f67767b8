package whatsapp

import (
	"fmt"

	"pgregory.net/rapid"
)

// anyBody generates bodies of every shape the platform sends, of few people under many identities, mixed with mistakes.
func anyBody() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		entries := rapid.SliceOfN(anyEntry(), 1, 3).Draw(t, "entries")
		root := object{"object": "whatsapp_business_account", "entry": entries}
		switch rapid.IntRange(0, 19).Draw(t, "root") {
		case 11:
			return []any{root, object{"object": "whatsapp_business_account", "entry": anyEntry().Draw(t, "second")}}
		case 13:
			root["object"] = "page"
		case 17:
			delete(root, "object")
		}
		return root
	})
}

func anyEntry() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		entry := object{
			"id":      rapid.SampledFrom([]any{"990000000000001", "990000000000002", "0", 990000000000001, nil}).Draw(t, "waba"),
			"changes": rapid.SliceOfN(anyChange(), 1, 4).Draw(t, "changes"),
		}
		if rapid.Bool().Draw(t, "timed") {
			entry["time"] = 1791191231
		}
		return mistake(t, entry)
	})
}

// mistake replaces a value by something that should not be there, now and then. (Small numbers are drawn more often.)
func mistake(t *rapid.T, v any) any {
	if rapid.IntRange(0, 39).Draw(t, "mistake") != 23 {
		return v
	}
	return rapid.SampledFrom([]any{17, nil, "str", []any{"x"}, object{}, object{"id": object{"a": 1}}, true}).Draw(t, "instead")
}

func anyChange() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		field := rapid.SampledFrom([]string{
			"messages", "messages", "messages", "smb_message_echoes", "history", "smb_app_state_sync", "user_preferences", "calls",
			"user_id_update", "account_update", "message_template_status_update", "field_from_the_future", "",
		}).Draw(t, "field")
		value := object{"messaging_product": "whatsapp"}
		if rapid.IntRange(0, 9).Draw(t, "metadata") != 7 {
			value["metadata"] = object{
				"display_phone_number": "12025550100",
				"phone_number_id":      rapid.SampledFrom([]any{"880000000000001", "880000000000002", "1", 880000000000001, nil}).Draw(t, "number"),
			}
		}
		if rapid.Bool().Draw(t, "named") {
			value["contacts"] = rapid.SliceOfN(anyContact(), 0, 3).Draw(t, "contacts")
		}
		for _, list := range listsOf(field) {
			if rapid.IntRange(0, 2).Draw(t, list) > 0 {
				value[list] = mistake(t, rapid.SliceOfN(anyElement(list), 0, 4).Draw(t, "elements"))
			}
		}
		if rapid.IntRange(0, 9).Draw(t, "new") == 7 {
			value["brand_new"] = []any{object{"a": 1}}
		}
		return mistake(t, object{"field": field, "value": mistake(t, value)})
	})
}

func listsOf(field string) []string {
	switch field {
	case "smb_message_echoes":
		return []string{"message_echoes"}
	case "history":
		return []string{"history", "messages"}
	case "smb_app_state_sync":
		return []string{"state_sync"}
	case "calls":
		return []string{"calls", "statuses", "errors"}
	case "user_preferences", "user_id_update":
		return []string{field}
	default:
		return []string{"messages", "statuses", "errors"}
	}
}

// someone is a person of few, who shows one identity or several.
func someone(t *rapid.T, phone, bsuid string) object {
	n := rapid.IntRange(1, 4).Draw(t, "person")
	v := object{}
	shown := rapid.IntRange(0, 8).Draw(t, "shown")
	if shown != 1 {
		v[phone] = fmt.Sprintf("1202555010%d", n)
	}
	if shown == 2 {
		v[phone] = fmt.Sprintf("+1 202 555-010%d", n)
	}
	if shown == 1 || shown > 5 {
		v[bsuid] = fmt.Sprintf("US.%d", n)
	}
	if shown == 8 {
		return object{}
	}
	return v
}

func anyContact() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		c := someone(t, "wa_id", "user_id")
		c["profile"] = object{"name": rapid.SampledFrom([]string{"Ada", "Bea", "", "a\x00b"}).Draw(t, "name"), "username": "@u"}
		return mistake(t, c)
	})
}

func anyElement(list string) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		switch list {
		case "message_echoes":
			return mistake(t, withContent(t, someone(t, "to", "to_user_id")))
		case "statuses":
			s := someone(t, "recipient_id", "recipient_user_id")
			s["id"], s["status"] = id(t), rapid.SampledFrom([]any{"sent", "read", "failed", "", nil}).Draw(t, "status")
			s["timestamp"] = stamp(t)
			if rapid.IntRange(0, 5).Draw(t, "group") == 4 {
				s["recipient_type"] = "group"
			}
			return mistake(t, s)
		case "errors":
			return mistake(t, object{"code": rapid.SampledFrom([]any{130429, "131047", nil}).Draw(t, "code"), "title": "t"})
		case "history":
			return mistake(t, object{
				"metadata": object{"phase": 0}, "threads": rapid.SliceOfN(anyThread(), 0, 3).Draw(t, "threads"),
				"errors": mistake(t, nil),
			})
		case "state_sync":
			return mistake(t, object{"action": "add", "contact": someone(t, "phone_number", "user_id"), "metadata": object{"timestamp": stamp(t)}})
		case "user_preferences", "user_id_update":
			v := someone(t, "wa_id", "user_id")
			v["value"], v["timestamp"] = "stop", stamp(t)
			return mistake(t, v)
		case "calls":
			v := someone(t, "from", "from_user_id")
			v["id"], v["event"], v["timestamp"] = id(t), "connect", stamp(t)
			return mistake(t, v)
		default:
			return mistake(t, withContent(t, someone(t, "from", "from_user_id")))
		}
	})
}

func anyThread() *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		return mistake(t, object{
			"context":  someone(t, "wa_id", "user_id"),
			"messages": rapid.SliceOfN(anyElement("messages"), 0, 3).Draw(t, "messages"),
		})
	})
}

func id(t *rapid.T) any {
	return rapid.SampledFrom([]any{"wamid.1", "wamid.2", "wamid.3", "wamid.4", "wamid.5", "wamid.6", "wamid.7", "wamid.8", "", nil, object{}}).Draw(t, "id")
}

func stamp(t *rapid.T) any {
	return rapid.SampledFrom([]any{"1791190800", 1791190801, "yesterday", nil}).Draw(t, "timestamp")
}

func withContent(t *rapid.T, m object) object {
	m["id"], m["timestamp"] = id(t), stamp(t)
	typ := rapid.SampledFrom([]string{"text", "image", "reaction", "edit", "revoke", "system", "contacts", "location", "hologram", "unsupported"}).Draw(t, "type")
	m["type"] = mistake(t, typ)
	m[typ] = mistake(t, object{
		"body": "x", "id": "7", "message_id": "wamid.9", "original_message_id": "wamid.8", "message": object{"type": "text", "text": object{"body": "y"}},
		"type": "user_changed_number", "wa_id": "12025550199", "user_id": "US.9", "latitude": 1, "longitude": "2",
	})
	return m
}
