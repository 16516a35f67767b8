package view

import (
	"slices"
	"strings"

	"switchboard/chat"
)

// A Watch is who else has a conversation in view.
type Watch struct {
	ID     string
	People []Colleague
	Clock  Clock `json:"-"` // the row is the same an hour later
}

// maxFaces is how many colleagues are shown one by one.
const maxFaces = 3

// Words says who does what, for a tooltip and for those who cannot see the marks.
func (w Watch) Words() string {
	var words []string
	for _, p := range w.Shown() {
		words = append(words, p.Name+" "+p.Doing)
	}
	if more := w.More(); more != "" {
		words = append(words, more+" are here")
	}
	return strings.Join(words, ", ")
}

// Shown are the colleagues who are shown one by one, those who type first.
func (w Watch) Shown() []Colleague {
	list := slices.Clone(w.People)
	slices.SortStableFunc(list, func(a, b Colleague) int {
		switch {
		case a.Typing == b.Typing:
			return 0
		case a.Typing:
			return -1
		}
		return 1
	})
	return list[:min(len(list), maxFaces)]
}

// More counts the others; empty when there are none.
func (w Watch) More() string {
	if rest := len(w.People) - maxFaces; rest > 0 {
		return w.Clock.Number(int64(rest)) + " more"
	}
	return ""
}

// Typing tells whether somebody writes.
func (w Watch) Typing() bool {
	return slices.ContainsFunc(w.People, func(c Colleague) bool { return c.Typing })
}

// A Colleague is somebody who has the same conversation in view.
type Colleague struct {
	Name   string
	Avatar Avatar
	Doing  string // "is viewing"
	Typing bool
}

// ColleagueOf says what a colleague does in a conversation.
func ColleagueOf(u *chat.User, typing chat.Typing) Colleague {
	name := line(UserName(u))
	c := Colleague{Name: name, Avatar: AvatarOf(u.ID, name), Doing: "is viewing", Typing: typing != chat.TypingNothing}
	switch typing {
	case chat.TypingReply:
		c.Doing = "is typing a reply"
	case chat.TypingNote:
		c.Doing = "is typing a note"
	case chat.TypingComment:
		c.Doing = "is typing a comment"
	case chat.TypingField:
		c.Doing = "is editing"
	case chat.TypingNothing:
	}
	return c
}
