package store

// Collections. Names are stable: operators query them in MongoDB.
const (
	contacts      = "contacts"
	conversations = "conversations"
	messagePages  = "conversation_pages"
	ledger        = "ledger"
	tallies       = "ledger_tallies"
	visits        = "widget_visits"
	users         = "users"
	logins        = "logins"
	settings      = "settings"
	notes         = "notes"
	comments      = "comments"
	notifications = "notifications"
	escalations   = "escalations"
	audit         = "audit"
	views         = "views"
	erasures      = "erasures"
	merges        = "contact_merges"
)

// Collections declares every collection with the indexes its queries rely on. An engine's Ensure creates what is missing.
func Collections() []Collection {
	return []Collection{
		{Name: contacts, Indexes: []Index{
			{Name: "keys", Fields: asc("keys"), Unique: true, Array: true},
			{Name: "former", Fields: asc("former"), Array: true, Sparse: true},
			{Name: "terms", Fields: asc("terms"), Array: true},
			{Name: "labels", Fields: asc("labels"), Array: true},
			{Name: "traits", Fields: asc("traits"), Array: true},
			{Name: "channels", Fields: asc("channels"), Array: true},
			{Name: "country_seen", Fields: append(asc("country"), desc("last_seen_at")...)},
			{Name: "seen", Fields: desc("last_seen_at")},
			{Name: "name", Fields: asc("name")},
			{Name: "created", Fields: asc("created_at")},
		}},
		{Name: merges, Indexes: []Index{
			{Name: "into", Fields: append(asc("into"), desc("at")...)},
			{Name: "from", Fields: append(asc("from"), desc("at")...)},
			{Name: "keys", Fields: asc("keys"), Array: true},
		}},
		{Name: conversations, Indexes: []Index{
			{Name: "open_key", Fields: asc("open_key"), Unique: true, Sparse: true},
			{Name: "thread", Fields: append(asc("thread_key"), desc("created_at")...)},
			// Of one person there are few: they are sorted when they are asked for, so that a message need not move an entry.
			{Name: "contact", Fields: asc("contact_id")},
			{Name: "activity", Fields: desc("last_activity_at")},
			{Name: "state_activity", Fields: append(asc("state"), desc("last_activity_at")...)},
			{Name: "assignee_state_activity", Fields: append(asc("assignee", "state"), desc("last_activity_at")...)},
			{Name: "channel_state_activity", Fields: append(asc("channel", "state"), desc("last_activity_at")...)},
			{Name: "state_waiting", Fields: asc("state", "waiting_since")},
			{Name: "created", Fields: asc("created_at")},
			{Name: "state_created", Fields: asc("state", "created_at")},
			{Name: "labels", Fields: asc("labels"), Array: true},
			// Counts by state, of what an agent may see and nobody has, need nothing else; and unlike the activity, both change rarely.
			{Name: "audience_state_assignee", Fields: asc("audience", "state", "assignee"), Array: true},
			{Name: "snoozed_until", Fields: asc("snoozed_until"), Sparse: true},
			{Name: "transfer_expires", Fields: asc("transfer.expires_at"), Sparse: true},
			// Sparse ones cost a conversation nothing that has no such value, which is nearly all of them.
			{Name: "department_state_activity", Fields: append(asc("department", "state"), desc("last_activity_at")...), Sparse: true},
			{Name: "priority_state_activity", Fields: append(asc("priority", "state"), desc("last_activity_at")...), Sparse: true},
			{Name: "flagged_state_activity", Fields: append(asc("flagged", "state"), desc("last_activity_at")...), Sparse: true},
			{Name: "transfer_to", Fields: asc("transfer.to"), Sparse: true},
			{Name: "transfer_department", Fields: asc("transfer.department"), Sparse: true},
		}},
		{Name: messagePages, Indexes: []Index{
			{Name: "conversation", Fields: asc("conversation_id", "from_at")},
		}},
		// Messages are searched by their ledger entries, which are written once: the documents that hold them change with every message.
		{Name: ledger, Text: []string{"text", "media.caption", "media.filename"}, Recent: "received_at", Indexes: []Index{
			{Name: "request", Fields: asc("request_id", "received_at")},
			{Name: "message_key", Fields: asc("message_key"), Sparse: true},
			{Name: "target_key", Fields: asc("target_key"), Sparse: true},
			{Name: "received", Fields: asc("received_at")},
			{Name: "person", Fields: asc("contact_key", "received_at"), Sparse: true},
			{Name: "channel_verdict", Fields: asc("channel", "verdict", "received_at")},
			{Name: "verdict", Fields: asc("verdict", "received_at")},
		}},
		{Name: tallies, Indexes: []Index{{Name: "minute", Fields: asc("minute")}}},
		{Name: visits, Indexes: []Index{{Name: "seen", Fields: asc("expires_at")}}, ExpireAfter: "expires_at"},
		{Name: users, Indexes: []Index{{Name: "email", Fields: asc("email"), Unique: true}}},
		{Name: logins, Indexes: []Index{{Name: "user", Fields: asc("user_id")}}, ExpireAfter: "expires_at"},
		{Name: settings},
		{Name: notes, Text: []string{"text", "ticket"}, Recent: "created_at", Indexes: []Index{{Name: "contact_created", Fields: append(asc("contact_id"), desc("created_at")...)}}, ExpireAfter: "purge_at"},
		{Name: comments, Indexes: []Index{{Name: "conversation_created", Fields: append(asc("conversation_id"), desc("created_at")...)}}},
		{Name: notifications, Indexes: []Index{
			{Name: "user_created", Fields: append(asc("user_id"), desc("created_at")...)},
			{Name: "user_conversation", Fields: asc("user_id", "conversation_id")},
		}, ExpireAfter: "expires_at"},
		{Name: escalations, Indexes: []Index{{Name: "contact_at", Fields: append(asc("contact_id"), desc("at")...)}}},
		{Name: erasures, Indexes: []Index{
			{Name: "keys", Fields: asc("keys"), Array: true},
			{Name: "at", Fields: desc("at")},
			{Name: "unfinished", Fields: asc("unfinished"), Sparse: true},
		}},
		{Name: audit, Indexes: []Index{
			{Name: "at", Fields: desc("at")},
			{Name: "who_at", Fields: append(asc("who"), desc("at")...)},
			{Name: "what_at", Fields: append(asc("what"), desc("at")...)},
			{Name: "who_what_at", Fields: append(asc("who", "what"), desc("at")...)},
		}, ExpireAfter: "expires_at"},
		{Name: views, Indexes: []Index{{Name: "owner", Fields: asc("owner")}, {Name: "shared", Fields: asc("shared"), Sparse: true}}},
	}
}

func asc(paths ...string) []Field {
	fields := make([]Field, len(paths))
	for i, p := range paths {
		fields[i] = Field{Path: p}
	}
	return fields
}

func desc(paths ...string) []Field {
	fields := asc(paths...)
	for i := range fields {
		fields[i].Desc = true
	}
	return fields
}
