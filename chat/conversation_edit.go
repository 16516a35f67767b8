package chat

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxReads bounds how many agents' read marks a conversation keeps; the oldest go first.
const maxReads = 200

// Record puts an entry on the timeline, which keeps the newest MaxTimeline in order of time. An entry that is there already
// is not added again.
func (c *Conversation) Record(t TimelineEntry) {
	if slices.ContainsFunc(c.Timeline, func(x TimelineEntry) bool { return x.ID == t.ID }) {
		return
	}
	t.At = stamp(t.At)
	i, _ := slices.BinarySearchFunc(c.Timeline, t, func(a, b TimelineEntry) int {
		if n := a.At.Compare(b.At); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	c.Timeline = slices.Insert(c.Timeline, i, t)
	c.Timeline = slices.Delete(c.Timeline, 0, max(0, len(c.Timeline)-MaxTimeline))
}

// stamp is a time as documents keep it.
func stamp(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// note records what an agent did. Two edits of one document never share a version, so the id is new for every edit.
func (c *Conversation) note(what, text, by string, at time.Time) {
	id := EventID("timeline", c.ID, what, text, by, strconv.FormatInt(c.Version+1, 10), stamp(at).Format(time.RFC3339Nano))
	c.Record(TimelineEntry{ID: id, Type: what, At: at, By: by, Text: text})
}

// MarkRead notes that the agent has seen every customer message there is and reports whether that is news.
func (c *Conversation) MarkRead(agent string, at time.Time) bool {
	i := slices.IndexFunc(c.Reads, func(r ReadMark) bool { return r.Agent == agent })
	if i >= 0 && c.Reads[i].Count == c.InboundCount || i < 0 && c.InboundCount == 0 {
		return false
	}
	mark := ReadMark{Agent: agent, Count: c.InboundCount, At: stamp(at)}
	if i >= 0 {
		c.Reads[i] = mark
		return true
	}
	c.Reads = append(c.Reads, mark)
	if len(c.Reads) > maxReads {
		slices.SortStableFunc(c.Reads, func(a, b ReadMark) int { return a.At.Compare(b.At) })
		c.Reads = slices.Delete(c.Reads, 0, len(c.Reads)-maxReads)
	}
	return true
}

// SetState opens, parks, snoozes or closes the conversation. A closed one gives up its thread (OpenKey), waits for nobody,
// is no longer shown to colleagues who were only invited, and takes the thread back when it is opened again; the store refuses
// that while another conversation holds it.
func (c *Conversation) SetState(s State, by string, at time.Time) error {
	switch s {
	case StateOpen, StatePending, StateSnoozed, StateClosed:
	default:
		return invalid("state", "Choose open, pending, snoozed or closed.")
	}
	if s == c.State {
		return nil
	}
	c.enter(s, by, at)
	c.note("state", string(s), by, at)
	return nil
}

// enter puts the conversation into a state, with everything that goes with it. What was put off is not any more, and a closed
// conversation is offered to nobody.
func (c *Conversation) enter(s State, by string, at time.Time) {
	if s == StateClosed {
		c.OpenKey, c.ClosedAt, c.Waiting, c.Invited, c.Transfer = "", stamp(at), time.Time{}, nil, nil
		c.Closer = by
	} else if c.State == StateClosed {
		c.OpenKey, c.ClosedAt, c.Closer = c.ThreadKey, time.Time{}, ""
		c.Waiting = c.unanswered()
	}
	c.State, c.SnoozedUntil = s, time.Time{}
}

// Unchanged makes sure that how the conversation is handled is still what an editor saw: was is the value of state, assignee,
// department or priority on the editor's screen, and wants what the editor chooses. If a colleague chose something else
// meanwhile, the error is a *ConflictError with who and when.
func (c *Conversation) Unchanged(field, was, wants string) error {
	now, _, ok := c.handling(field)
	if !ok {
		return invalid("field", "This cannot be compared.")
	}
	if now == was || now == wants {
		return nil
	}
	m, _ := c.HandlingMark(field)
	return &ConflictError{Field: field, Theirs: now, By: m.By, At: m.At}
}

// handling is the value of state, assignee, department or priority, and the timeline's words for a change of it.
func (c *Conversation) handling(field string) (now string, types []string, ok bool) {
	switch field {
	case "state":
		return string(c.State), []string{"state", "closed", "snoozed", "woken"}, true
	case "assignee":
		if c.Assignee == "" {
			return "", []string{"unassigned", "department"}, true
		}
		return c.Assignee, []string{"assigned", "transfer_accepted", "transfer_declined", "transfer_lapsed"}, true
	case "department":
		return c.Department, []string{"department", "transfer_accepted"}, true
	case "priority":
		return c.Priority, []string{"priority"}, true
	}
	return "", nil, false
}

// HandlingMark is who gave state, assignee, department or priority its value, as the timeline tells; ok is false when nobody
// did, or that was too long ago.
func (c *Conversation) HandlingMark(field string) (m Mark, ok bool) {
	_, types, _ := c.handling(field)
	e := c.newest(func(e *TimelineEntry) bool { return slices.Contains(types, e.Type) })
	return Mark{Name: field, By: e.By, At: e.At}, e.Type != ""
}

// unanswered is since when the customer waits, as far as the newest page tells.
func (c *Conversation) unanswered() time.Time {
	if c.Answered == nil {
		return firstWaiting(c.Messages, Place{})
	}
	return firstWaiting(c.Messages, *c.Answered)
}

// SetPriority sets low, normal, high or urgent. Normal is kept as the empty word.
func (c *Conversation) SetPriority(priority, by string, at time.Time) error {
	text := priority
	switch priority {
	case "low", "high", "urgent":
	case "normal", "":
		priority, text = "", "normal"
	default:
		return invalid("priority", "Choose low, normal, high or urgent.")
	}
	if priority != c.Priority {
		c.Priority = priority
		c.note("priority", text, by, at)
	}
	return nil
}

// Assign gives the conversation to a user, or to nobody when userID is empty. userName is how the timeline calls them.
func (c *Conversation) Assign(userID, userName, by string, at time.Time) error {
	if len(userID) > 128 {
		return invalid("assignee", "Choose a colleague from the list.")
	}
	if userID == c.Assignee {
		return nil
	}
	c.Assignee, c.Transfer = userID, nil // whoever assigns it decides: an open offer is over
	if userID == "" {
		c.note("unassigned", "", by, at)
		return nil
	}
	c.note("assigned", clip(clean(userName), maxName), by, at)
	return nil
}

// SetDepartment moves the conversation to a department, or out of all when id is empty. Nobody of the new department has it
// yet: it is unassigned there. name is how the timeline calls the department.
func (c *Conversation) SetDepartment(id, name, by string, at time.Time) error {
	if len(id) > 128 {
		return invalid("department", "Choose a department from the list.")
	}
	if id == c.Department {
		return nil
	}
	c.Department = id
	if id == "" {
		c.note("department", "none", by, at)
		return nil
	}
	c.Assignee, c.Transfer = "", nil
	c.note("department", clip(clean(name), maxName), by, at)
	return nil
}

// SetFlag marks the conversation, or takes the mark away.
func (c *Conversation) SetFlag(on bool, by string, at time.Time) {
	if on == c.Flagged {
		return
	}
	c.Flagged = on
	if on {
		c.note("flagged", "", by, at)
		return
	}
	c.note("unflagged", "", by, at)
}

// SetLabels makes these the labels of the conversation. Of several labels with one key the last stays.
func (c *Conversation) SetLabels(labels []string, by string, at time.Time) error {
	list, err := labelList(labels)
	if err == nil {
		c.relabel(list, by, at)
	}
	return err
}

// AddLabel adds one label; one with the same key gives way.
func (c *Conversation) AddLabel(label, by string, at time.Time) error {
	list, err := withLabel(c.Labels, label)
	if err == nil {
		c.relabel(list, by, at)
	}
	return err
}

// RemoveLabel removes one label. One that is not there is no error.
func (c *Conversation) RemoveLabel(label, by string, at time.Time) error {
	list, err := withoutLabel(c.Labels, label)
	if err == nil {
		c.relabel(list, by, at)
	}
	return err
}

// EditLabels changes the labels as EditLabels says.
func (c *Conversation) EditLabels(was, chosen []string, by string, at time.Time) error {
	list, err := EditLabels(c.Labels, was, chosen)
	if err == nil {
		c.relabel(list, by, at)
	}
	return err
}

// relabel replaces the labels and records each difference.
func (c *Conversation) relabel(list []string, by string, at time.Time) {
	old := c.Labels
	c.Labels = list
	for _, l := range old {
		if !slices.Contains(list, l) {
			c.note("unlabelled", l, by, at)
		}
	}
	for _, l := range list {
		if !slices.Contains(old, l) {
			c.note("labelled", l, by, at)
		}
	}
}

// SetAttribute sets a named value. was is the value the editor saw, empty for a new name: if a colleague changed it since,
// the error is a *ConflictError.
func (c *Conversation) SetAttribute(key, value, was, by string, at time.Time) error {
	return c.SetTypedAttribute(nil, key, value, was, by, at)
}

// RemoveAttribute removes a named value. One that is not there is no error.
func (c *Conversation) RemoveAttribute(key, by string, at time.Time) error {
	list, changed := removeAttribute(c.Attributes, key)
	if changed {
		c.Attributes = list
		c.note("attribute_removed", clean(key), by, at)
	}
	return nil
}
