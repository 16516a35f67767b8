package chat

import "slices"

// A Scope is what a user may see of the conversations. Administrators and supervisors see everything. An agent sees
// conversations without a department, those of their own departments, those assigned to them, those offered to them by a
// transfer (to them, or to one of their departments), and those a colleague has invited them to by a tag in a comment.
//
// This is the only place that says so: the store filters lists by the same words (Keys against Conversation.Audience), and
// whoever reads one conversation for a user asks Admits. The zero Scope sees everything; it is the program's own.
type Scope struct {
	User        string // user id; empty: everything
	Departments []string
}

// ScopeOf is what the user may see. A role that is not known sees what an agent sees.
func ScopeOf(u *User) Scope {
	if u.Role == RoleAdmin || u.Role == RoleSupervisor {
		return Scope{}
	}
	return Scope{User: u.ID, Departments: u.Departments}
}

// Everything reports whether the scope leaves nothing out.
func (s Scope) Everything() bool { return s.User == "" }

// Admits reports whether the conversation may be seen.
func (s Scope) Admits(c *Conversation) bool {
	if s.Everything() {
		return true
	}
	keys := s.Keys()
	return slices.ContainsFunc(c.audience(), func(k string) bool { return slices.Contains(keys, k) })
}

// everybody is the key of conversations without a department.
const everybody = "*"

func userKey(id string) string { return "u:" + id }

// DepartmentKey is the word in Audience for the members of a department.
func DepartmentKey(id string) string { return "d:" + id }

// Keys are the words of which a conversation's Audience must hold one.
func (s Scope) Keys() []string {
	keys := []string{everybody, userKey(s.User)}
	for _, d := range s.Departments {
		keys = append(keys, DepartmentKey(d))
	}
	return keys
}

// Address brings Audience up to date. The store does it before every write.
func (c *Conversation) Address() { c.Audience = c.audience() }

func (c *Conversation) audience() []string {
	var keys []string
	if c.Department == "" {
		keys = append(keys, everybody)
	} else {
		keys = append(keys, DepartmentKey(c.Department))
	}
	if c.Assignee != "" {
		keys = append(keys, userKey(c.Assignee))
	}
	if t := c.Transfer; t != nil && t.To != "" {
		keys = append(keys, userKey(t.To))
	}
	if t := c.Transfer; t != nil && t.Department != "" {
		keys = append(keys, DepartmentKey(t.Department))
	}
	for _, id := range c.Invited {
		keys = append(keys, userKey(id))
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}
