package view

import (
	"net/url"

	"switchboard/chat"
)

// Escalations lists hand-overs from the AI to a human.
type Escalations struct {
	Items []Escalation
	Form  Form
	Stretch
}

// An Escalation is one hand-over.
type Escalation struct {
	ID      string
	Channel Channel
	URL     string // of the conversation
	TakeURL string // empty: somebody has taken it
	Reason  string
	At      Moment
	TakenBy string // empty: nobody yet
	TakenAt Moment
}

// EscalationsOf shows hand-overs, newest first.
func EscalationsOf(list []chat.Escalation, form Form, clock Clock) Escalations {
	out := Escalations{Form: form}
	for i := range list {
		e := &list[i]
		shown := Escalation{
			ID: e.ID, Channel: ChannelOf(e.Channel), URL: "/inbox/" + url.PathEscape(e.ConversationID), Reason: line(e.Reason),
			At: clock.Moment(e.At), TakenBy: line(e.TakenBy), TakenAt: clock.Moment(e.TakenAt),
		}
		if e.TakenByID == "" {
			shown.TakeURL = shown.URL + "/escalations/" + url.PathEscape(e.ID) + "/take"
		}
		if e.TakenByID != "" && shown.TakenBy == "" {
			shown.TakenBy = "A colleague"
		}
		out.Items = append(out.Items, shown)
	}
	return out
}
