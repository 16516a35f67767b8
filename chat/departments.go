package chat

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	maxDepartments = 100
	maxDepartment  = 60
)

// Seen is what a form remembers of a department to notice that a colleague changed it.
func (d *Department) Seen() string { return EventID("seen", d.ID, d.Name) }

// Department returns the department with this id.
func (s *Settings) Department(id string) (Department, bool) {
	i := s.department(id)
	if i < 0 {
		return Department{}, false
	}
	return s.Departments[i], true
}

func (s *Settings) department(id string) int {
	return slices.IndexFunc(s.Departments, func(d Department) bool { return d.ID == id })
}

// departmentName checks the name of the department with this id, which is empty for a new one.
func (s *Settings) departmentName(id, name string) (string, error) {
	name = clean(name)
	switch {
	case name == "":
		return "", invalid("department", "A department needs a name.")
	case utf8.RuneCountInString(name) > maxDepartment:
		return "", invalid("department", fmt.Sprintf("A name can have at most %d characters.", maxDepartment))
	case slices.ContainsFunc(s.Departments, func(d Department) bool { return d.ID != id && fold(d.Name) == fold(name) }):
		return "", invalid("department", "There is a department of this name already.")
	}
	return name, nil
}

// AddDepartment adds a department; they are kept in alphabetical order. The id is new.
func (s *Settings) AddDepartment(id, name string, by Editor) error {
	name, err := s.departmentName(id, name)
	if err != nil {
		return err
	}
	if len(s.Departments) >= maxDepartments {
		return invalid("department", fmt.Sprintf("At most %d departments are possible.", maxDepartments))
	}
	s.Departments = append(slices.Clone(s.Departments), Department{ID: id, Name: name})
	s.sortDepartments()
	s.done("department/"+id, by)
	return nil
}

// RenameDepartment gives a department another name. Its members and conversations stay.
func (s *Settings) RenameDepartment(id, name, seen string, by Editor) error {
	name, err := s.departmentName(id, name)
	if err != nil {
		return err
	}
	i := s.department(id)
	switch {
	case i < 0:
		return s.conflict("department/"+id, "department", "")
	case s.Departments[i].Name == name:
		return nil
	case s.Departments[i].Seen() != seen:
		return s.conflict("department/"+id, "department", s.Departments[i].Name)
	}
	s.Departments = slices.Clone(s.Departments)
	s.Departments[i].Name = name
	s.sortDepartments()
	s.done("department/"+id, by)
	return nil
}

// DropDepartment removes a department. Its conversations must have left it before. One that is gone is no error.
func (s *Settings) DropDepartment(id, seen string, by Editor) error {
	i := s.department(id)
	switch {
	case i < 0:
		return nil
	case s.Departments[i].Seen() != seen:
		return s.conflict("department/"+id, "department", s.Departments[i].Name)
	}
	s.Departments = slices.Delete(slices.Clone(s.Departments), i, i+1)
	s.done("department/"+id, by)
	return nil
}

func (s *Settings) sortDepartments() {
	slices.SortFunc(s.Departments, func(a, b Department) int {
		if n := strings.Compare(fold(a.Name), fold(b.Name)); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
}

// LeaveDepartment moves the conversation from a department that is about to go to another one, or to none. Whoever has the
// conversation keeps it, and an open offer to the department goes back to who made it.
func (c *Conversation) LeaveDepartment(from string, to Department, by string, at time.Time) {
	if c.Transfer != nil && c.Transfer.Department == from {
		c.giveBack("transfer_lapsed", "", "", at)
	}
	if c.Department != from {
		return
	}
	c.Department = to.ID
	if to.ID == "" {
		c.note("department", "none", by, at)
		return
	}
	c.note("department", to.Name, by, at)
}
