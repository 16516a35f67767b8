package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
	"github.com/google/uuid"
)

const usersPath = "/settings/users"

func (d *Dashboard) userRoutes() []route {
	return []route{
		{get, usersPath, admin, d.users},
		{get, usersPath + "/new", admin, d.newUser},
		{post, usersPath + "/new", admin, d.createUser},
		{get, usersPath + "/edit/:user", admin, d.user},
		{post, usersPath + "/edit/:user", admin, d.changeUser},
		{post, usersPath + "/edit/:user/password", admin, d.resetPassword},
		{post, usersPath + "/edit/:user/disable", admin, d.disableUser},
		{post, usersPath + "/edit/:user/enable", admin, d.enableUser},
	}
}

func (d *Dashboard) users(c *fiber.Ctx) error {
	page := d.settingsFrame(c, usersPath)
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: list users: %w", err)
	}
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	page.Body = view.UsersOf(users, settings.Departments, signedIn(c).user.ID, d.clock(c))
	return d.render(c, http.StatusOK, "pages/users", page)
}

func (d *Dashboard) newUser(c *fiber.Ctx) error {
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	return d.showNewUser(c, http.StatusOK, view.NewUserForm(settings.Departments, d.form(c, usersPath)))
}

func (d *Dashboard) showNewUser(c *fiber.Ctx, status int, form view.UserForm) error {
	page := d.settingsFrame(c, usersPath)
	page.Title, page.Body = "Add a user", form
	return d.render(c, status, "pages/user_new", page)
}

// readUserEdit is the form of a user.
func readUserEdit(c *fiber.Ctx) chat.UserEdit {
	edit := chat.UserEdit{Name: form(c, "name"), Role: chat.Role(form(c, "role"))}
	for _, id := range c.Context().PostArgs().PeekMulti("department") {
		edit.Departments = append(edit.Departments, string(id))
	}
	return edit
}

// createUser adds somebody with a password that is shown once and must be changed at the first sign-in.
func (d *Dashboard) createUser(c *fiber.Ctx) error {
	edit, typed := readUserEdit(c), form(c, "email")
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	password := NewPassword()
	user, err := d.invite(c, typed, edit, password, settings.Departments)
	if err != nil && !refusal(err) {
		return err
	}
	f := view.NewUserForm(settings.Departments, d.form(c, usersPath))
	if err != nil {
		f = f.Refused(err, typed, edit, settings.Departments)
	} else {
		f.Created = &view.OneTimePassword{Email: user.Email, Name: view.UserName(&user), Password: password, URL: userPath(user.ID)}
	}
	if fragment(c) {
		return d.answer(c, statusOf(err), part{"oob/user_new", f})
	}
	return d.showNewUser(c, statusOf(err), f)
}

// statusOf is the status of an answer that shows what was wrong, if anything was.
func statusOf(err error) int {
	if err != nil {
		return Status(err)
	}
	return http.StatusOK
}

func (d *Dashboard) invite(c *fiber.Ctx, email string, edit chat.UserEdit, password string, existing []chat.Department) (chat.User, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return chat.User{}, fmt.Errorf("dashboard: id of a user: %w", err)
	}
	user := chat.User{ID: id.String(), CreatedAt: d.config.Now().UTC()}
	if user.Email, err = chat.CleanEmail(email); err != nil {
		return user, err
	}
	if err := user.Change(edit, user.Seen(), existing); err != nil {
		return user, err
	}
	hash, err := HashPassword(password)
	if err != nil {
		return user, err
	}
	user.SetPassword(hash, true)
	err = d.People.CreateUser(c.UserContext(), user)
	if errors.Is(err, chat.ErrConflict) {
		return user, &chat.InputError{Field: "email", Message: "There is a user with this e-mail already."}
	}
	if err != nil {
		return user, fmt.Errorf("dashboard: create user: %w", err)
	}
	d.audit(c, chat.AuditUserCreated, user.ID, "as "+string(user.Role))
	return user, nil
}

func userPath(id string) string { return usersPath + "/edit/" + url.PathEscape(id) }

// userBody is the page of one user.
type userBody struct {
	Form   view.UserForm
	Access view.UserAccess
}

func (d *Dashboard) user(c *fiber.Ctx) error {
	body, err := d.userBody(c)
	if err != nil {
		return err
	}
	return d.showUser(c, http.StatusOK, body)
}

func (d *Dashboard) userBody(c *fiber.Ctx) (userBody, error) {
	user, err := d.Users.User(c.UserContext(), param(c, "user"))
	if err != nil {
		return userBody{}, fmt.Errorf("dashboard: read user: %w", err)
	}
	settings, err := d.settings(c)
	if err != nil {
		return userBody{}, err
	}
	logins, err := d.Logins.LoginsOf(c.UserContext(), user.ID)
	if err != nil {
		return userBody{}, fmt.Errorf("dashboard: list logins: %w", err)
	}
	form := d.form(c, userPath(user.ID))
	return userBody{
		Form:   view.UserFormOf(&user, settings.Departments, form),
		Access: view.UserAccessOf(&user, len(logins), signedIn(c).user.ID, form, d.clock(c)),
	}, nil
}

func (d *Dashboard) showUser(c *fiber.Ctx, status int, body userBody) error {
	page := d.settingsFrame(c, usersPath)
	page.Title, page.Body = body.Form.Title, body
	return d.render(c, status, "pages/user", page)
}

// changeUser saves name, role and departments, unless a colleague did since the form was made.
func (d *Dashboard) changeUser(c *fiber.Ctx) error {
	edit, seen := readUserEdit(c), form(c, "seen")
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	var before chat.User
	after, cause := d.People.ChangeUser(c.UserContext(), param(c, "user"), func(u *chat.User) error {
		before = *u
		return u.Change(edit, seen, settings.Departments)
	})
	if cause != nil && !refusal(cause) {
		return fmt.Errorf("dashboard: change user: %w", cause)
	}
	if cause == nil {
		d.auditUserChange(c, &before, &after)
		d.everybodyAgain(c)
	}
	body, err := d.userBody(c)
	if err != nil {
		return err
	}
	if cause != nil {
		body.Form = body.Form.Refused(cause, body.Form.Email, edit, settings.Departments)
	}
	return d.settle(c, cause, "User saved", part{"oob/user_form", body.Form}, func(status int) error { return d.showUser(c, status, body) })
}

func (d *Dashboard) auditUserChange(c *fiber.Ctx, before, after *chat.User) {
	if before.Role != after.Role {
		d.audit(c, chat.AuditRoleChanged, after.ID, string(before.Role)+" to "+string(after.Role))
	}
	var changed []string
	if before.Name != after.Name {
		changed = append(changed, "name")
	}
	if strings.Join(before.Departments, "\n") != strings.Join(after.Departments, "\n") {
		changed = append(changed, "departments")
	}
	if len(changed) > 0 {
		d.audit(c, chat.AuditUserChanged, after.ID, strings.Join(changed, ", "))
	}
}

// everybodyAgain makes every open page fetch what it shows, with the rights its viewer has now.
func (d *Dashboard) everybodyAgain(c *fiber.Ctx) { d.changed(c, chat.Change{What: []string{"rights"}}) }
