package chat

import "fmt"

// Typing says what an agent is writing. It never carries what is written.
type Typing string

// What can be written, and nothing.
const (
	TypingNothing Typing = ""
	TypingReply   Typing = "reply"
	TypingNote    Typing = "note"
	TypingComment Typing = "comment"
	TypingField   Typing = "field"
)

// A Presence says that an agent has a page open, and what the page shows. It travels with the changes, is forgotten soon
// unless it is said again, and is never stored.
type Presence struct {
	User         string `json:"user"`
	Page         string `json:"page"`                   // a random word the page chose
	Conversation string `json:"conversation,omitempty"` // the one in view; empty: none
	Typing       Typing `json:"typing,omitempty"`
	Away         bool   `json:"away,omitempty"` // the page is open, but nobody looks at it
	Gone         bool   `json:"gone,omitempty"` // the page was closed
}

// maxPresenceWord bounds the words of a presence that a browser chooses.
const maxPresenceWord = 64

// Check refuses a presence whose words no page of ours would send. A page that nobody looks at views nothing and a page
// that views nothing is written on by nobody: what contradicts that is left out.
func (p *Presence) Check() error {
	if !presenceWord(p.Page) || p.Page == "" || !presenceWord(p.Conversation) {
		return fmt.Errorf("chat: presence: %w", ErrInvalid)
	}
	switch p.Typing {
	case TypingNothing, TypingReply, TypingNote, TypingComment, TypingField:
	default:
		return fmt.Errorf("chat: presence: typing: %w", ErrInvalid)
	}
	if p.Away || p.Gone {
		p.Conversation = ""
	}
	if p.Conversation == "" {
		p.Typing = TypingNothing
	}
	return nil
}

// presenceWord holds letters, digits, dashes and underscores only, so that nobody can say anything in it.
func presenceWord(s string) bool {
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' {
			return false
		}
	}
	return len(s) <= maxPresenceWord
}
