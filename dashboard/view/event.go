package view

import (
	"strings"
	"time"

	"switchboard/chat"
)

// event words a timeline entry. The entry's own text says what exactly, in words of whoever wrote it. A type that nobody
// has taught us is shown under its own name.
func event(e *chat.TimelineEntry, clock Clock) *Event {
	out := &Event{ID: e.ID, By: line(e.By), At: clock.Moment(e.At)}
	if e.Type == "state" {
		out.Icon, out.Text = stateChange(chat.State(e.Text))
		return out
	}
	words, known := eventWords()[e.Type]
	if !known {
		words = [2]string{"info", line(sentence(e.Type))}
	}
	out.Icon, out.Text = words[0], words[1]
	until, err := time.Parse(time.RFC3339, e.Text)
	switch {
	case e.Type == "snoozed" && err == nil:
		out.Text += " until " + clock.DateTime(until)
	case e.Text != "":
		out.Text += ": " + line(e.Text)
	}
	return out
}

// stateChange says what a new state means.
func stateChange(s chat.State) (icon, text string) {
	switch s {
	case chat.StateOpen:
		return "circle", "Opened"
	case chat.StateClosed, chat.StatePending, chat.StateSnoozed:
		state := StateOf(s)
		return state.Icon, "State changed: " + strings.ToLower(state.Name)
	}
	return "circle", "State changed: " + line(string(s))
}

// eventWords are icon and sentence of every kind of entry.
func eventWords() map[string][2]string {
	return map[string][2]string{
		"created":                   {"plus", "Conversation started"},
		"labelled":                  {"tag", "Label added"},
		"unlabelled":                {"tag", "Label removed"},
		"assigned":                  {"user-plus", "Assigned"},
		"unassigned":                {"user", "Unassigned"},
		"department":                {"building", "Department changed"},
		"transferred":               {"forward", "Transferred"},
		"transfer_offered":          {"forward", "Transfer offered"},
		"transfer_accepted":         {"check", "Transfer accepted"},
		"transfer_declined":         {"undo-2", "Transfer declined"},
		"transfer_withdrawn":        {"x", "Transfer withdrawn"},
		"transfer_lapsed":           {"clock", "Transfer not accepted in time"},
		"transfer_note":             {"file-text", "Note of the transfer"},
		"closed":                    {"circle-check", "Closed"},
		"closing_changed":           {"pencil", "Closing data changed"},
		"reopened":                  {"undo-2", "Reopened"},
		"snoozed":                   {"moon", "Snoozed"},
		"woken":                     {"sun", "Woken up"},
		"flagged":                   {"flag", "Flagged"},
		"unflagged":                 {"flag", "Flag removed"},
		"priority":                  {"flag", "Priority changed"},
		"attribute":                 {"list", "Attribute changed"},
		"attribute_removed":         {"list", "Attribute removed"},
		"invited":                   {"at-sign", "Colleague called in"},
		"escalated":                 {"bot", "Handed over to a human"},
		"escalation_taken":          {"user-plus", "Hand-over taken"},
		"identity_changed":          {"smartphone", "The customer changed their number or id"},
		"user_changed_number":       {"smartphone", "The customer changed their number"},
		"customer_changed_number":   {"smartphone", "The customer changed their number"},
		"user_changed_user_id":      {"smartphone", "The customer's WhatsApp id changed"},
		"user_id_update":            {"smartphone", "The customer's WhatsApp id changed"},
		"customer_identity_changed": {"key-round", "The customer's security key changed"},
		"system":                    {"info", "Notice of the platform"},
		"merged":                    {"users", "Contacts merged"},
		"unmerged":                  {"undo-2", "Merge of contacts undone"},
		"session_started":           {"globe", "Web session started"},
		"identified":                {"shield-check", "The customer's identity was proven"},
		"prechat":                   {"file-text", "Pre-chat form filled in"},
		"call":                      {"phone", "Call"},
		"handover":                  {"forward", "Handed over"},
		"optin":                     {"check", "Opted in"},
		"request_welcome":           {"smile", "The customer opened the chat"},
		"user_preferences":          {"settings", "Marketing preference changed"},
		"referral":                  {"megaphone", "Came through an ad or link"},
		"page_view":                 {"eye", "Viewed a page"},
	}
}

// Events words a whole timeline, oldest first.
func Events(timeline []chat.TimelineEntry, clock Clock) []Event {
	out := make([]Event, 0, len(timeline))
	for i := range timeline {
		out = append(out, *event(&timeline[i], clock))
	}
	return out
}

// sentence makes words of an identifier: "user_changed_number" is "User changed number".
func sentence(name string) string {
	text := strings.TrimSpace(strings.ReplaceAll(name, "_", " "))
	if text == "" {
		return "Something happened"
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
