package chat

import "time"

// IdentityKind says what a platform identifier is.
type IdentityKind string

// The kinds of identities, as the ledger API's key_type names them.
const (
	IdentityPhone       IdentityKind = "phone"        // E.164 with plus; for WhatsApp "+" and the digits of wa_id
	IdentityBSUID       IdentityKind = "bsuid"        // WhatsApp business-scoped user id
	IdentityParentBSUID IdentityKind = "parent_bsuid" // WhatsApp parent BSUID of linked portfolios
	IdentityIGSID       IdentityKind = "igsid"        // Instagram-scoped id
	IdentityVisitor     IdentityKind = "visitor"      // widget visitor id issued by us
	IdentityExternal    IdentityKind = "external"     // the customer's own user id, proven by hash or JWT
)

// An Identity is one identifier that belongs to at most one contact. Username, name and unproven e-mail are not identities.
type Identity struct {
	Channel   Channel      `json:"channel" bson:"channel"`
	Scope     string       `json:"scope,omitempty" bson:"scope,omitempty"` // what the value is unique within: portfolio, account, inbox; empty: the whole installation
	Kind      IdentityKind `json:"kind" bson:"kind"`
	Value     string       `json:"value" bson:"value"`
	Verified  bool         `json:"verified" bson:"verified"`
	FirstSeen time.Time    `json:"first_seen" bson:"first_seen"`
	LastSeen  time.Time    `json:"last_seen" bson:"last_seen"`
	RetiredAt time.Time    `json:"retired_at,omitzero" bson:"retired_at,omitempty"` // set when the person changed it; a retired identity finds nobody, except for what was written before
	Thread    string       `json:"thread,omitempty" bson:"thread,omitempty"`        // whose conversations its messages go on in: the contact an agent merged into this one; empty: this one's
}

// Key is the identity as one string, unique over all contacts.
func (i Identity) Key() string {
	return string(i.Channel) + "|" + i.Scope + "|" + string(i.Kind) + "|" + i.Value
}

// A Contact is one person, whatever number of identities they use.
type Contact struct {
	ID      string `json:"id" bson:"_id"`
	Version int64  `json:"version" bson:"version"`

	Name              string `json:"name,omitempty" bson:"name,omitempty"`
	Phone             string `json:"phone,omitempty" bson:"phone,omitempty"`
	Email             string `json:"email,omitempty" bson:"email,omitempty"`
	Language          string `json:"language,omitempty" bson:"language,omitempty"` // BCP 47
	Country           string `json:"country,omitempty" bson:"country,omitempty"`   // ISO 3166-1 alpha-2
	Location          string `json:"location,omitempty" bson:"location,omitempty"` // free text: city, region
	TimeZone          string `json:"timezone,omitempty" bson:"timezone,omitempty"` // IANA name
	AgentInstructions string `json:"agent_instructions,omitempty" bson:"agent_instructions,omitempty"`

	Identities []Identity            `json:"identities" bson:"identities"`
	Keys       []string              `json:"keys,omitempty" bson:"keys"`               // Key() of every identity that is not retired: the unique index
	Former     []string              `json:"former,omitempty" bson:"former,omitempty"` // Key() of every identity that is retired
	Labels     []string              `json:"labels,omitempty" bson:"labels,omitempty"`
	Attributes []Attribute           `json:"attributes,omitempty" bson:"attributes,omitempty"`
	Marks      []Mark                `json:"marks,omitempty" bson:"marks,omitempty"` // who set the labels and attributes
	Profiles   []Profile             `json:"profiles,omitempty" bson:"profiles,omitempty"`
	Claims     []Claim               `json:"claims,omitempty" bson:"claims,omitempty"`
	Insights   []Insight             `json:"insights,omitempty" bson:"insights,omitempty"`
	Provenance map[string]Provenance `json:"provenance,omitempty" bson:"provenance,omitempty"` // by field name (Field constants)

	MergedInto string     `json:"merged_into,omitempty" bson:"merged_into,omitempty"` // this record is an alias of that contact
	MergedBy   string     `json:"merged_by,omitempty" bson:"merged_by,omitempty"`     // record of the merge that made it one
	MergedFrom []string   `json:"merged_from,omitempty" bson:"merged_from,omitempty"`
	Step       *MergeStep `json:"step,omitempty" bson:"step,omitempty"`           // a merge, or the undoing of one, under way
	Related    []string   `json:"related,omitempty" bson:"related,omitempty"`     // contacts this one was ever merged with, newest last; stays when a merge is undone
	Dismissed  []string   `json:"dismissed,omitempty" bson:"dismissed,omitempty"` // contacts an agent said are somebody else

	Traits     []string  `json:"traits,omitempty" bson:"traits,omitempty"` // Trait of every attribute, by key and by key and value
	Terms      []string  `json:"terms,omitempty" bson:"terms,omitempty"`   // lower-case words and digits to search by prefix
	CreatedAt  time.Time `json:"created_at" bson:"created_at"`
	LastSeenAt time.Time `json:"last_seen_at" bson:"last_seen_at"` // newest platform time of anything the person did
	Channels   []Channel `json:"channels,omitempty" bson:"channels,omitempty"`
}

// Names of the fields agents edit, and keys of Contact.Provenance.
const (
	FieldName              = "name"
	FieldPhone             = "phone"
	FieldEmail             = "email"
	FieldLanguage          = "language"
	FieldCountry           = "country"
	FieldLocation          = "location"
	FieldTimeZone          = "timezone"
	FieldAgentInstructions = "agent_instructions"
)

// Sources of a value, weakest claim to truth last. A source never overwrites a value set by an agent.
const (
	SourceAgent    = "agent"
	SourcePlatform = "platform" // the person's own profile on the channel
	SourceProof    = "proof"    // signed by the customer's server (widget identity)
	SourceClaim    = "claim"    // typed by a visitor, unproven
	SourceDerived  = "derived"  // computed, e.g. the country from the phone number
)

// Provenance says who set a field, when, and at which version of the document: the version an editor must have seen.
type Provenance struct {
	Source  string    `json:"source" bson:"source"`
	By      string    `json:"by,omitempty" bson:"by,omitempty"` // agent's display name, or the channel
	At      time.Time `json:"at" bson:"at"`
	Version int64     `json:"version" bson:"version"`
}

// An Attribute is a named value agents keep on a contact or conversation. Keys are data, never document field names.
type Attribute struct {
	Key   string `json:"key" bson:"key"`
	Value string `json:"value" bson:"value"`
}

// A Profile is what one channel tells about the person.
type Profile struct {
	Channel       Channel   `json:"channel" bson:"channel"`
	Account       string    `json:"account,omitempty" bson:"account,omitempty"`
	Name          string    `json:"name,omitempty" bson:"name,omitempty"`
	Username      string    `json:"username,omitempty" bson:"username,omitempty"` // without a leading @
	FollowerCount int64     `json:"follower_count,omitempty" bson:"follower_count,omitempty"`
	Follows       bool      `json:"follows,omitempty" bson:"follows,omitempty"`
	Followed      bool      `json:"followed,omitempty" bson:"followed,omitempty"`
	Verified      bool      `json:"verified,omitempty" bson:"verified,omitempty"`
	SeenAt        time.Time `json:"seen_at" bson:"seen_at"`
}

// An Insight is one line of what was found out about the person from their conversations. It is generated, and read-only.
type Insight struct {
	Kind           string    `json:"kind" bson:"kind"` // one of the Insight constants
	Text           string    `json:"text" bson:"text"`
	ConversationID string    `json:"conversation_id,omitempty" bson:"conversation_id,omitempty"` // evidence
	MessageID      string    `json:"message_id,omitempty" bson:"message_id,omitempty"`           // evidence: id of a message in that conversation
	At             time.Time `json:"at,omitzero" bson:"at,omitempty"`
}

// Kinds of insights.
const (
	InsightPreference     = "preference"
	InsightTopic          = "topic"
	InsightPurchase       = "purchase_pattern"
	InsightCharacteristic = "characteristic"
)

// A Claim is what a visitor typed about themselves. It identifies nobody and never merges contacts.
type Claim struct {
	Kind  string    `json:"kind" bson:"kind"` // name, email, phone
	Value string    `json:"value" bson:"value"`
	At    time.Time `json:"at" bson:"at"`
}
