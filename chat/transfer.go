package chat

import (
	"cmp"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"
)

// How long an offered conversation waits for an answer, in minutes, unless the workspace chooses; and at most.
const (
	usualTransferMinutes = 15
	maxTransferMinutes   = 24 * 60
)

// TransferTime is how long an offered conversation waits for an answer before it goes back to who offered it.
func (s *Settings) TransferTime() time.Duration {
	return time.Duration(cmp.Or(s.TransferMinutes, usualTransferMinutes)) * time.Minute
}

// SetTransferMinutes says how long an offered conversation waits. Offers that wait already are not changed. seen is what the
// form showed: when a colleague has chosen otherwise meanwhile it is a *ConflictError.
func (s *Settings) SetTransferMinutes(minutes, seen int, by Editor) error {
	now := int(s.TransferTime().Minutes())
	switch {
	case minutes < 1 || minutes > maxTransferMinutes:
		return invalid("minutes", fmt.Sprintf("Choose from 1 to %d minutes.", maxTransferMinutes))
	case minutes == now:
		return nil
	case seen != now:
		return s.conflict("transfer", "transfer", fmt.Sprintf("%d min", now))
	}
	s.TransferMinutes = minutes
	s.done("transfer", by)
	return nil
}

// MaxTransferNote bounds the note of an offer and the reason of its refusal, in characters.
const MaxTransferNote = 500

// Offer offers the conversation to a user or to a department: one of To and Department is set, and From is who offers. From,
// To and their names are taken from t, its times are set here: wait is how long it waits for an answer. It stays with whom it is
// until somebody accepts. An offer that is still open is a *ConflictError.
func (c *Conversation) Offer(t Transfer, wait time.Duration, at time.Time) error {
	switch {
	case c.State == StateClosed:
		return invalid("to", "This conversation is closed. Open it again to transfer it.")
	case (t.To == "") == (t.Department == ""):
		return invalid("to", "Choose a colleague or a department.")
	case t.To == t.From:
		return invalid("to", "You cannot transfer a conversation to yourself.")
	case c.Transfer != nil:
		return &ConflictError{Field: "transfer", Theirs: c.Transfer.ToName, By: c.Transfer.FromName, At: c.Transfer.At}
	}
	t.Note = cleanLines(t.Note)
	if utf8.RuneCountInString(t.Note) > MaxTransferNote {
		return invalid("note", fmt.Sprintf("A note can have at most %d characters.", MaxTransferNote))
	}
	t.FromName, t.ToName = clip(clean(t.FromName), maxName), clip(clean(t.ToName), maxName)
	t.At, t.ExpiresAt = stamp(at), stamp(at.Add(wait))
	c.Transfer = &t
	c.note("transfer_offered", t.ToName, t.FromName, at)
	if t.Note != "" {
		c.note("transfer_note", t.Note, t.FromName, at.Add(time.Millisecond)) // after the offer
	}
	return nil
}

// OfferedTo tells whether this user may accept or decline the open offer.
func (c *Conversation) OfferedTo(userID string, departments []string) bool {
	t := c.Transfer
	return t != nil && (t.To == userID || t.Department != "" && t.From != userID && slices.Contains(departments, t.Department))
}

// Offers are the notifications of the open offer: one for each of the users who may accept it. They are gone when the offer
// lapses.
func (c *Conversation) Offers(users []User) []Notification {
	var out []Notification
	for i := range users {
		u := &users[i]
		if !u.DisabledAt.IsZero() || !c.OfferedTo(u.ID, u.Departments) {
			continue
		}
		out = append(out, Notification{
			ID:     EventID("notification", c.ID, c.Transfer.From, c.Transfer.At.Format(time.RFC3339Nano), u.ID),
			UserID: u.ID, Kind: NotificationOffered, ConversationID: c.ID, By: c.Transfer.FromName, CreatedAt: c.Transfer.At, ExpiresAt: c.Transfer.ExpiresAt,
		})
	}
	return out
}

// Accept gives the conversation to a user it was offered to. When it is not offered any more the error is a *ConflictError that
// says what came of the offer (Theirs: the timeline's word), through whom and when; ErrForbidden when it is offered to others.
func (c *Conversation) Accept(u *User, name string, at time.Time) error {
	if err := c.answerable(u); err != nil {
		return err
	}
	t := *c.Transfer
	c.Transfer = nil
	c.Assignee = u.ID
	if t.Department != "" {
		c.Department = t.Department
	}
	c.note("transfer_accepted", t.FromName, name, at)
	return nil
}

// Decline gives the conversation back to who offered it, with a reason that may be empty. Its errors are Accept's.
func (c *Conversation) Decline(u *User, name, reason string, at time.Time) error {
	if err := c.answerable(u); err != nil {
		return err
	}
	reason = cleanLines(reason)
	if utf8.RuneCountInString(reason) > MaxTransferNote {
		return invalid("reason", fmt.Sprintf("A reason can have at most %d characters.", MaxTransferNote))
	}
	c.giveBack("transfer_declined", reason, name, at)
	return nil
}

// Withdraw takes an offer back. Only who made it can; its errors are Accept's.
func (c *Conversation) Withdraw(userID, name string, at time.Time) error {
	switch {
	case c.Transfer == nil:
		return c.offerEnded()
	case c.Transfer.From != userID:
		return fmt.Errorf("chat: an offer of somebody else: %w", ErrForbidden)
	}
	to := c.Transfer.ToName
	c.Transfer = nil
	c.note("transfer_withdrawn", to, name, at)
	return nil
}

func (c *Conversation) answerable(u *User) error {
	switch {
	case c.Transfer == nil:
		return c.offerEnded()
	case !c.OfferedTo(u.ID, u.Departments):
		return fmt.Errorf("chat: offered to somebody else: %w", ErrForbidden)
	}
	return nil
}

// giveBack ends an offer that was not accepted: the conversation is with who offered it.
func (c *Conversation) giveBack(what, text, by string, at time.Time) {
	c.Assignee = c.Transfer.From
	c.Transfer = nil
	c.note(what, text, by, at)
}

// offerEnded says what became of the offer that somebody still saw.
func (c *Conversation) offerEnded() error {
	for _, e := range slices.Backward(c.Timeline) {
		switch e.Type {
		case "transfer_accepted", "transfer_declined", "transfer_withdrawn", "transfer_lapsed", "assigned", "closed":
			return &ConflictError{Field: "transfer", Theirs: e.Type, By: e.By, At: e.At}
		}
	}
	return &ConflictError{Field: "transfer", At: c.LastActivityAt}
}
