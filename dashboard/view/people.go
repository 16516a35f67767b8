package view

import (
	"hash/fnv"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"switchboard/chat"
)

// A Channel is a platform as agents see it.
type Channel struct {
	Key  string // also the CSS class
	Name string
	Icon string // symbol of the sprite
}

// ChannelOf names a channel; one that is not known keeps its own word.
func ChannelOf(c chat.Channel) Channel {
	switch c {
	case chat.WhatsApp:
		return Channel{Key: "whatsapp", Name: "WhatsApp", Icon: "whatsapp"}
	case chat.Instagram:
		return Channel{Key: "instagram", Name: "Instagram", Icon: "instagram"}
	case chat.WebWidget:
		return Channel{Key: "webwidget", Name: "Web chat", Icon: "globe"}
	default:
		return Channel{Key: "other", Name: string(c), Icon: "message-circle"}
	}
}

// Channels lists what a filter offers.
func Channels() []Channel {
	return []Channel{ChannelOf(chat.WhatsApp), ChannelOf(chat.Instagram), ChannelOf(chat.WebWidget)}
}

// An Avatar stands for a person: initials on a colour that depends on the id only, so it survives renaming.
type Avatar struct {
	Initials string // empty: an icon is shown
	Hue      int    // 0..11, a CSS class
	Channel  *Channel
}

const hues = 12

func avatar(id, name string, channel *Channel) Avatar {
	return Avatar{Initials: initials(name), Hue: int(hash(id) % hues), Channel: channel}
}

func hash(s string) uint32 {
	h := fnv.New32a()
	h.Write([]byte(s))
	return h.Sum32()
}

// initials takes the first letters of the first and last word; names without letters (numbers, emoji) have none.
func initials(name string) string {
	var letters []rune
	for word := range strings.FieldsSeq(name) {
		r, _ := utf8.DecodeRuneInString(strings.TrimLeft(word, "@(\"'._-"))
		if unicode.IsLetter(r) {
			letters = append(letters, unicode.ToUpper(r))
		}
	}
	switch len(letters) {
	case 0:
		return ""
	case 1:
		return string(letters)
	default:
		return string([]rune{letters[0], letters[len(letters)-1]})
	}
}

// ContactName is what to call a person: the name, or the next best thing known.
func ContactName(c *chat.Contact) string {
	if c.Name != "" {
		return line(c.Name)
	}
	for _, p := range c.Profiles {
		if p.Name != "" {
			return line(p.Name)
		}
		if p.Username != "" {
			return "@" + line(p.Username)
		}
	}
	if c.Phone != "" {
		return c.Phone
	}
	for _, i := range c.Identities {
		switch i.Kind {
		case chat.IdentityPhone:
			return i.Value
		case chat.IdentityVisitor:
			return "Visitor " + tail(i.Value)
		case chat.IdentityIGSID, chat.IdentityBSUID, chat.IdentityParentBSUID, chat.IdentityExternal:
			return ChannelOf(i.Channel).Name + " user " + tail(i.Value)
		}
	}
	return "Unknown person"
}

// tail keeps the end of a long identifier, enough to tell two apart.
func tail(s string) string {
	runes := []rune(s)
	return string(runes[max(0, len(runes)-6):])
}

// A Label is a coloured word; a scoped one ("priority::high") shows its scope apart.
type Label struct {
	Name  string
	Scope string // "priority", empty for a plain label
	Word  string // "high"
	Color string // CSS class
	From  string // who set it, and when, where that is shown
}

// Palette lists the colours a label definition may name. Each has a pair of CSS rules with enough contrast in light and dark.
func Palette() []string {
	return []string{"gray", "red", "orange", "amber", "green", "teal", "blue", "indigo", "violet", "pink"}
}

// Labels gives labels their defined colours, and others a colour from their name.
func Labels(names []string, defined []chat.LabelDefinition) []Label {
	out := make([]Label, 0, len(names))
	for _, name := range names {
		label := Label{Name: name, Word: name, Color: labelColor(name, defined)}
		if scope := chat.LabelKey(name); scope != "" {
			label.Scope, label.Word = scope, strings.TrimPrefix(name, scope+"::")
		}
		out = append(out, label)
	}
	return out
}

func labelColor(name string, defined []chat.LabelDefinition) string {
	palette := Palette()
	for _, d := range defined {
		if d.Name != name {
			continue
		}
		for _, color := range palette {
			if color == d.Color {
				return color
			}
		}
	}
	return palette[1+hash(name)%uint32(len(palette)-1)]
}

// A Segment is a stretch of text; one with a URL is a link the customer wrote. After one with Break a line may end.
type Segment struct {
	Text  string
	URL   string
	Break bool
}

// longestWord is where a word may be broken. Browsers take a time that grows with the square of its length to lay out a word
// in a font with contextual letters: 64 KB of one letter would stop the page for a quarter of a minute.
const longestWord = 200

// Link returns the address when it is a web address that is safe to offer as a link, and nothing otherwise.
func Link(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// maxLinks bounds how many addresses of one text become links.
const maxLinks = 20

// Segments finds the web addresses in a text.
func Segments(text string) []Segment {
	var out []Segment
	for range maxLinks {
		start := strings.Index(text, "https://")
		if other := strings.Index(text, "http://"); start < 0 || (other >= 0 && other < start) {
			start = other
		}
		if start < 0 {
			break
		}
		end := start + addressLength(text[start:])
		address := text[start:end]
		link := Link(address)
		if link == "" {
			out, text = appendText(out, text[:end]), text[end:]
			continue
		}
		out = append(appendText(out, text[:start]), Segment{Text: cut(address, longestWord), URL: link})
		text = text[end:]
	}
	return appendText(out, text)
}

// appendText adds plain text, cut where a word is too long.
func appendText(list []Segment, text string) []Segment {
	start, length := 0, 0
	for i, r := range text {
		if length++; unicode.IsSpace(r) {
			length = 0
		}
		if length > longestWord {
			list = append(list, Segment{Text: text[start:i], Break: true})
			start, length = i, 1
		}
	}
	if start == len(text) {
		return list
	}
	return append(list, Segment{Text: text[start:]})
}

// line bounds a value that is shown in one place and was never meant to be long: a name, a title, an address.
func line(s string) string { return cut(s, 300) }

// addressLength is how far a web address reaches: up to white space, quotes, brackets or characters that change the direction
// of writing, without the punctuation that ends a sentence.
func addressLength(s string) int {
	end := strings.IndexFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || strings.ContainsRune("<>\"'`()[]{}|\\", r)
	})
	if end < 0 {
		end = len(s)
	}
	return len(strings.TrimRight(s[:end], ".,;:!?"))
}
