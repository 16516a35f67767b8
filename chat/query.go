package chat

import "time"

// PageRequest asks for a stretch of a list. Cursor is what the previous answer returned; empty starts at the beginning.
type PageRequest struct {
	Cursor string
	Limit  int
}

// List is a stretch of a list and the cursor of the next one, empty at the end.
type List[T any] struct {
	Items []T
	Next  string
}

// ConversationSort orders the inbox.
type ConversationSort string

// Orders of the inbox.
const (
	ByActivity ConversationSort = "activity" // newest activity first
	ByWaiting  ConversationSort = "waiting"  // longest waiting first; only conversations that wait
	ByCreated  ConversationSort = "created"  // newest first
	ByOldest   ConversationSort = "oldest"   // oldest first (the API's order)
	ByPriority ConversationSort = "priority" // urgent first, then high, normal, low; each newest activity first
)

// ConversationQuery filters the inbox. Zero fields do not filter; everything that is set must hold.
type ConversationQuery struct {
	Scope      Scope // who asks; zero: everything
	State      State
	Assignee   string
	Unassigned bool
	Department string
	Channel    Channel
	Labels     []string // all of them
	Priority   string   // low, normal, high or urgent
	Flagged    bool
	OfferedTo  *Offer   // a transfer is offered to this user or one of these departments
	ContactIDs []string // not nil: of one of these contacts
	IDs        []string // not nil: one of these conversations
	Sort       ConversationSort
	PageRequest
}

// An Offer says to whom a transfer may be offered: one user, and the departments they are in.
type Offer struct {
	User        string
	Departments []string
}

// ContactSort orders the contact grid.
type ContactSort string

// Orders of the contact grid.
const (
	ContactsBySeen    ContactSort = "seen"    // newest seen first
	ContactsByName    ContactSort = "name"    // by name
	ContactsByCreated ContactSort = "created" // newest first
	ContactsByOldest  ContactSort = "oldest"  // oldest first (the API's order)
)

// ContactQuery filters the contact grid. Zero fields do not filter. Search matches every word as a prefix of a name, number,
// e-mail or username. Attribute is a key, or key=value.
type ContactQuery struct {
	Search    string
	Channel   Channel
	Label     string
	Country   string
	Attribute string
	SeenFrom  time.Time
	SeenTo    time.Time // not included
	Sort      ContactSort
	PageRequest
}

// LedgerQuery filters the ledger, oldest first.
type LedgerQuery struct {
	RequestID string
	Verdict   Verdict
	Channel   Channel
	From, To  time.Time
	PageRequest
}
