package dashboard

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const departmentsPath = "/settings/departments"

func (d *Dashboard) departmentRoutes() []route {
	return []route{
		{get, departmentsPath, admin, d.departments},
		{post, departmentsPath, admin, d.addDepartment},
		{post, departmentsPath + "/:department/rename", admin, d.renameDepartment},
		{post, departmentsPath + "/:department/delete", admin, d.deleteDepartment},
	}
}

func (d *Dashboard) departments(c *fiber.Ctx) error {
	body, err := d.departmentList(c)
	if err != nil {
		return err
	}
	return d.showDepartments(c, http.StatusOK, body)
}

func (d *Dashboard) departmentList(c *fiber.Ctx) (view.Departments, error) {
	settings, err := d.settings(c)
	if err != nil {
		return view.Departments{}, err
	}
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return view.Departments{}, fmt.Errorf("dashboard: list users: %w", err)
	}
	sizes := make(map[string]int64, len(settings.Departments))
	for _, department := range settings.Departments {
		if sizes[department.ID], err = d.Departments.DepartmentSize(c.UserContext(), department.ID); err != nil {
			return view.Departments{}, fmt.Errorf("dashboard: count a department: %w", err)
		}
	}
	return view.DepartmentsOf(settings.Departments, users, sizes, d.form(c, departmentsPath), d.clock(c)), nil
}

func (d *Dashboard) showDepartments(c *fiber.Ctx, status int, body view.Departments) error {
	page := d.settingsFrame(c, departmentsPath)
	page.Body = body
	return d.render(c, status, "pages/departments", page)
}

// editor is how the caller's edits of the settings are signed.
func (d *Dashboard) editor(c *fiber.Ctx) chat.Editor {
	return chat.Editor{Name: by(c), At: d.config.Now()}
}

func (d *Dashboard) addDepartment(c *fiber.Ctx) error {
	name, id := form(c, "name"), strings.ToLower(rand.Text()[:12])
	return d.editDepartments(c, "", name, "added", func(s *chat.Settings) error { return s.AddDepartment(id, name, d.editor(c)) })
}

func (d *Dashboard) renameDepartment(c *fiber.Ctx) error {
	id, name, seen := param(c, "department"), form(c, "name"), form(c, "seen")
	return d.editDepartments(c, id, name, "renamed", func(s *chat.Settings) error { return s.RenameDepartment(id, name, seen, d.editor(c)) })
}

// deleteDepartment removes a department whose conversations are moved to another one, or to none, first.
func (d *Dashboard) deleteDepartment(c *fiber.Ctx) error {
	id, seen, target := param(c, "department"), form(c, "seen"), form(c, "to")
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	to, known := settings.Department(target)
	if target == id || target != "" && !known {
		return d.settleDepartments(c, id, "", "", &chat.InputError{Field: "to", Message: "Choose where its conversations go."})
	}
	if s := settings; s.DropDepartment(id, seen, d.editor(c)) == nil { // nothing moves out of a department that will not go
		_, more, err := d.Departments.LeaveDepartment(c.UserContext(), id, to, by(c))
		if err != nil {
			return fmt.Errorf("dashboard: empty a department: %w", err)
		}
		if more {
			return d.settleDepartments(c, id, "", "", &chat.InputError{Field: "to", Message: "2,000 conversations were moved and there are more: delete it again to go on."})
		}
		if err := d.leaveDepartment(c, id); err != nil {
			return err
		}
	}
	return d.editDepartments(c, id, "", "deleted", func(s *chat.Settings) error { return s.DropDepartment(id, seen, d.editor(c)) })
}

// leaveDepartment takes everybody out of a department that is about to go.
func (d *Dashboard) leaveDepartment(c *fiber.Ctx, id string) error {
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: list users: %w", err)
	}
	for i := range users {
		if !users[i].LeaveDepartment(id) {
			continue
		}
		_, err := d.Users.UpdateUser(c.UserContext(), users[i].ID, func(u *chat.User) error {
			u.LeaveDepartment(id)
			return nil
		})
		if err != nil {
			return fmt.Errorf("dashboard: take a user out of a department: %w", err)
		}
	}
	return nil
}

func (d *Dashboard) editDepartments(c *fiber.Ctx, id, typed, done string, edit func(*chat.Settings) error) error {
	_, cause := d.Settings.UpdateSettings(c.UserContext(), edit)
	if cause != nil && !refusal(cause) {
		return fmt.Errorf("dashboard: edit departments: %w", cause)
	}
	if cause == nil {
		d.audit(c, chat.AuditSettingsChanged, "departments", done)
		d.everybodyAgain(c)
	}
	return d.settleDepartments(c, id, typed, done, cause)
}

// settleDepartments answers with the list as it is now, and what was typed and wrong.
func (d *Dashboard) settleDepartments(c *fiber.Ctx, id, typed, done string, cause error) error {
	body, err := d.departmentList(c)
	if err != nil {
		return err
	}
	if cause != nil {
		body = body.Refused(id, typed, cause, d.clock(c))
	}
	return d.settle(c, cause, "Department "+done, part{"oob/departments", body}, func(status int) error { return d.showDepartments(c, status, body) })
}
