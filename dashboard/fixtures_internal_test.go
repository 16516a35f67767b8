package dashboard

import (
	"fmt"
	"strings"
	"time"

	"switchboard/chat"
)

const oldTalkID = "d0000000000000000000000000000003"

// between fills in what colleagues keep among themselves: notes of two authors over several days, hostile ones, comments,
// notices, hand-overs, and insights.
func between(f *fake, now time.Time) {
	f.notes = map[string]chat.Note{}
	for i := range 45 {
		n := chat.Note{
			ID: fmt.Sprintf("note-%02d", i), ContactID: anaID, ConversationID: talkID, Text: fmt.Sprintf("Note %d\nsecond line, see https://wiki.example/%d", i, i),
			AuthorID: benID, AuthorName: "Ben Agent", CreatedAt: now.Add(-time.Duration(i) * 7 * time.Hour),
		}
		switch i % 3 {
		case 0:
			n.AuthorID, n.AuthorName, n.Ticket = adaID, "Ada Admin", fmt.Sprintf("OPS-%d", i)
		case 1:
			n.Ticket = "https://jira.example/browse/OPS-1"
		}
		f.notes[n.ID] = n
	}
	for i, text := range []string{hostileText, strings.Repeat("W", 2000), "\u202emirrored \u0645\u0631\u062d\u0628\u0627 بكم", strings.Repeat("<script>", 200)} {
		n := chat.Note{
			ID: fmt.Sprintf("hostile-%d", i), ContactID: hostileID, Text: text, Ticket: `javascript:alert("t")`, AuthorID: adaID, AuthorName: hostileText, CreatedAt: now,
		}
		f.notes[n.ID] = n
	}
	f.comments = []chat.Comment{
		{ID: "k1", ConversationID: talkID, Text: "Can you look at this?", AuthorID: benID, AuthorName: "Ben Agent", Tagged: []chat.Tagged{{ID: adaID, Name: "Ada Admin"}}, CreatedAt: now.Add(-time.Hour)},
		{ID: "k2", ConversationID: hostileTalkID, Text: hostileText, AuthorID: benID, AuthorName: hostileText, Tagged: []chat.Tagged{{ID: adaID, Name: hostileText}}, CreatedAt: now},
	}
	f.notices = append(f.comments[0].Notifications(), f.comments[1].Notifications()...)
	f.notices = append(f.notices, chat.Notification{ID: "gone", UserID: adaID, Kind: "never_heard_of", ConversationID: "gone", By: hostileText, CreatedAt: now.Add(time.Second)})
	f.escalations = []chat.Escalation{
		{ID: "e1", ContactID: anaID, ConversationID: talkID, Channel: chat.WhatsApp, Reason: "Asked for a human", At: now.Add(-3 * time.Hour), TakenByID: benID, TakenBy: "Ben Agent", TakenAt: now.Add(-2 * time.Hour)},
		{ID: "e2", ContactID: anaID, ConversationID: talkID, Channel: chat.Instagram, At: now.Add(-time.Hour)},
		{ID: "e3", ContactID: hostileID, ConversationID: hostileTalkID, Channel: chat.WhatsApp, Reason: hostileText, At: now},
	}
	person := f.contacts[anaID]
	person.Insights = []chat.Insight{
		{Kind: chat.InsightPreference, Text: "Prefers short answers", ConversationID: oldTalkID, MessageID: "o1"},
		{Kind: chat.InsightTopic, Text: hostileText},
		{Kind: "never_heard_of", Text: "left out"},
	}
	f.contacts[anaID] = person
}

// closedTalk is an older conversation of Ana's with everything that can be entered at a close. Tests that count
// conversations do not want it.
func closedTalk(f *fake, now time.Time) {
	f.conversations[oldTalkID] = chat.Conversation{
		ID: oldTalkID, Version: 3, ContactID: anaID, Channel: chat.Instagram, Account: "17840000000000001", State: chat.StateClosed, Sentiment: "neutral",
		Summary: "Asked whether the blue mug is in stock; it was.", Topics: []string{"stock", "mugs"}, Labels: []string{"vip"}, MessageCount: 2,
		Closing: &chat.Closing{Sentiment: "positive", Notes: "Sent the link.\nHappy now.", Tag: "answered", Tickets: []string{"OPS-77", "https://jira.example/browse/OPS-78", `javascript:alert("t")`}, By: "Ben Agent", At: now.AddDate(0, 0, -20)},
		Messages: []chat.Message{
			{ID: "o1", MessageID: "o1", Direction: chat.Inbound, Type: "text", Text: "Is the blue mug in stock?", Timestamp: now.AddDate(0, 0, -21)},
			{ID: "o2", MessageID: "o2", Direction: chat.Outbound, Type: "text", Text: "It is.", Timestamp: now.AddDate(0, 0, -20)},
		},
		Timeline: []chat.TimelineEntry{
			{ID: "p1", Type: "created", At: now.AddDate(0, 0, -21)},
			{ID: "p2", Type: "invited", At: now.AddDate(0, 0, -20), By: "Ben Agent", Text: "Ada Admin"},
			{ID: "p3", Type: "state", At: now.AddDate(0, 0, -20), By: "Ben Agent", Text: "closed"},
			{ID: "p4", Type: "never_heard_of", At: now.AddDate(0, 0, -20), Text: hostileText},
		},
		CreatedAt: now.AddDate(0, 0, -21), LastActivityAt: now.AddDate(0, 0, -20), ClosedAt: now.AddDate(0, 0, -20), Closer: "Ben Agent",
	}
}
