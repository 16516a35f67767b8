package view

import (
	"errors"
	"math"
	"net/url"
	"slices"

	"switchboard/chat"
)

// Users is the list of everybody who signs in.
type Users struct {
	Rows []UserRow
}

// A UserRow is one user in the list.
type UserRow struct {
	ID, Name, Email, Role, URL string
	Departments                []string
	Avatar                     Avatar
	You, Disabled, Waiting     bool // Waiting: has never chosen a password
	Created                    Stamp
}

// UsersOf makes the list: who may sign in first.
func UsersOf(users []chat.User, departments []chat.Department, you string, clock Clock) Users {
	var out Users
	for _, active := range []bool{true, false} {
		for i := range users {
			if u := &users[i]; u.Active() == active {
				out.Rows = append(out.Rows, UserRow{
					ID: u.ID, Name: UserName(u), Email: u.Email, Role: RoleName(u.Role), URL: userURL(u.ID), Departments: departmentNames(u, departments),
					Avatar: AvatarOf(u.ID, UserName(u)), You: u.ID == you, Disabled: !active, Waiting: u.MustChangePassword, Created: clock.Day(u.CreatedAt),
				})
			}
		}
	}
	return out
}

func userURL(id string) string { return "/settings/users/edit/" + url.PathEscape(id) }

func departmentNames(u *chat.User, departments []chat.Department) []string {
	var names []string
	for _, d := range departments {
		if slices.Contains(u.Departments, d.ID) {
			names = append(names, d.Name)
		}
	}
	return names
}

// A Choice is one of several boxes to tick.
type Choice struct {
	ID, Name string
	Checked  bool
}

// A OneTimePassword is shown once.
type OneTimePassword struct {
	Name, Email, Password, URL string
}

// A UserForm is the form of a user, new or not.
type UserForm struct {
	Form
	Title, Action, ID, Name, Email, Seen string
	Roles                                []RoleOption
	Departments                          []Choice
	Refusal                              Refusal
	Conflict                             string // what a colleague saved meanwhile
	Created                              *OneTimePassword
}

// A RoleOption is a role with what it means.
type RoleOption struct {
	Value, Name, Text string
	Selected          bool
}

func roleOptions(selected chat.Role) []RoleOption {
	out := []RoleOption{
		{Value: string(chat.RoleAgent), Name: RoleName(chat.RoleAgent), Text: "Sees conversations without a department, those of their departments, and what is given to them."},
		{Value: string(chat.RoleSupervisor), Name: RoleName(chat.RoleSupervisor), Text: "Sees every conversation, and sets up labels, tags and attributes."},
		{Value: string(chat.RoleAdmin), Name: RoleName(chat.RoleAdmin), Text: "Everything, and users, departments, preferences and the audit log."},
	}
	for i := range out {
		out[i].Selected = out[i].Value == string(selected)
	}
	return out
}

func departmentChoices(departments []chat.Department, chosen []string) []Choice {
	var out []Choice
	for _, d := range departments {
		out = append(out, Choice{ID: d.ID, Name: d.Name, Checked: slices.Contains(chosen, d.ID)})
	}
	return out
}

// NewUserForm is the empty form of a new user.
func NewUserForm(departments []chat.Department, form Form) UserForm {
	return UserForm{Form: form, Action: "/settings/users/new", Roles: roleOptions(chat.RoleAgent), Departments: departmentChoices(departments, nil)}
}

// UserFormOf is the form of a user.
func UserFormOf(u *chat.User, departments []chat.Department, form Form) UserForm {
	return UserForm{
		Form: form, Title: UserName(u), Action: userURL(u.ID), ID: u.ID, Name: u.Name, Email: u.Email, Seen: u.Seen(),
		Roles: roleOptions(u.Role), Departments: departmentChoices(departments, u.Departments),
	}
}

// Refused is the form again with what was typed and what was wrong. After a conflict it has seen what the colleague saved:
// saving again keeps the editor's own.
func (f UserForm) Refused(err error, email string, edit chat.UserEdit, departments []chat.Department) UserForm {
	f.Name, f.Email, f.Roles, f.Departments, f.Refusal = edit.Name, email, roleOptions(edit.Role), departmentChoices(departments, edit.Departments), RefusalOf(err)
	if conflict, ok := errors.AsType[*chat.ConflictError](err); ok {
		f.Conflict = conflict.Theirs
	}
	return f
}

// UserAccess is how a user gets in, and what an administrator can do about it.
type UserAccess struct {
	Form
	Name, Email, URL string
	Sessions         string // on how many devices they are signed in; empty: nowhere
	You, Disabled    bool
	Waiting          bool
	DisabledAt       Moment
	Refusal          Refusal
	Created          *OneTimePassword
}

// UserAccessOf makes the part of a user's page about access.
func UserAccessOf(u *chat.User, sessions int, you string, form Form, clock Clock) UserAccess {
	return UserAccess{
		Form: form, Name: UserName(u), Email: u.Email, URL: userURL(u.ID), Sessions: clock.Counted(sessions, math.MaxInt, "device"), You: u.ID == you,
		Disabled: !u.Active(), Waiting: u.MustChangePassword, DisabledAt: clock.Moment(u.DisabledAt),
	}
}

// Departments is the list of departments with the forms that change them.
type Departments struct {
	Form
	Rows    []DepartmentRow
	Typed   string // into the form of a new one
	Refusal Refusal
}

// A DepartmentRow is one department.
type DepartmentRow struct {
	Form
	ID, Name, Typed, Seen string
	RenameURL, DeleteURL  string
	Members               string // "2 members"
	Conversations         string
	Used                  bool
	Targets               []Option // where its conversations can go
	Refusal               Refusal
	Conflict              *Conflict
}

// DepartmentsOf makes the list.
func DepartmentsOf(departments []chat.Department, users []chat.User, sizes map[string]int64, form Form, clock Clock) Departments {
	out := Departments{Form: form}
	for _, d := range departments {
		base := "/settings/departments/" + url.PathEscape(d.ID)
		row := DepartmentRow{
			Form: form, ID: d.ID, Name: d.Name, Typed: d.Name, Seen: d.Seen(), RenameURL: base + "/rename", DeleteURL: base + "/delete",
			Conversations: clock.several(sizes[d.ID], "conversation"), Used: sizes[d.ID] > 0,
		}
		members := int64(0)
		for i := range users {
			if slices.Contains(users[i].Departments, d.ID) && users[i].Active() {
				members++
			}
		}
		row.Members = clock.several(members, "member")
		targets := [][2]string{{"", "No department (everybody sees them)"}}
		for _, other := range departments {
			if other.ID != d.ID {
				targets = append(targets, [2]string{other.ID, other.Name})
			}
		}
		row.Targets = Options("", targets...)
		out.Rows = append(out.Rows, row)
	}
	return out
}

// Refused is the list again with what was typed and what was wrong, at the department it was about or at the new one.
func (d Departments) Refused(id, typed string, err error, clock Clock) Departments {
	conflict, clash := errors.AsType[*chat.ConflictError](err)
	for i := range d.Rows {
		if d.Rows[i].ID != id {
			continue
		}
		d.Rows[i].Refusal = RefusalOf(err)
		if typed != "" {
			d.Rows[i].Typed = typed
		}
		if clash {
			d.Rows[i].Conflict = ConflictOf(conflict, typed, clock)
		}
		return d
	}
	d.Typed, d.Refusal = typed, RefusalOf(err)
	if clash {
		d.Refusal = Refusal{Field: "department", Text: "A colleague has deleted this department meanwhile."}
	}
	return d
}
