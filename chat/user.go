package chat

import "time"

// Role says what a user may do.
type Role string

// The roles, weakest last.
const (
	RoleAdmin      Role = "admin"
	RoleSupervisor Role = "supervisor"
	RoleAgent      Role = "agent"
)

// A User signs in to the dashboard.
type User struct {
	ID                 string    `json:"id" bson:"_id"`
	Version            int64     `json:"version" bson:"version"`
	Email              string    `json:"email" bson:"email"` // lower case, unique
	Name               string    `json:"name" bson:"name"`
	Role               Role      `json:"role" bson:"role"`
	PasswordHash       string    `json:"password_hash" bson:"password_hash"`                                   // argon2id, PHC string
	MustChangePassword bool      `json:"must_change_password,omitempty" bson:"must_change_password,omitempty"` // it was made for the user, who chooses another at the next sign-in
	TimeZone           string    `json:"timezone,omitempty" bson:"timezone,omitempty"`
	Locale             string    `json:"locale,omitempty" bson:"locale,omitempty"`
	Departments        []string  `json:"departments,omitempty" bson:"departments,omitempty"` // ids
	PanelTab           string    `json:"panel_tab,omitempty" bson:"panel_tab,omitempty"`
	PanelPage          string    `json:"panel_page,omitempty" bson:"panel_page,omitempty"`           // page the tab was chosen on, see ChooseTab
	PanelNth           int64     `json:"panel_nth,omitempty" bson:"panel_nth,omitempty"`             // which of that page's choices it was
	ContactColumns     []string  `json:"contact_columns,omitempty" bson:"contact_columns,omitempty"` // of the contact grid; none: the usual ones
	CreatedAt          time.Time `json:"created_at" bson:"created_at"`
	DisabledAt         time.Time `json:"disabled_at,omitzero" bson:"disabled_at,omitempty"`
}

// A Login is one signed-in browser. The cookie's value is never stored, only its hash.
type Login struct {
	ID        string    `json:"id" bson:"_id"` // SHA-256 of the cookie value, hex
	Version   int64     `json:"version" bson:"version"`
	UserID    string    `json:"user_id" bson:"user_id"`
	CSRF      string    `json:"csrf" bson:"csrf"`
	UserAgent string    `json:"user_agent,omitempty" bson:"user_agent,omitempty"`
	Via       string    `json:"via,omitempty" bson:"via,omitempty"` // sso, or empty for a password
	CreatedAt time.Time `json:"created_at" bson:"created_at"`
	ExpiresAt time.Time `json:"expires_at" bson:"expires_at"`
}
