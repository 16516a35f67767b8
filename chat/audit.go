package chat

import (
	"slices"
	"time"
)

// What an audit entry is about happening. The words are stored: they do not change.
const (
	AuditSignIn          = "sign_in"
	AuditSignInFailed    = "sign_in_failed"
	AuditSignOut         = "sign_out"
	AuditSessionsEnded   = "sessions_ended" // somebody's other browsers were signed out
	AuditPasswordChanged = "password_changed"
	AuditPasswordReset   = "password_reset"
	AuditUserCreated     = "user_created"
	AuditUserChanged     = "user_changed" // name or departments
	AuditRoleChanged     = "role_changed"
	AuditUserDisabled    = "user_disabled"
	AuditUserEnabled     = "user_enabled"
	AuditSettingsChanged = "settings_changed"
	AuditExport          = "export"
	AuditErasure         = "erasure"
	AuditMerge           = "contacts_merged"
	AuditMergeUndone     = "merge_undone"
)

// AuditKinds lists everything that is audited, in the order a filter offers it.
func AuditKinds() []Named {
	return []Named{
		{AuditSignIn, "Signed in"},
		{AuditSignInFailed, "Sign-in failed"},
		{AuditSignOut, "Signed out"},
		{AuditSessionsEnded, "Ended sessions"},
		{AuditPasswordChanged, "Changed a password"},
		{AuditPasswordReset, "Reset a password"},
		{AuditUserCreated, "Added a user"},
		{AuditUserChanged, "Changed a user"},
		{AuditRoleChanged, "Changed a role"},
		{AuditUserDisabled, "Disabled a user"},
		{AuditUserEnabled, "Enabled a user"},
		{AuditSettingsChanged, "Changed settings"},
		{AuditExport, "Exported data"},
		{AuditErasure, "Erased a person"},
		{AuditMerge, "Merged contacts"},
		{AuditMergeUndone, "Undid a merge"},
	}
}

// AuditKnown reports whether a word is one of AuditKinds.
func AuditKnown(what string) bool {
	return slices.ContainsFunc(AuditKinds(), func(n Named) bool { return n.Code == what })
}

// An AuditEntry is one line of the audit log: who did what to what, from where. It names documents by their ids and holds
// nothing of a customer and no secret, so that it may stay when a person is erased. Entries are only ever added.
type AuditEntry struct {
	ID      string    `json:"id" bson:"_id"`
	Version int64     `json:"version" bson:"version"`
	At      time.Time `json:"at" bson:"at"`
	Who     string    `json:"who,omitempty" bson:"who,omitempty"` // user id; empty when nobody is known, as for a sign-in with an unknown e-mail
	What    string    `json:"what" bson:"what"`
	About   string    `json:"about,omitempty" bson:"about,omitempty"`   // id of the user, contact or conversation, or the part of the settings
	Detail  string    `json:"detail,omitempty" bson:"detail,omitempty"` // a few plain words, no personal data
	IP      string    `json:"ip,omitempty" bson:"ip,omitempty"`         // what the workspace's policy lets be kept

	ExpiresAt time.Time `json:"expires_at,omitzero" bson:"expires_at,omitempty"` // zero: kept for good
}

// failedSignInsKept is how long failed sign-ins stay: strangers make them, and nobody can stop them from making many.
const failedSignInsKept = 90 * 24 * time.Hour

// Date gives the entry its time, and its end where it has one.
func (e *AuditEntry) Date(at time.Time) {
	e.At = stamp(at)
	if e.What == AuditSignInFailed {
		e.ExpiresAt = e.At.Add(failedSignInsKept)
	}
}

// AuditQuery filters the audit log, newest first. Zero fields do not filter.
type AuditQuery struct {
	Who  string
	What string
	PageRequest
}
