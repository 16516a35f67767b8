package chat

import "time"

// maxSnooze bounds how far a conversation can be put off.
const maxSnooze = 366 * 24 * time.Hour

// Snooze puts the conversation off until a time, or until the customer writes when until is zero. A message of the customer
// wakes it in both cases. Snoozing again replaces the time.
func (c *Conversation) Snooze(until time.Time, by string, at time.Time) error {
	if !until.IsZero() {
		until = stamp(until)
		switch {
		case !until.After(at):
			return invalid("until", "This time is over. Choose one that is still to come.")
		case until.Sub(at) > maxSnooze:
			return invalid("until", "Choose a time within the next year.")
		}
	}
	if c.State == StateSnoozed && c.SnoozedUntil.Equal(until) {
		return nil
	}
	c.enter(StateSnoozed, by, at)
	c.SnoozedUntil = until
	text := ""
	if !until.IsZero() {
		text = until.Format(time.RFC3339)
	}
	c.note("snoozed", text, by, at)
	return nil
}

// BringBack ends what was put off until a time that has come: it wakes a snoozed conversation and returns one that was offered
// to somebody who did not answer. It reports what it did; nothing when nothing was due.
func (c *Conversation) BringBack(at time.Time) []string {
	var done []string
	if !c.SnoozedUntil.IsZero() && !c.SnoozedUntil.After(at) {
		if c.State == StateSnoozed {
			c.enter(StateOpen, "", at)
			c.note("woken", "", "", at)
			done = append(done, "woken")
		}
		c.SnoozedUntil = time.Time{}
	}
	if t := c.Transfer; t != nil && !t.ExpiresAt.After(at) {
		c.giveBack("transfer_lapsed", t.ToName, "", at)
		done = append(done, "returned")
	}
	return done
}

// Due is when BringBack has something to do; zero when nothing waits for a time.
func (c *Conversation) Due() time.Time {
	due := c.SnoozedUntil
	if c.Transfer != nil && (due.IsZero() || c.Transfer.ExpiresAt.Before(due)) {
		due = c.Transfer.ExpiresAt
	}
	return due
}
