package dashboard

import (
	"fmt"
	"strings"
	"time"

	"switchboard/chat"
)

// noon is when the fixtures happen.
var noon = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)

const (
	adaID, benID     = "u-ada", "u-ben"
	anaID, hostileID = "c0000000000000000000000000000001", "c0000000000000000000000000000666"
	talkID           = "d0000000000000000000000000000001"
	webID            = "d0000000000000000000000000000002"
	hostileTalkID    = "d0000000000000000000000000000666"
)

const hostileText = `<script>alert("x")</script><img src=x onerror=alert(1)> javascript:alert(1) "'` + "`" + ` {{.}} \u202Eabc` + "\u202Eevil\u2066 \x00 👩🏽‍👩🏻‍👧🏾‍👦 العربية "

// fill puts people and conversations of every kind into the fake.
func fill(f *fake, now time.Time) {
	f.users[adaID] = chat.User{ID: adaID, Email: "ada@example.com", Name: "Ada Admin", Role: chat.RoleAdmin, TimeZone: "Europe/Berlin"}
	f.users[benID] = chat.User{ID: benID, Email: "ben@example.com", Name: "Ben Agent", Role: chat.RoleAgent, TimeZone: "America/Sao_Paulo"}
	f.settings = chat.Settings{Labels: []chat.LabelDefinition{{Name: "vip", Color: "violet"}, {Name: "priority::high", Color: "red"}, {Name: "refund", Color: "amber"}, {Name: "delivery", Color: "teal"}}}
	ana(f, now)
	web(f, now)
	hostile(f, now)
	between(f, now)
}

func ana(f *fake, now time.Time) {
	f.contacts[anaID] = chat.Contact{
		ID: anaID, Version: 4, Name: "Ana Sample", Phone: "+12025550143", Email: "ana@example.com", Language: "pt-BR", Country: "BR", Location: "São Paulo",
		TimeZone: "America/Sao_Paulo", AgentInstructions: "Prefers Portuguese.\nCalls back after 18:00.",
		Identities: []chat.Identity{
			{Channel: chat.WhatsApp, Kind: chat.IdentityPhone, Value: "+12025550143", Verified: true, FirstSeen: now.AddDate(0, -3, 0), LastSeen: now.Add(-4 * time.Minute)},
			{Channel: chat.WhatsApp, Kind: chat.IdentityBSUID, Value: "US.13491208655302741918", Verified: true, FirstSeen: now.AddDate(0, -1, 0), LastSeen: now.Add(-4 * time.Minute)},
			{Channel: chat.Instagram, Kind: chat.IdentityIGSID, Value: "5551234567890", FirstSeen: now.AddDate(0, -1, 0), LastSeen: now.AddDate(0, 0, -2), RetiredAt: now.AddDate(0, 0, -1)},
		},
		Labels: []string{"priority::high", "vip"}, Attributes: []chat.Attribute{{Key: "customer number", Value: "K-1043"}, {Key: "tier", Value: "gold"}},
		Profiles:   []chat.Profile{{Channel: chat.Instagram, Username: "ana.sample", FollowerCount: 18230, Follows: true, SeenAt: now}},
		Claims:     []chat.Claim{{Kind: "email", Value: "ana.other@example.com", At: now.AddDate(0, 0, -3)}},
		Provenance: map[string]chat.Provenance{chat.FieldName: {Source: chat.SourcePlatform, By: "whatsapp", At: now.AddDate(0, -3, 0), Version: 1}, chat.FieldEmail: {Source: chat.SourceAgent, By: "Ben Agent", At: now.Add(-2 * time.Hour), Version: 3}},
		CreatedAt:  now.AddDate(0, -3, 0), LastSeenAt: now.Add(-4 * time.Minute), Channels: []chat.Channel{chat.WhatsApp, chat.Instagram},
	}
	messages := everyKind(now)
	f.conversations[talkID] = chat.Conversation{
		ID: talkID, Version: 9, ContactID: anaID, Channel: chat.WhatsApp, Account: "880000000000001", State: chat.StateOpen, Assignee: adaID, Priority: "high",
		ThreadKey: "secret-thread", OpenKey: "secret-open",
		Labels: []string{"delivery", "priority::high"}, Attributes: []chat.Attribute{{Key: "order", Value: "1234"}},
		Session:  chat.Session{Geo: &chat.Geo{Country: "BR", CountryName: "Brazil", Region: "São Paulo", TimeZone: "America/Sao_Paulo", Source: "phone", Accuracy: "region"}},
		Messages: messages, Timeline: []chat.TimelineEntry{
			{ID: "t1", Type: "created", At: messages[0].Timestamp.Add(-time.Second)},
			{ID: "t2", Type: "assigned", At: now.Add(-2 * time.Hour), By: "Ben Agent", Text: "Ada Admin"},
			{ID: "t3", Type: "labelled", At: now.Add(-100 * time.Minute), By: "Ada Admin", Text: "delivery"},
			{ID: "t4", Type: "never_heard_of", At: now.Add(-90 * time.Minute)},
		},
		Last:    chat.Preview{ID: "m-last", Direction: chat.Inbound, Type: "text", Text: "When will it arrive? See https://shop.example/orders/1234.", At: now.Add(-4 * time.Minute)},
		Waiting: now.Add(-70 * time.Minute), InboundCount: 20, MessageCount: int64(len(messages)), CreatedAt: messages[0].Timestamp, LastActivityAt: now.Add(-4 * time.Minute),
		Reads: []chat.ReadMark{{Agent: adaID, Count: 18, At: now.Add(-time.Hour)}},
	}
}

// everyKind is one message of each kind, oldest first.
func everyKind(now time.Time) []chat.Message {
	at := now.Add(-26 * time.Hour)
	var out []chat.Message
	add := func(m chat.Message) {
		at = at.Add(3 * time.Minute)
		m.ID, m.MessageID = fmt.Sprintf("m%d", len(out)), fmt.Sprintf("wamid.%d", len(out))
		if m.Direction == "" {
			m.Direction = chat.Inbound
		}
		m.Timestamp, m.ReceivedAt = at, at
		out = append(out, m)
	}
	add(chat.Message{Type: "text", Text: "Hello, I saw your ad", Content: chat.Content{Referral: &chat.Referral{SourceType: "ad", SourceURL: "https://fb.example/ad/1", Headline: "Autumn sale", Body: "20 % off everything", ClickID: "abc"}}})
	add(chat.Message{Type: "text", Text: "Is this still available?", Content: chat.Content{Product: &chat.ProductRef{CatalogID: "c1", ProductID: "SKU-42"}}})
	add(chat.Message{Type: "text", Direction: chat.Outbound, Text: "Yes! Which colour would you like?", Status: "read", Statuses: []chat.StatusMark{{Status: "read", At: at}}})
	add(chat.Message{Type: "interactive", Text: "Blue", ReplyTo: "wamid.2", Content: chat.Content{Interactive: &chat.Interactive{Type: "list_reply", ID: "blue", Title: "Blue", Description: "Deep blue", Payload: `{"color":"blue"}`}}})
	add(chat.Message{Type: "image", Text: "This one", Content: chat.Content{Media: []chat.Media{{ID: "1", Type: "image", MimeType: "image/jpeg", Size: 182044, Caption: "This one"}}}})
	add(chat.Message{Type: "video", Content: chat.Content{Media: []chat.Media{{Type: "video", MimeType: "video/mp4", URL: "https://lookaside.example/v.mp4", Size: 4182044}}}})
	add(chat.Message{Type: "audio", Content: chat.Content{Media: []chat.Media{{Type: "audio", MimeType: "audio/ogg; codecs=opus", Voice: true}}}})
	add(chat.Message{Type: "document", Content: chat.Content{Media: []chat.Media{{Type: "document", MimeType: "application/pdf", Filename: "invoice 2026-10.pdf", Size: 90210}}}})
	add(chat.Message{Type: "sticker", Content: chat.Content{Media: []chat.Media{{Type: "sticker", MimeType: "image/webp", Animated: true}}}, Reactions: []chat.Reaction{{By: "business", Emoji: "😂"}, {By: "+12025550143", Emoji: ""}}})
	add(chat.Message{Type: "location", Content: chat.Content{Location: &chat.MapLocation{Latitude: -23.5505, Longitude: -46.6333, Name: "Praça da Sé", Address: "São Paulo"}}})
	add(chat.Message{Type: "contacts", Content: chat.Content{Cards: []chat.ContactCard{{Name: "Bob Example", Org: "Example Ltd", Phones: []string{"+12025550177"}, Emails: []string{"bob@example.com"}}}}})
	add(chat.Message{Type: "order", Text: "Two, please", Content: chat.Content{Order: &chat.Order{CatalogID: "cat-1", Items: []chat.OrderItem{{ProductID: "SKU-42", Quantity: "2", Price: "19.90", Currency: "BRL"}, {ProductID: "SKU-7", Quantity: "1", Price: "5", Currency: "BRL"}}}}})
	add(chat.Message{Type: "text", Direction: chat.Outbound, Echo: true, Text: "Thank you! I have it on my list.", Status: "delivered"})
	add(chat.Message{Type: "text", Direction: chat.Outbound, Text: "Your parcel left today.", Status: "failed", Statuses: []chat.StatusMark{{Status: "failed", At: at, Errors: []chat.DeliveryError{{Code: 131047, Title: "Re-engagement message", Detail: "More than 24 hours have passed since the customer last replied."}}}}})
	add(chat.Message{Type: "story_mention", Content: chat.Content{Media: []chat.Media{{Type: "story_mention", URL: "https://cdn.example/story"}}, Story: &chat.Story{ID: "18001", URL: "https://instagram.example/s/1"}}})
	add(chat.Message{Type: "share", Content: chat.Content{Media: []chat.Media{{Type: "ig_reel", Title: "A reel", URL: "https://instagram.example/r/1"}}}})
	add(chat.Message{Type: "text", Text: "Forwarded advice", Flags: []string{chat.FlagFrequentlyForwarded}})
	add(chat.Message{Type: "text", Text: "I meant Tuesday", Edit: &chat.Edit{Number: 1, At: at, Original: "I meant Monday"}, Late: 4 * time.Minute})
	add(chat.Message{Type: "text", Deleted: true, DeletedAt: at})
	add(chat.Message{Type: "unsupported", Flags: []string{chat.FlagUnsupported}, Content: chat.Content{RawType: "poll_creation"}})
	at = now.Add(-2*time.Hour - 10*time.Minute)
	add(chat.Message{Type: "text", Direction: chat.Outbound, Text: "It should arrive on Tuesday.", Status: "sent"})
	at = now.Add(-74 * time.Minute)
	add(chat.Message{Type: "button", Text: "Track my parcel", Content: chat.Content{Interactive: &chat.Interactive{Type: "button", Title: "Track my parcel", Payload: "TRACK"}}})
	at = now.Add(-7 * time.Minute)
	add(chat.Message{Type: "text", Text: "When will it arrive? See https://shop.example/orders/1234."})
	out[len(out)-1].Reactions = []chat.Reaction{{By: "business", Emoji: "👍"}}
	return out
}

func web(f *fake, now time.Time) {
	const id = "c0000000000000000000000000000002"
	f.contacts[id] = chat.Contact{
		ID: id, Version: 1, Identities: []chat.Identity{{Channel: chat.WebWidget, Scope: "wgt_demo_01", Kind: chat.IdentityVisitor, Value: "e9bf992a-13b4-5b2e-bbc8-2129fb369c5e", FirstSeen: now, LastSeen: now}},
		CreatedAt: now.Add(-20 * time.Minute), LastSeenAt: now.Add(-18 * time.Minute), Channels: []chat.Channel{chat.WebWidget},
	}
	f.conversations[webID] = chat.Conversation{
		ID: webID, Version: 1, ContactID: id, Channel: chat.WebWidget, Account: "wgt_demo_01", State: chat.StateOpen,
		Session: chat.Session{
			IP: "203.0.113.0", IPPolicy: "truncated", Geo: &chat.Geo{Country: "DE", CountryName: "Germany", City: "Berlin", Region: "Berlin", TimeZone: "Europe/Berlin", Source: "ip", Accuracy: "city"},
			Device: &chat.Device{Type: "desktop", OS: "Windows 11", Browser: "Firefox 144"}, Locale: "de-DE", Referrer: "https://search.example/?q=shoes",
			Pages:     []chat.Page{{URL: "https://shop.example/", Title: "Home", At: now.Add(-20 * time.Minute)}, {URL: "https://shop.example/shoes", Title: "Shoes", At: now.Add(-19 * time.Minute)}},
			StartedAt: now.Add(-20 * time.Minute),
		},
		Messages: []chat.Message{{ID: "w1", MessageID: "w1", Direction: chat.Inbound, Type: "text", Text: "Do you ship to Austria?", Timestamp: now.Add(-18 * time.Minute)}},
		Last:     chat.Preview{ID: "w1", Direction: chat.Inbound, Type: "text", Text: "Do you ship to Austria?", At: now.Add(-18 * time.Minute)},
		Waiting:  now.Add(-18 * time.Minute), InboundCount: 1, MessageCount: 1, CreatedAt: now.Add(-18 * time.Minute), LastActivityAt: now.Add(-18 * time.Minute),
	}
}

// hostile is a person who tries to break every place a value is shown in.
func hostile(f *fake, now time.Time) {
	long := strings.Repeat("W", 65536)
	f.contacts[hostileID] = chat.Contact{
		ID: hostileID, Version: 1, Name: hostileText, Phone: `"><script>`, Email: `javascript:alert(1)`, Language: `"><b>`, Country: `<i>`, Location: hostileText, AgentInstructions: hostileText + long[:1500],
		TimeZone: "../../etc/passwd", Labels: []string{`"><script>alert(1)</script>`, `a::` + hostileText, long[:64]}, Attributes: []chat.Attribute{{Key: hostileText, Value: hostileText}, {Key: long[:64], Value: long[:1000]}},
		Identities: []chat.Identity{{Channel: "<x>", Kind: chat.IdentityExternal, Value: hostileText + long[:3000], Verified: true}},
		Profiles:   []chat.Profile{{Channel: chat.Instagram, Username: hostileText}}, Claims: []chat.Claim{{Kind: "name", Value: hostileText}},
		CreatedAt: now, LastSeenAt: now.Add(-time.Minute), Channels: []chat.Channel{chat.Instagram, "<x>"},
	}
	m := func(i int, m chat.Message) chat.Message {
		m.ID, m.MessageID, m.Direction, m.Timestamp = fmt.Sprintf("h%d", i), fmt.Sprintf("mid%d", i), chat.Inbound, now.Add(time.Duration(i-20)*time.Minute)
		return m
	}
	f.conversations[hostileTalkID] = chat.Conversation{
		ID: hostileTalkID, Version: 1, ContactID: hostileID, Channel: chat.Instagram, Account: `"><b>`, State: chat.StatePending, Assignee: "gone", Priority: "urgent", Labels: []string{`"><script>alert(1)</script>`, "a", "b", "c", "d"},
		Session: chat.Session{Referrer: "javascript:alert(1)", UserAgent: hostileText, Pages: []chat.Page{{URL: "javascript:alert(2)", Title: hostileText, At: now}}, Locale: hostileText, Geo: &chat.Geo{Country: hostileText, City: hostileText, Source: hostileText, Accuracy: "x"}},
		Messages: []chat.Message{
			m(0, chat.Message{Type: "text", Text: hostileText}),
			m(1, chat.Message{Type: "text", Text: long}),
			m(2, chat.Message{Type: "text", Text: "https://" + strings.Repeat("a", 3000) + ".example/x y https://user:pass@evil.example javascript:alert(1) http://ok.example/\u202emoc.elgoog"}),
			m(3, chat.Message{Type: "document", Content: chat.Content{Media: []chat.Media{{Type: "document", Filename: hostileText + "\u202Egpj.exe", URL: "javascript:alert(1)", Caption: hostileText, MimeType: hostileText}}}}),
			m(4, chat.Message{Type: hostileText, Content: chat.Content{RawType: hostileText, Notes: []chat.Fact{{Name: "x", Value: "data:text/html,<script>"}}}}),
			m(5, chat.Message{Type: "text", Text: "reply", ReplyTo: "mid0", Reactions: []chat.Reaction{{By: "x", Emoji: hostileText}}, Edit: &chat.Edit{Original: hostileText}}),
			m(6, chat.Message{Type: "interactive", Content: chat.Content{Interactive: &chat.Interactive{Type: "nfm_reply", Title: hostileText, Payload: hostileText + long[:5000]}}}),
			m(7, chat.Message{Type: "text", Text: "x", Content: chat.Content{Referral: &chat.Referral{SourceURL: "javascript:alert(1)", Headline: hostileText, Ref: hostileText}}}),
		},
		Timeline: []chat.TimelineEntry{{ID: "x1", Type: "labelled", At: now.Add(-19 * time.Minute), By: hostileText, Text: hostileText}},
		Last:     chat.Preview{ID: "h7", Type: "text", Text: hostileText, Direction: chat.Inbound}, InboundCount: 1200, MessageCount: 8, CreatedAt: now.Add(-time.Hour), LastActivityAt: now.Add(-time.Minute), Waiting: now.Add(-20 * time.Minute),
	}
}

// crowd adds n quiet conversations.
func crowd(f *fake, now time.Time, n int) {
	names := []string{"Maria Lopez", "李 小龍", "محمد علي", "Jürgen Groß", "Zoë", "O'Connor, Sinéad", "Ngô Thị Hương", "Dmitri Иванов", "+61 491 570 006", "🦄"}
	channels := []chat.Channel{chat.WhatsApp, chat.Instagram, chat.WebWidget}
	for i := range n {
		id, contact := fmt.Sprintf("e%031d", i), fmt.Sprintf("f%031d", i)
		seen := now.Add(-time.Duration(30+i*7) * time.Minute)
		f.contacts[contact] = chat.Contact{
			ID: contact, Version: 1, Name: names[i%len(names)], Phone: fmt.Sprintf("+1202555%04d", i%10000), Email: fmt.Sprintf("person%d@example.com", i), Country: []string{"US", "DE", "SA", ""}[i%4], CreatedAt: seen.AddDate(0, -1, 0), LastSeenAt: seen,
			Channels: []chat.Channel{channels[i%3]}, Labels: [][]string{nil, {"vip"}, {"delivery", "refund"}}[i%3],
		}
		f.conversations[id] = chat.Conversation{
			ID: id, Version: 1, ContactID: contact, Channel: channels[i%3], Account: "a", State: chat.StateOpen, LastActivityAt: seen, CreatedAt: seen, MessageCount: 1, InboundCount: 1,
			Labels: [][]string{nil, {"refund"}, nil, {"priority::high", "delivery"}}[i%4], Priority: []string{"", "", "low", "urgent"}[i%4],
			Reads:    []chat.ReadMark{{Agent: adaID, Count: int64(i % 2)}},
			Messages: []chat.Message{{ID: "x" + id, MessageID: "x" + id, Direction: chat.Inbound, Type: "text", Text: "Hello there", Timestamp: seen}},
			Last:     chat.Preview{ID: "x" + id, Direction: []chat.Direction{chat.Inbound, chat.Outbound}[i%2], Type: []string{"text", "image", "audio"}[i%3], Text: []string{"I have a question about my last order, it seems that something is missing", "", ""}[i%3], At: seen},
		}
	}
}
