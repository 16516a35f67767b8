package dashboard

import (
	"context"
	"errors"
	"fmt"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// LabelUses counts what has a label, each up to 1,000.
type LabelUses interface {
	LabelUse(ctx context.Context, label string) (inConversations, inContacts int64, err error)
}

// editSettings changes the settings and writes it to the audit log. A refusal comes back as it is, with the settings as they
// stand. The edit may run more than once.
func (d *Dashboard) editSettings(c *fiber.Ctx, about, detail string, edit func(*chat.Settings, chat.Editor) error) (chat.Settings, error) {
	editor := d.editor(c)
	settings, err := d.Settings.UpdateSettings(c.UserContext(), func(s *chat.Settings) error { return edit(s, editor) })
	if err == nil {
		d.audit(c, chat.AuditSettingsChanged, about, detail)
		return settings, nil
	}
	if !refusal(err) {
		return settings, fmt.Errorf("dashboard: change settings: %w", err)
	}
	current, readErr := d.settings(c)
	if readErr != nil {
		return current, readErr
	}
	return current, err
}

// settled is settle with a way to take the change back.
func (d *Dashboard) settled(c *fiber.Ctx, cause error, said toast, shown part, show func(status int) error) error {
	if cause == nil && fragment(c) {
		return d.answer(c, fiber.StatusOK, shown, part{"oob/toast", said})
	}
	return d.settle(c, cause, said.Text, shown, show)
}

// conflictOf is the colleague's change in a refusal, nil when it was refused for another reason.
func (d *Dashboard) conflictOf(c *fiber.Ctx, cause error, mine string) *view.Conflict {
	if conflict, ok := errors.AsType[*chat.ConflictError](cause); ok {
		return view.ConflictOf(conflict, mine, d.clock(c))
	}
	return nil
}
