package view

import (
	"fmt"
	"strings"

	"switchboard/chat"
)

func attachment(m *chat.Media, msg *chat.Message) Attachment {
	kind := m.Type
	if kind == "" {
		kind = msg.Type
	}
	if m.Voice {
		kind = "voice"
	}
	a := Attachment{Icon: kindIcon(kind), Kind: Kind(kind, ""), Name: line(m.Filename), Caption: line(caption(m, msg)), URL: Link(m.URL)}
	if a.Name == "" {
		a.Name = line(m.Title)
	}
	var detail []string
	if m.Animated {
		detail = append(detail, "animated")
	}
	if m.MimeType != "" {
		mime, _, _ := strings.Cut(m.MimeType, ";")
		detail = append(detail, line(strings.TrimSpace(mime)))
	}
	if m.Size > 0 {
		detail = append(detail, Size(m.Size))
	}
	a.Detail = strings.Join(detail, " · ")
	return a
}

// caption is what a file says beside the message's text: nothing when that is its text, as it is now or was before an edit.
func caption(m *chat.Media, msg *chat.Message) string {
	if msg.Edit != nil && m.Caption == msg.Edit.Original {
		return ""
	}
	return unless(m.Caption, msg.Text)
}

// lined bounds every value of some lists.
func lined(lists ...[]string) []string {
	var out []string
	for _, list := range lists {
		for _, s := range list {
			out = append(out, line(s))
		}
	}
	return out
}

// Size of a file in a readable unit.
func Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return fmt.Sprintf("%d B", bytes)
	case bytes < 1000*1000:
		return fmt.Sprintf("%.0f kB", float64(bytes)/1000)
	default:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1000/1000)
	}
}

func location(l *chat.MapLocation) *Location {
	if l == nil {
		return nil
	}
	at := fmt.Sprintf("%.5f, %.5f", l.Latitude, l.Longitude)
	return &Location{
		Name: line(l.Name), Address: line(l.Address), Coordinates: at,
		URL: fmt.Sprintf("https://www.openstreetmap.org/?mlat=%.6f&mlon=%.6f#map=16/%.6f/%.6f", l.Latitude, l.Longitude, l.Latitude, l.Longitude),
	}
}

func order(o *chat.Order) *Order {
	out := &Order{Catalog: line(o.CatalogID)}
	for _, item := range o.Items {
		out.Items = append(out.Items, OrderItem{
			Product: line(item.ProductID), Quantity: line(item.Quantity), Price: line(strings.TrimSpace(item.Price + " " + item.Currency)),
		})
	}
	return out
}

// Notes of the Instagram adapter about an echo.
const (
	noteSentBy = "sent_by"
	noteApp    = "app_id"
)

// sentFrom says what wrote an echo, as far as the platform tells.
func sentFrom(c *chat.Content) string {
	for _, n := range c.Notes {
		if n.Name != noteSentBy {
			continue
		}
		switch n.Value {
		case "instagram_app":
			return "sent from the Instagram app"
		case "other_app":
			return "sent by another tool"
		}
	}
	return "sent from the phone"
}

func facts(c *chat.Content) []Fact {
	var out []Fact
	if p := c.Product; p != nil {
		out = append(out, Fact{Name: "Asks about product", Value: line(p.ProductID)})
	}
	if s := c.Story; s != nil {
		out = append(out, Fact{Name: "Story", Value: line(s.ID), URL: Link(s.URL)})
	}
	for _, n := range c.Notes {
		if n.Name == noteSentBy || n.Name == noteApp { // the mark says it in words
			continue
		}
		out = append(out, Fact{Name: sentence(n.Name), Value: line(n.Value), URL: Link(n.Value)})
	}
	return out
}

// Kind is what a message of this type is called where its content cannot be shown.
func Kind(name, raw string) string {
	words := map[string]string{
		"image": "Photo", "video": "Video", "audio": "Audio", "voice": "Voice message", "document": "Document", "file": "File",
		"sticker": "Sticker", "location": "Location", "contacts": "Contact card", "order": "Order", "share": "Shared post",
		"ig_reel": "Shared reel", "ig_post": "Shared post", "reel": "Shared reel", "story_mention": "Mentioned you in their story", "story_reply": "Replied to your story",
		"template": "Template message", "ephemeral": "Disappearing message", "text": "Text",
		"interactive": "Reply", "button": "Button reply", "postback": "Button pressed", "quick_reply": "Quick reply", "unsupported": "Unsupported message",
	}
	if word, ok := words[name]; ok {
		return word
	}
	if raw != "" {
		return line(sentence(raw))
	}
	return line(sentence(name))
}

func kindIcon(name string) string {
	icons := map[string]string{
		"image": "image", "video": "video", "audio": "play", "voice": "mic", "sticker": "smile", "document": "file-text", "location": "map-pin",
		"contacts": "contact", "order": "shopping-cart", "share": "link", "ig_reel": "video", "ig_post": "image", "reel": "video",
		"story_mention": "at-sign", "story_reply": "reply",
	}
	if icon, ok := icons[name]; ok {
		return icon
	}
	return "file"
}
