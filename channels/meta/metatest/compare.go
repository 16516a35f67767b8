package metatest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"switchboard/chat"
)

// entryOf writes an event in the words of the expectations.
func entryOf(e chat.Event) map[string]any {
	entry := map[string]any{
		"kind": string(e.Kind), "channel": string(e.Channel), "account": e.Account, "contact_key": e.ContactKey, "key_type": string(e.KeyType),
		"contact_aliases": e.Aliases, "contact_name": e.ContactName, "direction": string(e.Direction), "message_id": e.MessageID,
		"target_id": e.TargetID, "type": e.Type, "text": e.Text, "timestamp": e.Timestamp, "reply_to": e.ReplyTo, "status": e.Status,
		"emoji": e.Emoji, "action": e.Action, "flags": e.Flags, "reason": e.Reason, "group_id": e.GroupID, "edit_number": e.EditNumber,
		"media": e.Content.Media, "unsupported_type": e.Content.RawType, "interactive": e.Content.Interactive, "location": e.Content.Location,
	}
	for _, f := range e.Content.Notes {
		if _, taken := entry[f.Name]; !taken {
			entry[f.Name] = f.Value
		}
	}
	var codes []int
	for _, x := range e.Errors {
		codes = append(codes, x.Code)
	}
	entry["errors"] = codes
	contentOf(entry, e.Content)
	if e.Change != nil {
		changeOf(entry, *e.Change)
	}
	out := map[string]any{}
	b, err := json.Marshal(entry)
	if err == nil {
		err = json.Unmarshal(b, &out)
	}
	if err != nil {
		panic("metatest: an event cannot be written as JSON: " + err.Error())
	}
	return out
}

func contentOf(entry map[string]any, c chat.Content) {
	var ids []string
	for i, m := range c.Media {
		ids = append(ids, m.ID)
		if i == 0 {
			entry["media_id"] = m.ID
		}
	}
	entry["shared_media_ids"] = ids
	var cards []map[string]any
	for _, card := range c.Cards {
		cards = append(cards, map[string]any{"name": card.Name, "phones": append([]string{}, card.Phones...)})
	}
	entry["shared_contacts"] = cards
	if o := c.Order; o != nil {
		entry["order"] = map[string]any{"catalog_id": o.CatalogID, "items": len(o.Items)}
	}
	if p := c.Product; p != nil {
		entry["referred_product"] = map[string]any{"catalog_id": p.CatalogID, "product_retailer_id": p.ProductID}
	}
	if s := c.Story; s != nil {
		entry["story_id"] = s.ID
	}
	if r := c.Referral; r != nil {
		entry["ref"] = r.Ref
		entry["referral"] = map[string]any{
			"source_type": r.SourceType, "source_id": r.SourceID, "source_url": r.SourceURL, "headline": r.Headline, "body": r.Body,
			"ref": r.Ref, "ctwa_clid": r.ClickID,
		}
	}
}

func changeOf(entry map[string]any, c chat.IdentityChange) {
	for _, id := range c.Old {
		if id.Kind == chat.IdentityBSUID {
			entry["previous_bsuid"] = id.Value
		}
	}
	names := map[chat.IdentityKind]string{chat.IdentityBSUID: "new_bsuid", chat.IdentityPhone: "new_contact_key"}
	for _, id := range c.New {
		if name := names[id.Kind]; name != "" {
			entry[name] = id.Value
		}
	}
}

// differs names the first key of an expected event that the entry does not satisfy; empty when it satisfies all.
func differs(want, got map[string]any, x expectation) string {
	id := str(want["message_id"])
	if id == "" {
		id = str(want["target_id"])
	}
	for key, value := range want {
		have := got[key]
		if slices.Contains(x.OptionalKeys, key) && empty(have) {
			continue
		}
		if ok := holds(key, id, value, have, got, x); !ok {
			return fmt.Sprintf("%s: want %v, got %v", key, value, have)
		}
	}
	return ""
}

func holds(key, id string, value, have any, got map[string]any, x expectation) bool {
	switch {
	case value == nil:
		return empty(have)
	case key == "kind" && value == "ignored":
		return (have == "ignored" || have == "unreadable") && !empty(got["reason"])
	case key == "reason":
		return !empty(have)
	case key == "timestamp":
		return sameInstant(str(value), str(have))
	case key == "text_length":
		return float64(utf8.RuneCountInString(str(got["text"]))) == value
	case key == "text_sha256":
		sum := sha256.Sum256([]byte(str(got["text"])))
		return hex.EncodeToString(sum[:]) == value
	}
	if others := alternatives(key, id, x); others != nil {
		return slices.Contains(others, str(have))
	}
	return includes(key, value, have)
}

func alternatives(key, id string, x expectation) []string {
	switch key {
	case "type":
		return x.TypeAlternatives[id]
	case "text":
		return x.TextAlternatives[id]
	case "contact_key":
		return x.KeyAnyOf[id]
	default:
		return nil
	}
}

// includes: an object satisfies a smaller one, and flags a shorter list.
func includes(key string, want, have any) bool {
	switch w := want.(type) {
	case map[string]any:
		h, ok := have.(map[string]any)
		for k, v := range w {
			if k == "username" {
				v = strings.TrimPrefix(str(v), "@")
			}
			ok = ok && includes(k, v, h[k])
		}
		return ok
	case []any:
		h, ok := have.([]any)
		if key == "flags" {
			return ok && subset(w, h)
		}
		if len(w) != len(h) {
			return false
		}
		for i := range w {
			if !includes("", w[i], h[i]) {
				return false
			}
		}
		return true
	default:
		return reflect.DeepEqual(want, have)
	}
}

func subset(want, have []any) bool {
	for _, w := range want {
		found := false
		for _, h := range have {
			found = found || w == h
		}
		if !found {
			return false
		}
	}
	return true
}

func sameInstant(a, b string) bool {
	x, errX := time.Parse(time.RFC3339Nano, a)
	y, errY := time.Parse(time.RFC3339Nano, b)
	return errX == nil && errY == nil && x.Sub(y).Abs() <= time.Millisecond
}

func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	case bool:
		return !v
	default:
		return false
	}
}

func str(v any) string {
	s, ok := v.(string)
	if !ok {
		return ""
	}
	return s
}
