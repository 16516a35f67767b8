package dashboard

import (
	"net/http"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const attributesPath = "/settings/attributes"

func (d *Dashboard) attributeSettingsRoutes() []route {
	return []route{
		{get, attributesPath, admin, d.attributeSettings},
		{post, attributesPath, admin, d.saveDefinition},
		{post, attributesPath + "/try", admin, d.tryDefinition},
		{post, attributesPath + "/remove", admin, d.dropDefinition},
		{post, attributesPath + "/move", admin, d.moveDefinition},
	}
}

func (d *Dashboard) attributeSettings(c *fiber.Ctx) error {
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	screen := d.attributesScreen(c, &settings)
	scope := chat.AttributeScope(query(c, "scope"))
	if list := settings.Attributes(scope); list != nil {
		definition, found := chat.AttributeDefinitionOf(*list, query(c, "edit"))
		switch {
		case found:
			screen.Edit = view.DefinitionFormOf(scope, &definition, definition.Seen(), screen.Form)
		case query(c, "new") != "":
			screen.Edit = view.DefinitionFormOf(scope, &chat.AttributeDefinition{Kind: chat.AttributeText}, "", screen.Form)
		}
	}
	return d.showAttributes(c, http.StatusOK, screen)
}

func (d *Dashboard) attributesScreen(c *fiber.Ctx, settings *chat.Settings) view.AttributesScreen {
	return view.AttributesScreenOf(settings, view.Form{CSRF: signedIn(c).token, Return: attributesPath})
}

func (d *Dashboard) showAttributes(c *fiber.Ctx, status int, screen view.AttributesScreen) error {
	page := d.settingsFrame(c, attributesPath)
	page.Body = screen
	return d.render(c, status, "pages/settings_attributes", page)
}

// typedDefinition is the definition as the form was filled in.
func typedDefinition(c *fiber.Ctx) chat.AttributeDefinition {
	return chat.AttributeDefinition{
		Key: form(c, "key"), Kind: chat.AttributeKind(form(c, "kind")), Options: strings.Split(form(c, "options"), "\n"),
		Required: form(c, "required") != "", Pattern: form(c, "pattern"), Hint: form(c, "hint"),
	}
}

// saveDefinition adds a definition, or replaces the one the form was opened on.
func (d *Dashboard) saveDefinition(c *fiber.Ctx) error {
	scope, seen, typed := chat.AttributeScope(form(c, "scope")), form(c, "seen"), typedDefinition(c)
	settings, err := d.editSettings(c, "attributes", string(scope)+" attribute saved", func(s *chat.Settings, by chat.Editor) error {
		if seen == "" {
			return s.DefineAttribute(scope, typed, by)
		}
		return s.ChangeAttribute(scope, typed, seen, by)
	})
	if err != nil && !refusal(err) {
		return err
	}
	screen := d.attributesScreen(c, &settings)
	if err != nil {
		screen.Edit = view.DefinitionFormOf(scope, &typed, d.seenNow(&settings, scope, typed.Key, seen), screen.Form)
		screen.Edit.Refusal, screen.Edit.Conflict = view.RefusalOf(err), d.conflictOf(c, err, typed.Words())
	}
	return d.settleAttributes(c, err, toast{Text: "Attribute saved"}, screen)
}

// seenNow is what the form has seen once a colleague's definition was shown; a definition that is gone is a new one.
func (d *Dashboard) seenNow(settings *chat.Settings, scope chat.AttributeScope, key, seen string) string {
	list := settings.Attributes(scope)
	if list == nil || seen == "" {
		return ""
	}
	if definition, ok := chat.AttributeDefinitionOf(*list, key); ok {
		return definition.Seen()
	}
	return ""
}

// tryDefinition holds a sample value against the definition in the form, without saving anything.
func (d *Dashboard) tryDefinition(c *fiber.Ctx) error {
	typed := typedDefinition(c)
	trial := view.TryDefinition(typed, form(c, "sample"))
	if fragment(c) {
		return d.render(c, http.StatusOK, "partials/trial", trial)
	}
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	screen := d.attributesScreen(c, &settings)
	screen.Edit = view.DefinitionFormOf(chat.AttributeScope(form(c, "scope")), &typed, form(c, "seen"), screen.Form)
	screen.Edit.Trial = trial
	return d.showAttributes(c, http.StatusOK, screen)
}

func (d *Dashboard) dropDefinition(c *fiber.Ctx) error {
	scope, key, seen := chat.AttributeScope(form(c, "scope")), form(c, "key"), form(c, "seen")
	said := toast{Text: "Attribute deleted. Values stay, as free text."}
	settings, err := d.editSettings(c, "attributes", string(scope)+" attribute deleted", func(s *chat.Settings, by chat.Editor) error {
		if list := s.Attributes(scope); list != nil {
			if definition, ok := chat.AttributeDefinitionOf(*list, key); ok {
				said.Undo = undoTo(c, attributesPath, definitionFields(scope, &definition)...)
			}
		}
		return s.DropAttribute(scope, key, seen, by)
	})
	if err != nil && !refusal(err) {
		return err
	}
	screen := d.attributesScreen(c, &settings)
	if list := settings.Attributes(scope); err != nil && list != nil {
		definition, _ := chat.AttributeDefinitionOf(*list, key)
		screen.Edit = view.DefinitionFormOf(scope, &definition, definition.Seen(), screen.Form)
		screen.Edit.Conflict = d.conflictOf(c, err, "deleted")
	}
	return d.settleAttributes(c, err, said, screen)
}

// definitionFields are the fields of a form that defines the attribute again.
func definitionFields(scope chat.AttributeScope, definition *chat.AttributeDefinition) []view.Attribute {
	fields := []view.Attribute{
		{Key: "scope", Value: string(scope)},
		{Key: "key", Value: definition.Key},
		{Key: "kind", Value: string(definition.Kind)},
		{Key: "options", Value: strings.Join(definition.Options, "\n")},
		{Key: "pattern", Value: definition.Pattern},
		{Key: "hint", Value: definition.Hint},
	}
	if definition.Required {
		fields = append(fields, view.Attribute{Key: "required", Value: "1"})
	}
	return fields
}

func (d *Dashboard) moveDefinition(c *fiber.Ctx) error {
	scope, key, up := chat.AttributeScope(form(c, "scope")), form(c, "key"), form(c, "move") == "up"
	settings, err := d.editSettings(c, "attributes", string(scope)+" attributes ordered", func(s *chat.Settings, by chat.Editor) error {
		return s.MoveAttribute(scope, key, up, by)
	})
	if err != nil {
		return err
	}
	back := "down"
	if !up {
		back = "up"
	}
	said := toast{Text: "Order saved", Undo: undoTo(c, attributesPath+"/move",
		view.Attribute{Key: "scope", Value: string(scope)}, view.Attribute{Key: "key", Value: key}, view.Attribute{Key: "move", Value: back})}
	return d.settleAttributes(c, nil, said, d.attributesScreen(c, &settings))
}

func (d *Dashboard) settleAttributes(c *fiber.Ctx, cause error, said toast, screen view.AttributesScreen) error {
	return d.settled(c, cause, said, part{"oob/attributes_screen", screen}, func(status int) error { return d.showAttributes(c, status, screen) })
}
