package chat

import "time"

// State of a conversation.
type State string

// The states a conversation can be in. Everything but StateClosed counts as open for the one-open-conversation rule.
const (
	StateOpen    State = "open"
	StatePending State = "pending"
	StateSnoozed State = "snoozed"
	StateClosed  State = "closed"
)

// A Conversation is one stretch of talk with one contact on one channel account. It holds the newest page of messages; older
// pages live in Page documents.
type Conversation struct {
	ID        string  `json:"id" bson:"_id"` // derived from its first event
	Version   int64   `json:"version" bson:"version"`
	ContactID string  `json:"contact_id" bson:"contact_id"`
	Channel   Channel `json:"channel" bson:"channel"`
	Account   string  `json:"account" bson:"account"`
	GroupID   string  `json:"group_id,omitempty" bson:"group_id,omitempty"`

	ThreadKey string `json:"thread_key,omitempty" bson:"thread_key,omitempty"` // ThreadKey(owner, channel, account, group)
	OpenKey   string `json:"open_key,omitempty" bson:"open_key,omitempty"`     // ThreadKey while not closed; unique
	Opener    string `json:"opener,omitempty" bson:"opener,omitempty"`         // key of the identity it was opened by
	Moves     []Move `json:"moves,omitempty" bson:"moves,omitempty"`           // merges that brought it to its contact

	State      State       `json:"state" bson:"state"`
	Assignee   string      `json:"assignee,omitempty" bson:"assignee,omitempty"`     // user id
	Department string      `json:"department,omitempty" bson:"department,omitempty"` // id of a department in the settings
	Priority   string      `json:"priority,omitempty" bson:"priority,omitempty"`     // low, normal (empty), high, urgent
	Labels     []string    `json:"labels,omitempty" bson:"labels,omitempty"`
	Attributes []Attribute `json:"attributes,omitempty" bson:"attributes,omitempty"`
	Flagged    bool        `json:"flagged,omitempty" bson:"flagged,omitempty"`
	Invited    []string    `json:"invited,omitempty" bson:"invited,omitempty"`   // user ids of colleagues tagged in a comment, who see it whatever their departments
	Audience   []string    `json:"audience,omitempty" bson:"audience,omitempty"` // who sees it, in the words of Scope.Keys; follows from the fields above (Address)
	Session    Session     `json:"session" bson:"session"`

	SnoozedUntil time.Time `json:"snoozed_until,omitzero" bson:"snoozed_until,omitempty"` // zero while snoozed: until the customer writes
	Transfer     *Transfer `json:"transfer,omitempty" bson:"transfer,omitempty"`          // offered and not answered yet
	Closing      *Closing  `json:"closing,omitempty" bson:"closing,omitempty"`
	Sentiment    string    `json:"sentiment,omitempty" bson:"sentiment,omitempty"` // positive, neutral, negative
	Summary      string    `json:"summary,omitempty" bson:"summary,omitempty"`
	Topics       []string  `json:"topics,omitempty" bson:"topics,omitempty"`

	Messages []Message       `json:"messages" bson:"messages"`                       // newest page, display order
	PageFrom *Place          `json:"page_from,omitempty" bson:"page_from,omitempty"` // messages before it are in Page documents; nil: all messages are here
	Timeline []TimelineEntry `json:"events,omitempty" bson:"events,omitempty"`       // newest MaxTimeline entries, oldest first
	Reads    []ReadMark      `json:"reads,omitempty" bson:"reads,omitempty"`         // per agent
	Last     Preview         `json:"last_message" bson:"last_message"`
	Waiting  time.Time       `json:"waiting_since,omitzero" bson:"waiting_since,omitempty"` // oldest customer message without a later answer
	Answered *Place          `json:"answered,omitempty" bson:"answered,omitempty"`          // place of the newest message of the business
	Filed    []string        `json:"filed,omitempty" bson:"filed,omitempty"`                // ids of the last messages counted here that went straight into an older page

	InboundCount   int64     `json:"inbound_count" bson:"inbound_count"` // distinct customer messages that should draw attention (no history imports)
	MessageCount   int64     `json:"message_count" bson:"message_count"`
	LastInboundAt  time.Time `json:"last_inbound_at,omitzero" bson:"last_inbound_at,omitempty"`
	LastOutboundAt time.Time `json:"last_outbound_at,omitzero" bson:"last_outbound_at,omitempty"`

	CreatedAt      time.Time `json:"created_at" bson:"created_at"`             // platform time of the first event applied
	LastActivityAt time.Time `json:"last_activity_at" bson:"last_activity_at"` // newest platform time of a message; what the inbox sorts by
	ClosedAt       time.Time `json:"closed_at,omitzero" bson:"closed_at,omitempty"`
	Closer         string    `json:"closed_by,omitempty" bson:"closed_by,omitempty"` // display name of who closed it; empty: nobody, or the system
}

// ThreadKey names the line of conversations between one contact and one channel account (or one group on it). The owner is the
// contact, or one that an agent merged into it (Contact.ThreadOwner).
func ThreadKey(owner string, channel Channel, account, groupID string) string {
	return owner + "|" + string(channel) + "|" + account + "|" + groupID
}

// Place is the place of a message in its conversation: platform time first, then arrival, then order within one request.
// The message's own id breaks the last tie, so that any two messages compare the same way everywhere.
type Place struct {
	At       time.Time `json:"at" bson:"at"`
	Received time.Time `json:"received" bson:"received"`
	Sequence int       `json:"sequence" bson:"sequence"`
	ID       string    `json:"id" bson:"id"`
}

// A MessagePage holds older messages of a conversation: those from From up to the next page's From (or the conversation's
// PageFrom). A page whose From is not before the conversation's PageFrom was written just before a crash and does not count.
type MessagePage struct {
	ID             string    `json:"id" bson:"_id"` // derived from the conversation and From
	Version        int64     `json:"version" bson:"version"`
	ConversationID string    `json:"conversation_id" bson:"conversation_id"`
	From           Place     `json:"from" bson:"from"`
	FromAt         time.Time `json:"from_at" bson:"from_at"` // From.At again, for the index
	Messages       []Message `json:"messages" bson:"messages"`
}

// A Message is one bubble.
type Message struct {
	ID        string    `json:"id" bson:"id"`                 // event id
	MessageID string    `json:"message_id" bson:"message_id"` // platform id
	Direction Direction `json:"direction" bson:"direction"`
	Echo      bool      `json:"echo,omitempty" bson:"echo,omitempty"` // written outside Switchboard (phone app, other tool)
	Type      string    `json:"type" bson:"type"`
	Text      string    `json:"text,omitempty" bson:"text,omitempty"`
	ReplyTo   string    `json:"reply_to,omitempty" bson:"reply_to,omitempty"`
	Content   Content   `json:"content,omitzero" bson:"content,omitempty"`
	Flags     []string  `json:"flags,omitempty" bson:"flags,omitempty"`

	Timestamp       time.Time     `json:"timestamp" bson:"timestamp"`
	ClientTimestamp time.Time     `json:"client_timestamp,omitzero" bson:"client_timestamp,omitempty"`
	ReceivedAt      time.Time     `json:"received_at" bson:"received_at"`
	Sequence        int           `json:"sequence,omitempty" bson:"sequence,omitempty"`
	Filed           bool          `json:"filed,omitempty" bson:"filed,omitempty"` // came so late that it went straight into an older page
	Late            time.Duration `json:"late,omitempty" bson:"late,omitempty"`   // arrived this long after its platform time, when a newer message was there before it

	Status    string       `json:"status,omitempty" bson:"status,omitempty"` // outcome of Statuses
	Statuses  []StatusMark `json:"statuses,omitempty" bson:"statuses,omitempty"`
	Reactions []Reaction   `json:"reactions,omitempty" bson:"reactions,omitempty"`
	Edit      *Edit        `json:"edit,omitempty" bson:"edit,omitempty"`
	Deleted   bool         `json:"deleted,omitempty" bson:"deleted,omitempty"` // content is gone, the place remains
	DeletedAt time.Time    `json:"deleted_at,omitzero" bson:"deleted_at,omitempty"`
}

// A StatusMark is one delivery word with the earliest platform time it was said.
type StatusMark struct {
	Status      string          `json:"status" bson:"status"`
	Participant string          `json:"participant,omitempty" bson:"participant,omitempty"`
	At          time.Time       `json:"at" bson:"at"`
	Errors      []DeliveryError `json:"errors,omitempty" bson:"errors,omitempty"`
}

// A Reaction is one person's newest reaction to a message; an empty emoji is a removal, kept so that order does not matter.
type Reaction struct {
	By      string    `json:"by" bson:"by"` // ByBusiness, ByCustomer, or in a group the contact key
	Emoji   string    `json:"emoji,omitempty" bson:"emoji,omitempty"`
	At      time.Time `json:"at" bson:"at"`
	EventID string    `json:"event_id" bson:"event_id"`
}

// An Edit is the newest edit of a message; its text is the message's Text. The text before the first edit stays in Original.
type Edit struct {
	Number   int       `json:"number,omitempty" bson:"number,omitempty"`
	At       time.Time `json:"at" bson:"at"`
	EventID  string    `json:"event_id" bson:"event_id"`
	Original string    `json:"original,omitempty" bson:"original,omitempty"`
}

// A TimelineEntry is something that happened to the conversation itself.
type TimelineEntry struct {
	ID   string    `json:"id" bson:"id"`
	Type string    `json:"type" bson:"type"` // created, labelled, unlabelled, assigned, state, attribute, identity_changed, merged...
	At   time.Time `json:"at" bson:"at"`
	By   string    `json:"by,omitempty" bson:"by,omitempty"` // agent's display name; empty: the system or the platform
	Text string    `json:"text,omitempty" bson:"text,omitempty"`
}

// MaxTimeline bounds the timeline kept in a conversation document.
const MaxTimeline = 200

// A ReadMark says how many customer messages an agent has seen.
type ReadMark struct {
	Agent string    `json:"agent" bson:"agent"`
	Count int64     `json:"count" bson:"count"`
	At    time.Time `json:"at" bson:"at"`
}

// A Preview is what a list shows of the newest message.
type Preview struct {
	ID        string    `json:"id,omitempty" bson:"id,omitempty"`
	Direction Direction `json:"direction,omitempty" bson:"direction,omitempty"`
	Type      string    `json:"type,omitempty" bson:"type,omitempty"`
	Text      string    `json:"text,omitempty" bson:"text,omitempty"` // at most PreviewLength runes
	At        time.Time `json:"at,omitzero" bson:"at,omitempty"`
	Deleted   bool      `json:"deleted,omitempty" bson:"deleted,omitempty"`
}

// PreviewLength bounds Preview.Text, in runes.
const PreviewLength = 160

// Unread is how many customer messages the agent has not seen.
func (c *Conversation) Unread(agent string) int64 {
	for _, r := range c.Reads {
		if r.Agent == agent {
			return max(0, c.InboundCount-r.Count)
		}
	}
	return c.InboundCount
}
