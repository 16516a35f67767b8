package api

import (
	"time"

	"switchboard/chat"
)

// The documents as other programs see them. Fields that only serve the store (keys, search words, indexes, locators) are not
// part of the contract and not shown.

// entry is a ledger entry.
type entry struct {
	ID              string            `json:"id"`
	EventID         string            `json:"event_id"`
	RequestID       string            `json:"request_id"`
	Kind            chat.Kind         `json:"kind"`
	Channel         chat.Channel      `json:"channel"`
	Account         string            `json:"account"`
	ContactKey      string            `json:"contact_key,omitempty"`
	KeyType         chat.IdentityKind `json:"key_type,omitempty"`
	Aliases         map[string]string `json:"contact_aliases,omitempty"`
	ContactID       string            `json:"contact_id,omitempty"`
	ConversationID  string            `json:"conversation_id,omitempty"`
	ContactName     string            `json:"contact_name,omitempty"`
	Direction       chat.Direction    `json:"direction,omitempty"`
	MessageID       string            `json:"message_id,omitempty"`
	TargetID        string            `json:"target_id,omitempty"`
	Type            string            `json:"type,omitempty"`
	Text            string            `json:"text,omitempty"`
	Timestamp       time.Time         `json:"timestamp,omitzero"`
	ClientTimestamp time.Time         `json:"client_timestamp,omitzero"`
	ReplyTo         string            `json:"reply_to,omitempty"`
	Media           []chat.Media      `json:"media,omitempty"`
	MediaID         string            `json:"media_id,omitempty"`
	Status          string            `json:"status,omitempty"`
	Errors          []int             `json:"errors,omitempty"`
	Emoji           string            `json:"emoji,omitempty"`
	Action          string            `json:"action,omitempty"`
	Flags           []string          `json:"flags,omitempty"`
	Claims          map[string]any    `json:"claims,omitempty"` // what was claimed, and "verified": whether it was proven
	Verified        bool              `json:"verified,omitempty"`
	Verdict         chat.Verdict      `json:"verdict"`
	Reason          string            `json:"reason,omitempty"`
	ReceivedAt      time.Time         `json:"received_at"`
	AppliedAt       time.Time         `json:"applied_at"`
	Position        chat.Position     `json:"position"`
}

func entryOf(e *chat.Entry) entry {
	return entry{
		ID: e.ID, EventID: e.EventID, RequestID: e.RequestID, Kind: e.Kind, Channel: e.Channel, Account: e.Account,
		ContactKey: e.ContactKey, KeyType: e.KeyType, Aliases: e.Aliases, ContactID: e.ContactID, ConversationID: e.ConversationID,
		ContactName: e.ContactName, Direction: e.Direction, MessageID: e.MessageID, TargetID: e.TargetID, Type: e.Type, Text: e.Text,
		Timestamp: e.Timestamp, ClientTimestamp: e.ClientTimestamp, ReplyTo: e.ReplyTo, Media: e.Media, MediaID: e.MediaID,
		Status: e.Status, Errors: e.Errors, Emoji: e.Emoji, Action: e.Action, Flags: e.Flags, Claims: claims(e), Verified: e.Verified,
		Verdict: e.Verdict, Reason: e.Reason, ReceivedAt: e.ReceivedAt, AppliedAt: e.AppliedAt, Position: e.Position,
	}
}

// claims say for themselves whether anybody proved them.
func claims(e *chat.Entry) map[string]any {
	if len(e.Claims) == 0 {
		return nil
	}
	out := map[string]any{"verified": e.Verified}
	for name, value := range e.Claims {
		out[name] = value
	}
	return out
}

// contact is a person.
type contact struct {
	ID                string                     `json:"id"`
	Version           int64                      `json:"version"`
	Name              string                     `json:"name,omitempty"`
	Phone             string                     `json:"phone,omitempty"`
	Email             string                     `json:"email,omitempty"`
	Language          string                     `json:"language,omitempty"`
	Country           string                     `json:"country,omitempty"`
	Location          string                     `json:"location,omitempty"`
	TimeZone          string                     `json:"timezone,omitempty"`
	AgentInstructions string                     `json:"agent_instructions,omitempty"`
	Identities        []chat.Identity            `json:"identities"`
	Labels            []string                   `json:"labels"`
	Attributes        []chat.Attribute           `json:"attributes"`
	Marks             []chat.Mark                `json:"marks,omitempty"`
	Profiles          []chat.Profile             `json:"profiles,omitempty"`
	Claims            []chat.Claim               `json:"claims,omitempty"`
	Provenance        map[string]chat.Provenance `json:"provenance,omitempty"`
	Channels          []chat.Channel             `json:"channels"`
	MergedInto        string                     `json:"merged_into,omitempty"`
	MergedFrom        []string                   `json:"merged_from,omitempty"`
	CreatedAt         time.Time                  `json:"created_at"`
	LastSeenAt        time.Time                  `json:"last_seen_at"`
}

func contactOf(c *chat.Contact) contact {
	return contact{
		ID: c.ID, Version: c.Version, Name: c.Name, Phone: c.Phone, Email: c.Email, Language: c.Language, Country: c.Country,
		Location: c.Location, TimeZone: c.TimeZone, AgentInstructions: c.AgentInstructions, Identities: some(c.Identities), Labels: some(c.Labels),
		Attributes: some(c.Attributes), Marks: c.Marks, Profiles: c.Profiles, Claims: c.Claims, Provenance: c.Provenance, Channels: some(c.Channels),
		MergedInto: c.MergedInto, MergedFrom: c.MergedFrom, CreatedAt: c.CreatedAt, LastSeenAt: c.LastSeenAt,
	}
}

// some makes an absent list an empty one, so that it is [] and never null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// conversation is one stretch of talk. Messages are its newest ones, in display order; all of them are under /messages. In a
// list there are none.
type conversation struct {
	ID             string               `json:"id"`
	Version        int64                `json:"version"`
	ContactID      string               `json:"contact_id"`
	Channel        chat.Channel         `json:"channel"`
	Account        string               `json:"account"`
	GroupID        string               `json:"group_id,omitempty"`
	State          chat.State           `json:"state"`
	Assignee       string               `json:"assignee,omitempty"`
	Department     string               `json:"department,omitempty"`
	Priority       string               `json:"priority,omitempty"`
	Labels         []string             `json:"labels"`
	Attributes     []chat.Attribute     `json:"attributes"`
	Session        session              `json:"session"`
	Messages       []message            `json:"messages,omitempty"`
	Timeline       []chat.TimelineEntry `json:"events,omitempty"`
	Last           chat.Preview         `json:"last_message"`
	Waiting        time.Time            `json:"waiting_since,omitzero"`
	InboundCount   int64                `json:"inbound_count"`
	MessageCount   int64                `json:"message_count"`
	LastInboundAt  time.Time            `json:"last_inbound_at,omitzero"`
	LastOutboundAt time.Time            `json:"last_outbound_at,omitzero"`
	CreatedAt      time.Time            `json:"created_at"`
	LastActivityAt time.Time            `json:"last_activity_at"`
	ClosedAt       time.Time            `json:"closed_at,omitzero"`
}

// session is where a conversation comes from.
type session struct {
	ID        string       `json:"id,omitempty"`
	IP        string       `json:"ip,omitempty"`
	IPPolicy  string       `json:"ip_policy,omitempty"`
	Geo       *chat.Geo    `json:"geo,omitempty"`
	Device    *chat.Device `json:"device,omitempty"`
	UserAgent string       `json:"user_agent,omitempty"`
	Locale    string       `json:"locale,omitempty"`
	TimeZone  string       `json:"timezone,omitempty"`
	Screen    string       `json:"screen,omitempty"`
	Referrer  string       `json:"referrer,omitempty"`
	Pages     []chat.Page  `json:"pages,omitempty"`
	StartedAt time.Time    `json:"started_at,omitzero"`
	SeenAt    time.Time    `json:"seen_at,omitzero"`
}

func conversationOf(c *chat.Conversation) conversation {
	s := &c.Session
	out := conversation{
		ID: c.ID, Version: c.Version, ContactID: c.ContactID, Channel: c.Channel, Account: c.Account, GroupID: c.GroupID, State: c.State,
		Assignee: c.Assignee, Department: c.Department, Priority: c.Priority, Labels: some(c.Labels), Attributes: some(c.Attributes),
		Session: session{
			ID: s.ID, IP: s.IP, IPPolicy: s.IPPolicy, Geo: s.Geo, Device: s.Device, UserAgent: s.UserAgent, Locale: s.Locale, TimeZone: s.TimeZone,
			Screen: s.Screen, Referrer: s.Referrer, Pages: s.Pages, StartedAt: s.StartedAt, SeenAt: s.SeenAt,
		},
		Timeline: c.Timeline, Last: c.Last, Waiting: c.Waiting, InboundCount: c.InboundCount, MessageCount: c.MessageCount,
		LastInboundAt: c.LastInboundAt, LastOutboundAt: c.LastOutboundAt, CreatedAt: c.CreatedAt, LastActivityAt: c.LastActivityAt, ClosedAt: c.ClosedAt,
	}
	for i := range c.Messages {
		out.Messages = append(out.Messages, messageOf(&c.Messages[i]))
	}
	return out
}

// message is one message. Late is in seconds.
type message struct {
	ID              string            `json:"id"`
	MessageID       string            `json:"message_id"`
	Direction       chat.Direction    `json:"direction"`
	Echo            bool              `json:"echo,omitempty"`
	Type            string            `json:"type"`
	Text            string            `json:"text,omitempty"`
	ReplyTo         string            `json:"reply_to,omitempty"`
	Content         chat.Content      `json:"content,omitzero"`
	Flags           []string          `json:"flags,omitempty"`
	Timestamp       time.Time         `json:"timestamp"`
	ClientTimestamp time.Time         `json:"client_timestamp,omitzero"`
	ReceivedAt      time.Time         `json:"received_at"`
	Late            float64           `json:"late_seconds,omitempty"`
	Status          string            `json:"status,omitempty"`
	Statuses        []chat.StatusMark `json:"statuses,omitempty"`
	Reactions       []chat.Reaction   `json:"reactions,omitempty"`
	Edit            *chat.Edit        `json:"edit,omitempty"`
	Deleted         bool              `json:"deleted,omitempty"`
	DeletedAt       time.Time         `json:"deleted_at,omitzero"`
}

func messageOf(m *chat.Message) message {
	return message{
		ID: m.ID, MessageID: m.MessageID, Direction: m.Direction, Echo: m.Echo, Type: m.Type, Text: m.Text, ReplyTo: m.ReplyTo,
		Content: m.Content, Flags: m.Flags, Timestamp: m.Timestamp, ClientTimestamp: m.ClientTimestamp, ReceivedAt: m.ReceivedAt,
		Late: m.Late.Seconds(), Status: m.Status, Statuses: m.Statuses, Reactions: m.Reactions, Edit: m.Edit, Deleted: m.Deleted, DeletedAt: m.DeletedAt,
	}
}
