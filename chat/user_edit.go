package chat

import (
	"slices"
	"strings"
)

// SetProfile changes what a user says about themselves: the name colleagues see, the time zone and the language dates are
// written in. An empty zone or language means the usual one.
func (u *User) SetProfile(name, zone, locale string) error {
	name = clip(clean(name), maxName)
	if name == "" {
		return invalid("name", "Enter the name that colleagues see.")
	}
	if zone != "" {
		var err error
		if zone, err = cleanTimeZone(zone); err != nil {
			return err
		}
	}
	if locale != "" && !slices.ContainsFunc(languageList(), func(n Named) bool { return n.Code == locale }) {
		return invalid("locale", "Choose a language from the list.")
	}
	u.Name, u.TimeZone, u.Locale = name, zone, locale
	return nil
}

// RoleKnown reports whether a role is one of the three.
func RoleKnown(r Role) bool { return r == RoleAdmin || r == RoleSupervisor || r == RoleAgent }

// SetDepartments makes the user a member of these departments, of which only those that exist count.
func (u *User) SetDepartments(ids []string, existing []Department) {
	var kept []string
	for _, d := range existing {
		if slices.Contains(ids, d.ID) {
			kept = append(kept, d.ID)
		}
	}
	u.Departments = kept
}

// Active reports whether the user may sign in.
func (u *User) Active() bool { return u.DisabledAt.IsZero() }

// CleanEmail is an address as users sign in with it: lower case, trimmed. Something that is none is an *InputError.
func CleanEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	if s == "" {
		return "", invalid("email", "Enter an e-mail address.")
	}
	return cleanEmail(s)
}
