package chat

import (
	"slices"
	"strings"
	"time"
)

// maxLocale bounds a language with script and region, such as zh-Hant-TW.
const maxLocale = 16

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
	base, _, _ := strings.Cut(locale, "-")
	if len(locale) > maxLocale || (locale != "" && !slices.ContainsFunc(languageList(), func(n Named) bool { return n.Code == locale || n.Code == base })) {
		return invalid("locale", "Choose a language from the list.")
	}
	u.Name, u.TimeZone, u.Locale = name, zone, locale
	return nil
}

// maxPage bounds the name a page gives itself.
const maxPage = 64

// ChooseTab remembers the tab of the panel that the user looked at last. page and nth say which choice of which open page it
// was, so that of choices made faster than they arrive the last one stands; a page that says nothing is believed.
func (u *User) ChooseTab(tab, page string, nth int64) {
	page = clip(clean(page), maxPage)
	if page != "" && page == u.PanelPage && nth < u.PanelNth {
		return
	}
	u.PanelTab, u.PanelPage, u.PanelNth = tab, page, nth
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

// LeaveDepartment takes the user out of a department, and reports whether they were in it.
func (u *User) LeaveDepartment(id string) bool {
	n := len(u.Departments)
	u.Departments = slices.DeleteFunc(slices.Clone(u.Departments), func(x string) bool { return x == id })
	return len(u.Departments) < n
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

// Seen is what a form remembers of what an administrator sets of a user, to notice that a colleague changed it.
func (u *User) Seen() string {
	return EventID("seen", u.ID, u.Name, string(u.Role), strings.Join(u.Departments, "\n"))
}

// A UserEdit is what an administrator sets of a user.
type UserEdit struct {
	Name        string
	Role        Role
	Departments []string // ids
}

// Change sets name, role and departments at once. seen is Seen of what the editor saw: when a colleague changed it since, the
// error is a *ConflictError whose Theirs says what stands there now.
func (u *User) Change(e UserEdit, seen string, existing []Department) error {
	name := clip(clean(e.Name), maxName)
	switch {
	case name == "":
		return invalid("name", "Enter the name that colleagues see.")
	case !RoleKnown(e.Role):
		return invalid("role", "Choose a role from the list.")
	}
	next := *u
	next.Name, next.Role = name, e.Role
	next.SetDepartments(e.Departments, existing)
	if next.Seen() == u.Seen() {
		return nil
	}
	if u.Seen() != seen {
		return &ConflictError{Field: "user", Theirs: u.Name + ", " + string(u.Role), Version: u.Version}
	}
	*u = next
	return nil
}

// LastAdmin is the error of what would leave nobody who may administer the desk.
func LastAdmin() error {
	return invalid("role", "This is the last administrator who can sign in. Make somebody else an administrator first.")
}

// Administers reports whether the user is an administrator who may sign in.
func (u *User) Administers() bool { return u.Role == RoleAdmin && u.Active() }

// Disable keeps the user from signing in, and ends what they are signed in to.
func (u *User) Disable(at time.Time) {
	if u.Active() {
		u.DisabledAt = stamp(at)
	}
}

// Enable lets the user sign in again.
func (u *User) Enable() { u.DisabledAt = time.Time{} }

// SetPassword keeps the hash of a new password. once says that it was made for the user, who must choose another one at the
// next sign-in.
func (u *User) SetPassword(hash string, once bool) { u.PasswordHash, u.MustChangePassword = hash, once }
