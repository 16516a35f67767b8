package dashboard

import (
	"fmt"
	"net/http"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const labelsPath = "/settings/labels"

func (d *Dashboard) labelSettingsRoutes() []route {
	return []route{
		{get, labelsPath, supervisor, d.labelSettings},
		{get, labelsPath + "/preview", supervisor, d.previewLabel},
		{post, labelsPath, supervisor, d.defineLabel},
		{post, labelsPath + "/change", supervisor, d.changeLabel},
		{post, labelsPath + "/remove", supervisor, d.dropLabel},
		{post, "/settings/tags", supervisor, d.addTag},
		{post, "/settings/tags/remove", supervisor, d.removeTag},
	}
}

func (d *Dashboard) labelSettings(c *fiber.Ctx) error {
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	screen := d.labelsScreen(c, &settings)
	if name := query(c, "edit"); name != "" {
		if screen.Edit, err = d.labelEdit(c, &settings, name); err != nil {
			return err
		}
	}
	if fragment(c) {
		return d.render(c, http.StatusOK, "partials/labels_screen", screen)
	}
	return d.showLabels(c, http.StatusOK, screen)
}

func (d *Dashboard) labelsScreen(c *fiber.Ctx, settings *chat.Settings) view.LabelsScreen {
	return view.LabelsScreenOf(settings, view.Form{CSRF: signedIn(c).token, Return: labelsPath})
}

func (d *Dashboard) showLabels(c *fiber.Ctx, status int, screen view.LabelsScreen) error {
	page := d.settingsFrame(c, labelsPath)
	page.Body = screen
	return d.render(c, status, "pages/settings_labels", page)
}

// labelEdit is the form of one label with how much it is used; nil when a colleague has removed it.
func (d *Dashboard) labelEdit(c *fiber.Ctx, settings *chat.Settings, name string) (*view.LabelEdit, error) {
	talks, people, err := d.LabelUses.LabelUse(c.UserContext(), name)
	if err != nil {
		return nil, fmt.Errorf("dashboard: count uses of a label: %w", err)
	}
	return view.EditLabel(settings, name, talks, people, d.clock(c)), nil
}

// previewLabel shows a label while it is typed.
func (d *Dashboard) previewLabel(c *fiber.Ctx) error {
	return d.render(c, http.StatusOK, "partials/label_preview", view.PreviewLabel(query(c, "label"), query(c, "color")))
}

func (d *Dashboard) defineLabel(c *fiber.Ctx) error {
	name, color := form(c, "label"), form(c, "color")
	settings, err := d.editSettings(c, "labels", "label added", func(s *chat.Settings, by chat.Editor) error { return s.DefineLabel(name, color, by) })
	if err != nil && !refusal(err) {
		return err
	}
	screen := d.labelsScreen(c, &settings)
	if err != nil {
		screen.New = screen.New.Typed(name, color, view.RefusalOf(err))
	}
	return d.settleLabels(c, err, toast{Text: "Label added"}, screen)
}

func (d *Dashboard) changeLabel(c *fiber.Ctx) error {
	name, to, color, seen := form(c, "name"), form(c, "label"), form(c, "color"), form(c, "seen")
	settings, err := d.editSettings(c, "labels", "label changed", func(s *chat.Settings, by chat.Editor) error {
		return s.ChangeLabel(name, to, color, seen, by)
	})
	if err != nil && !refusal(err) {
		return err
	}
	return d.settleLabel(c, err, toast{Text: "Label saved"}, &settings, name, func(edit *view.LabelEdit) {
		edit.LabelForm = edit.Typed(to, color, view.RefusalOf(err))
		edit.Conflict = d.conflictOf(c, err, to+", "+color)
	})
}

func (d *Dashboard) dropLabel(c *fiber.Ctx) error {
	name, seen, everywhere := form(c, "name"), form(c, "seen"), form(c, "everywhere") != ""
	said := toast{Text: "Label deleted"}
	settings, err := d.editSettings(c, "labels", "label deleted", func(s *chat.Settings, by chat.Editor) error {
		for _, l := range s.Labels {
			if l.Name == name && !everywhere {
				said.Undo = undoTo(c, labelsPath, view.Attribute{Key: "label", Value: name}, view.Attribute{Key: "color", Value: l.Color})
			}
		}
		return s.DropLabel(name, seen, everywhere, by)
	})
	if err != nil && !refusal(err) {
		return err
	}
	return d.settleLabel(c, err, said, &settings, name, func(edit *view.LabelEdit) {
		edit.Refusal = view.RefusalOf(err)
		edit.Conflict = d.conflictOf(c, err, "deleted")
	})
}

// settleLabel answers a change of one label; a refused one shows its form again, as long as there is such a label.
func (d *Dashboard) settleLabel(c *fiber.Ctx, cause error, said toast, settings *chat.Settings, name string, refused func(*view.LabelEdit)) error {
	screen := d.labelsScreen(c, settings)
	if cause != nil {
		edit, err := d.labelEdit(c, settings, name)
		if err != nil {
			return err
		}
		if edit == nil {
			return fmt.Errorf("dashboard: the label is gone: %w", chat.ErrConflict)
		}
		refused(edit)
		screen.Edit = edit
	}
	return d.settleLabels(c, cause, said, screen)
}

func (d *Dashboard) addTag(c *fiber.Ctx) error {
	tag := form(c, "tag")
	settings, err := d.editSettings(c, "tags", "tag added", func(s *chat.Settings, by chat.Editor) error { return s.AddTag(tag, by) })
	if err != nil && !refusal(err) {
		return err
	}
	screen := d.labelsScreen(c, &settings)
	if err != nil {
		screen.Tag, screen.TagError = tag, view.RefusalOf(err).Text
	}
	return d.settleLabels(c, err, toast{Text: "Tag added", Undo: undoTo(c, "/settings/tags/remove", view.Attribute{Key: "tag", Value: tag})}, screen)
}

func (d *Dashboard) removeTag(c *fiber.Ctx) error {
	tag := form(c, "tag")
	settings, err := d.editSettings(c, "tags", "tag removed", func(s *chat.Settings, by chat.Editor) error {
		s.RemoveTag(tag, by)
		return nil
	})
	if err != nil {
		return err
	}
	said := toast{Text: "Tag removed", Undo: undoTo(c, "/settings/tags", view.Attribute{Key: "tag", Value: tag})}
	return d.settleLabels(c, nil, said, d.labelsScreen(c, &settings))
}

func (d *Dashboard) settleLabels(c *fiber.Ctx, cause error, said toast, screen view.LabelsScreen) error {
	return d.settled(c, cause, said, part{"oob/labels_screen", screen}, func(status int) error { return d.showLabels(c, status, screen) })
}
