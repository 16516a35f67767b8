package chat

import "time"

// Settings is the workspace's one settings document: what administrators define once and every desk uses.
type Settings struct {
	ID                     string                `json:"id" bson:"_id"`
	Version                int64                 `json:"version" bson:"version"`
	Labels                 []LabelDefinition     `json:"labels,omitempty" bson:"labels,omitempty"`
	Tags                   []string              `json:"tags,omitempty" bson:"tags,omitempty"` // one of them can be given at close; alphabetical
	Departments            []Department          `json:"departments,omitempty" bson:"departments,omitempty"`
	ContactAttributes      []AttributeDefinition `json:"contact_attributes,omitempty" bson:"contact_attributes,omitempty"`
	ConversationAttributes []AttributeDefinition `json:"conversation_attributes,omitempty" bson:"conversation_attributes,omitempty"`
	Closing                ClosingRules          `json:"closing,omitzero" bson:"closing,omitempty"`
	TransferMinutes        int                   `json:"transfer_minutes,omitempty" bson:"transfer_minutes,omitempty"` // see TransferTime
	IPPolicy               string                `json:"ip_policy,omitempty" bson:"ip_policy,omitempty"`               // full, truncated or none; empty: as the process is configured

	Edits     []SettingEdit `json:"edits,omitempty" bson:"edits,omitempty"`           // who changed what last, the newest maxSettingEdits
	LabelJobs []LabelJob    `json:"label_jobs,omitempty" bson:"label_jobs,omitempty"` // label changes that documents do not show yet
}

// A SettingEdit says who changed one part of the settings last, for the colleague who changes it at the same time.
type SettingEdit struct {
	What string    `json:"what" bson:"what"`
	By   string    `json:"by" bson:"by"` // display name
	At   time.Time `json:"at" bson:"at"`
}

// A LabelJob is a label that is being renamed, or taken off (To is empty), on all contacts and conversations.
type LabelJob struct {
	From string `json:"from" bson:"from"`
	To   string `json:"to,omitempty" bson:"to,omitempty"`
}

// A LabelDefinition gives a label its colour. Labels may be used without a definition.
type LabelDefinition struct {
	Name  string `json:"name" bson:"name"`
	Color string `json:"color" bson:"color"` // one of the palette names
}

// A Department is a group of users whom conversations are given to.
type Department struct {
	ID   string `json:"id" bson:"id"`
	Name string `json:"name" bson:"name"`
}

// AttributeKind says what values an attribute takes.
type AttributeKind string

// The kinds of attributes.
const (
	AttributeText   AttributeKind = "text"
	AttributeNumber AttributeKind = "number"
	AttributeYesNo  AttributeKind = "yes_no" // "yes" or "no"
	AttributeDate   AttributeKind = "date"   // 2006-01-02
	AttributeList   AttributeKind = "list"   // one of Options
	AttributeLink   AttributeKind = "link"   // an http or https address
)

// An AttributeDefinition gives an attribute its type and its rules. Attributes may be used without a definition: then they
// are text.
type AttributeDefinition struct {
	Key      string        `json:"key" bson:"key"`
	Kind     AttributeKind `json:"kind" bson:"kind"`
	Options  []string      `json:"options,omitempty" bson:"options,omitempty"` // of a list
	Required bool          `json:"required,omitempty" bson:"required,omitempty"`
	Pattern  string        `json:"pattern,omitempty" bson:"pattern,omitempty"` // regular expression (RE2) the whole text must match
	Hint     string        `json:"hint,omitempty" bson:"hint,omitempty"`       // says in words what the pattern wants
}

// ClosingRules says what an agent must fill in to close a conversation.
type ClosingRules struct {
	Sentiment bool `json:"sentiment,omitempty" bson:"sentiment,omitempty"`
	Notes     bool `json:"notes,omitempty" bson:"notes,omitempty"`
	Tag       bool `json:"tag,omitempty" bson:"tag,omitempty"`
}

// A Closing is what an agent said when closing a conversation.
type Closing struct {
	Sentiment string    `json:"sentiment,omitempty" bson:"sentiment,omitempty"` // positive, neutral, negative
	Notes     string    `json:"notes,omitempty" bson:"notes,omitempty"`
	Tag       string    `json:"tag,omitempty" bson:"tag,omitempty"`
	Tickets   []string  `json:"tickets,omitempty" bson:"tickets,omitempty"` // ticket numbers and http(s) links
	By        string    `json:"by,omitempty" bson:"by,omitempty"`           // agent's display name
	At        time.Time `json:"at" bson:"at"`
}

// A Transfer is a conversation offered to a colleague or a department until they accept, decline or let it lapse.
type Transfer struct {
	From       string    `json:"from" bson:"from"` // user id of who offers it and gets it back
	FromName   string    `json:"from_name,omitempty" bson:"from_name,omitempty"`
	To         string    `json:"to,omitempty" bson:"to,omitempty"`                 // user id
	ToName     string    `json:"to_name,omitempty" bson:"to_name,omitempty"`       // of the user or the department
	Department string    `json:"department,omitempty" bson:"department,omitempty"` // department id; whoever of it accepts first
	Note       string    `json:"note,omitempty" bson:"note,omitempty"`
	At         time.Time `json:"at" bson:"at"`
	ExpiresAt  time.Time `json:"expires_at" bson:"expires_at"`
}
