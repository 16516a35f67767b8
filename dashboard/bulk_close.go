package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// showBulkClose asks once how all the selected conversations ended.
func (d *Dashboard) showBulkClose(c *fiber.Ctx, status int, ids []string, entry *view.CloseEntry, wrong chat.InputErrors) error {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: read settings: %w", err)
	}
	if entry == nil {
		entry = &view.CloseEntry{}
	}
	f := &view.HandlingForm{
		Title: "Close", Icon: "circle-check", Name: d.clock(c).Plural(len(ids), "conversation"), BackURL: localPath(form(c, "return"), "/inbox"), CSRF: signedIn(c).token,
		Close: view.CloseFormOf(&settings, entry, "/inbox/bulk"),
	}
	f.Close.IDs = ids
	for _, e := range wrong {
		f.Close.Errors[e.Field] = e.Message
	}
	if fragment(c) { // the answer to a form without a place of its own: the dialog is named by the part
		return d.answer(c, status, part{"oob/handling", f})
	}
	return d.showHandling(c, status, f)
}

// bulkClose closes all the selected conversations with the same words. Those that are closed already stay as they are.
func (d *Dashboard) bulkClose(c *fiber.Ctx, ids []string) error {
	settings, err := d.Settings.Settings(c.UserContext())
	if err != nil {
		return fmt.Errorf("dashboard: read settings: %w", err)
	}
	entry, who := closeEntry(c), by(c)
	closing := entry.Closing()
	if wrong, ok := errors.AsType[chat.InputErrors](closing.Check(&settings)); ok {
		return d.showBulkClose(c, http.StatusUnprocessableEntity, ids, entry, wrong)
	}
	return d.answerBulk(c, d.editAll(c, ids, func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
		return restoringState(conversation), conversation.Close(&chat.ClosingRequest{Closing: closing, Messages: conversation.InboundCount}, &settings, who, at)
	}))
}

// bulkRestore takes a change of many conversations back, as far as nobody has changed them in between in another way that
// stands against it.
func (d *Dashboard) bulkRestore(c *fiber.Ctx) error {
	items, ids := map[string]url.Values{}, []string(nil)
	for _, raw := range formValues(c, "item") {
		item, err := url.ParseQuery(raw)
		if err != nil || item.Get("id") == "" || len(ids) >= maxBulk {
			return fmt.Errorf("dashboard: what to restore: %w", chat.ErrInvalid)
		}
		items[item.Get("id")], ids = item, append(ids, item.Get("id"))
	}
	users, _, err := d.colleagues(c)
	if err != nil {
		return err
	}
	names := map[string]string{}
	for i := range users {
		names[users[i].ID] = view.UserName(&users[i])
	}
	out := d.editAll(c, ids, func(conversation *chat.Conversation, at time.Time) (url.Values, error) {
		return nil, d.restore(c, conversation, items[conversation.ID], names, at)
	})
	return d.answerBulk(c, out)
}

// formValues are copies of all values of a name.
func formValues(c *fiber.Ctx, name string) []string {
	var out []string
	for _, v := range c.Context().PostArgs().PeekMulti(name) {
		out = append(out, string(v))
	}
	return out
}

// restore gives one conversation back what it had.
func (d *Dashboard) restore(c *fiber.Ctx, conversation *chat.Conversation, was url.Values, names map[string]string, at time.Time) error {
	who := by(c)
	var errs []error
	if was.Has("department") {
		name, err := d.department(c, was.Get("department"))
		errs = append(errs, err)
		if err == nil {
			errs = append(errs, conversation.SetDepartment(was.Get("department"), name, who, at))
		}
	}
	if was.Has("assignee") {
		name, known := names[was.Get("assignee")]
		if !known && was.Get("assignee") != "" {
			return fmt.Errorf("dashboard: assignee: %w", chat.ErrInvalid)
		}
		errs = append(errs, conversation.Assign(was.Get("assignee"), name, who, at))
	}
	if was.Has("priority") {
		errs = append(errs, conversation.SetPriority(was.Get("priority"), who, at))
	}
	if was.Has("flag") {
		conversation.SetFlag(was.Get("flag") == "yes", who, at)
	}
	if was.Has("labels") {
		errs = append(errs, conversation.SetLabels(strings.FieldsFunc(was.Get("labels"), func(r rune) bool { return r == ',' }), who, at))
	}
	if was.Has("state") {
		errs = append(errs, restoreState(conversation, was, who, at))
	}
	return errors.Join(errs...)
}

// restoreState goes back to a state, with the time it was snoozed until. Nothing is closed this way: that asks for more.
func restoreState(conversation *chat.Conversation, was url.Values, who string, at time.Time) error {
	state := chat.State(was.Get("state"))
	if state == chat.StateClosed && conversation.State != state {
		return &chat.InputError{Field: "state", Message: "It was closed before: close it again with the dialog."}
	}
	until, err := time.Parse(time.RFC3339, was.Get("until"))
	if state == chat.StateSnoozed && err == nil && until.After(at) {
		return conversation.Snooze(until, who, at)
	}
	return conversation.SetState(state, who, at)
}
