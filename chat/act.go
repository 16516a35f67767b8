package chat

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// The By of a reaction made by the business, and of one made by the customer of a conversation of two. Which of the customer's
// identities a platform names may differ between a reaction and its removal.
const (
	ByBusiness = "business"
	ByCustomer = "customer"
)

// maxMarks bounds the marks kept on one message: a group of 1,024 says two or three words each. The earliest stay.
const maxMarks = 4096

// ActOf is the part of a targeting event that changes the message it acts on.
func ActOf(e *Event) Act {
	a := Act{EventID: e.ID, Kind: e.Kind, At: happenedAt(e), By: e.ContactKey}
	switch e.Kind {
	case KindStatus:
		a.Status, a.Errors = e.Status, slices.Clone(e.Errors)
		if e.GroupID == "" { // one recipient: the word is about them whatever their number is spelled like
			a.By = ""
		}
	case KindReaction:
		switch {
		case e.Direction == Outbound:
			a.By = ByBusiness
		case e.GroupID == "":
			a.By = ByCustomer
		}
		if e.Action != "remove" {
			a.Emoji = e.Emoji
		}
	case KindEdit:
		a.Text, a.EditNumber = e.Text, e.EditNumber
	default:
	}
	return a
}

// Act lets a status, reaction, edit or deletion change the message and reports whether it did. The same acts in any order,
// any number of times, leave the same message.
func (m *Message) Act(a Act) bool {
	switch a.Kind {
	case KindStatus:
		return m.mark(StatusMark{Status: a.Status, Participant: a.By, At: a.At, Errors: a.Errors})
	case KindReaction:
		return m.react(Reaction{By: a.By, Emoji: a.Emoji, At: a.At, EventID: a.EventID})
	case KindEdit:
		return m.edit(Edit{Number: a.EditNumber, At: a.At, EventID: a.EventID}, a.Text)
	case KindDelete:
		return m.delete(a.At)
	default:
		return false
	}
}

// mark keeps the earliest mark of each word and participant.
func (m *Message) mark(s StatusMark) bool {
	if s.Status == "" {
		return false
	}
	i := slices.IndexFunc(m.Statuses, func(x StatusMark) bool { return x.Status == s.Status && x.Participant == s.Participant })
	if i >= 0 && compareMarks(m.Statuses[i], s) <= 0 {
		return false
	}
	if i >= 0 {
		m.Statuses = slices.Delete(m.Statuses, i, i+1)
	}
	at, _ := slices.BinarySearchFunc(m.Statuses, s, compareMarks)
	if at >= maxMarks {
		return false
	}
	m.Statuses = slices.Insert(m.Statuses, at, s)
	m.Statuses = m.Statuses[:min(len(m.Statuses), maxMarks)]
	m.Status = outcome(m.Statuses)
	return true
}

// The delivery words in the order in which they come true.
const (
	statusSent      = "sent"
	statusDelivered = "delivered"
	statusRead      = "read"
	statusPlayed    = "played"
	statusFailed    = "failed"
)

// rung is a word's place on the ladder, 0 for words that are not on it.
func rung(status string) int {
	switch status {
	case statusSent:
		return 1
	case statusDelivered:
		return 2
	case statusRead:
		return 3
	case statusPlayed:
		return 4
	case statusFailed:
		return 5
	default:
		return 0
	}
}

// compareMarks orders marks by time, then ladder, then by whatever else differs, so that equal sets are kept alike.
func compareMarks(a, b StatusMark) int {
	return cmp.Or(
		a.At.Compare(b.At), cmp.Compare(rung(a.Status), rung(b.Status)), strings.Compare(a.Status, b.Status),
		strings.Compare(a.Participant, b.Participant), slices.CompareFunc(a.Errors, b.Errors, compareDeliveryErrors))
}

func compareDeliveryErrors(a, b DeliveryError) int {
	return cmp.Or(cmp.Compare(a.Code, b.Code), strings.Compare(a.Title, b.Title), strings.Compare(a.Detail, b.Detail))
}

// outcome is what the marks, in order of time, come to. Each recipient climbs the ladder and never falls: failed wins over
// sent only, and nothing leaves it. Of several recipients (a group) the one who got furthest speaks; the message has failed
// when it reached nobody.
func outcome(marks []StatusMark) string {
	word := map[string]string{}
	for _, s := range marks {
		word[s.Participant] = climb(word[s.Participant], s.Status)
	}
	best := ""
	for _, w := range word {
		best = further(best, w)
	}
	return best
}

// climb is the word after next was said. Failed is the top rung, so nothing leaves it; words that are not on the ladder have
// the lowest and move nothing.
func climb(now, next string) string {
	switch {
	case next == statusFailed:
		if rung(now) > rung(statusSent) {
			return now
		}
		return next
	case rung(next) > rung(now):
		return next
	default:
		return now
	}
}

func further(a, b string) string {
	height := func(s string) int {
		if s == statusFailed { // above sent, below delivered
			return 3
		}
		return 2 * rung(s)
	}
	if height(b) > height(a) {
		return b
	}
	return a
}

// react keeps the newest reaction of each person; a removal stays as an empty emoji, so that an older one cannot come back.
func (m *Message) react(r Reaction) bool {
	i := slices.IndexFunc(m.Reactions, func(x Reaction) bool { return x.By == r.By })
	if i < 0 {
		at, _ := slices.BinarySearchFunc(m.Reactions, r, func(a, b Reaction) int { return strings.Compare(a.By, b.By) })
		m.Reactions = slices.Insert(m.Reactions, at, r)
		return true
	}
	old := m.Reactions[i]
	if cmp.Or(r.At.Compare(old.At), strings.Compare(r.EventID, old.EventID)) <= 0 {
		return false
	}
	m.Reactions[i] = r
	return true
}

// edit keeps the newest edit. A deleted message stays deleted.
func (m *Message) edit(e Edit, text string) bool {
	if m.Deleted {
		return false
	}
	if m.Edit == nil {
		e.Original = m.Text
	} else {
		old := m.Edit
		if cmp.Or(cmp.Compare(e.Number, old.Number), e.At.Compare(old.At), strings.Compare(e.EventID, old.EventID)) <= 0 {
			return false
		}
		e.Original = old.Original
	}
	m.Edit, m.Text = &e, text
	return true
}

// delete takes the content away and leaves the place.
func (m *Message) delete(at time.Time) bool {
	if m.Deleted && !at.Before(m.DeletedAt) {
		return false
	}
	m.Deleted, m.DeletedAt = true, at
	m.Text, m.Content, m.Edit = "", Content{}, nil
	return true
}

// join takes over what another copy of the same message knows.
func (m *Message) join(o *Message) bool {
	changed := false
	for _, s := range o.Statuses {
		changed = m.mark(s) || changed
	}
	for _, r := range o.Reactions {
		changed = m.react(r) || changed
	}
	if o.Edit != nil {
		changed = m.edit(*o.Edit, o.Text) || changed
	}
	if o.Deleted {
		changed = m.delete(o.DeletedAt) || changed
	}
	if o.Late > m.Late {
		m.Late, changed = o.Late, true
	}
	return changed
}
