package dashboard

import (
	"errors"
	"net/http"
	"strconv"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

const preferencesPath = "/settings/preferences"

func (d *Dashboard) preferenceRoutes() []route {
	return []route{
		{get, preferencesPath, admin, d.preferences},
		{post, preferencesPath + "/addresses", admin, d.setIPPolicy},
		{post, preferencesPath + "/closing", admin, d.setClosing},
		{post, preferencesPath + "/transfer", admin, d.setTransfer},
	}
}

func (d *Dashboard) preferences(c *fiber.Ctx) error {
	settings, err := d.settings(c)
	if err != nil {
		return err
	}
	return d.showPreferences(c, http.StatusOK, d.preferencesScreen(c, &settings))
}

func (d *Dashboard) preferencesScreen(c *fiber.Ctx, settings *chat.Settings) view.PreferencesScreen {
	return view.PreferencesOf(settings, d.config.IPPolicy, view.Form{CSRF: signedIn(c).token, Return: preferencesPath})
}

func (d *Dashboard) showPreferences(c *fiber.Ctx, status int, screen view.PreferencesScreen) error {
	page := d.settingsFrame(c, preferencesPath)
	page.Body = screen
	return d.render(c, status, "pages/settings_preferences", page)
}

func (d *Dashboard) setIPPolicy(c *fiber.Ctx) error {
	policy, seen := form(c, "policy"), form(c, "seen")
	before := ""
	settings, err := d.editSettings(c, "ip_policy", "address policy: "+view.PolicyName(policy), func(s *chat.Settings, by chat.Editor) error {
		before = s.IPPolicy
		return s.SetIPPolicy(policy, seen, by)
	})
	if err != nil && !refusal(err) {
		return err
	}
	screen := d.preferencesScreen(c, &settings)
	if err != nil {
		screen.IP.Error = view.RefusalOf(err).Text
	}
	if conflict, ok := errors.AsType[*chat.ConflictError](err); ok {
		conflict.Theirs = view.PolicyName(conflict.Theirs)
		screen.IP.Conflict = view.ConflictOf(conflict, view.PolicyName(policy), d.clock(c))
		for i := range screen.IP.Choices {
			screen.IP.Choices[i].Chosen = screen.IP.Choices[i].Value == policy
		}
	}
	said := toast{Text: "Saved. New sessions follow within seconds.", Undo: undoTo(c, preferencesPath+"/addresses",
		view.Attribute{Key: "policy", Value: before}, view.Attribute{Key: "seen", Value: settings.IPPolicy})}
	return d.settled(c, err, said, part{"oob/preference_addresses", screen.IP}, func(status int) error { return d.showPreferences(c, status, screen) })
}

func (d *Dashboard) setClosing(c *fiber.Ctx) error {
	rules, seen := chat.ClosingRules{Sentiment: form(c, "sentiment") != "", Notes: form(c, "notes") != "", Tag: form(c, "tag") != ""}, form(c, "seen")
	settings, err := d.editSettings(c, "closing", rules.String(), func(s *chat.Settings, by chat.Editor) error { return s.SetClosing(rules, seen, by) })
	if err != nil && !refusal(err) {
		return err
	}
	screen := d.preferencesScreen(c, &settings)
	if err != nil {
		screen.Closing.Sentiment, screen.Closing.Notes, screen.Closing.Tag = rules.Sentiment, rules.Notes, rules.Tag
		screen.Closing.Error, screen.Closing.Conflict = view.RefusalOf(err).Text, d.conflictOf(c, err, rules.String())
	}
	return d.settled(c, err, toast{Text: "Close dialog saved"}, part{"oob/preference_closing", screen.Closing}, func(status int) error { return d.showPreferences(c, status, screen) })
}

// setTransfer says how long an offered conversation waits for an answer. What is no number is refused by the rules.
func (d *Dashboard) setTransfer(c *fiber.Ctx) error {
	minutes, _ := strconv.Atoi(form(c, "minutes")) //nolint:errcheck // 0 is refused
	seen, _ := strconv.Atoi(form(c, "seen"))       //nolint:errcheck // 0 is nobody's choice
	before := 0
	settings, err := d.editSettings(c, "transfer", "offers wait "+strconv.Itoa(minutes)+" min", func(s *chat.Settings, by chat.Editor) error {
		before = int(s.TransferTime().Minutes())
		return s.SetTransferMinutes(minutes, seen, by)
	})
	if err != nil && !refusal(err) {
		return err
	}
	screen := d.preferencesScreen(c, &settings)
	if err != nil {
		screen.Transfer.Minutes = form(c, "minutes")
		screen.Transfer.Error, screen.Transfer.Conflict = view.RefusalOf(err).Text, d.conflictOf(c, err, strconv.Itoa(minutes)+" min")
	}
	said := toast{Text: "Saved. It holds for the next offer.", Undo: undoTo(c, preferencesPath+"/transfer",
		view.Attribute{Key: "minutes", Value: strconv.Itoa(before)}, view.Attribute{Key: "seen", Value: screen.Transfer.Seen})}
	return d.settled(c, err, said, part{"oob/preference_transfer", screen.Transfer}, func(status int) error { return d.showPreferences(c, status, screen) })
}
