package dashboard

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// maxWatched is how many conversations a page may ask about at once.
const maxWatched = 64

func (d *Dashboard) presenceRoutes() []route {
	return []route{
		{get, "/presence", agent, d.presence},
		{post, "/presence", agent, d.present},
	}
}

// present is told by an open page where it is: when that changes, again every few seconds, and when it is closed. Every
// process is told, and forgets it by itself.
func (d *Dashboard) present(c *fiber.Ctx) error {
	p := chat.Presence{
		User: signedIn(c).user.ID, Page: form(c, "page"), Conversation: form(c, "conversation"), Typing: chat.Typing(form(c, "typing")),
		Away: c.FormValue("state") == "away", Gone: c.FormValue("state") == "gone",
	}
	if err := p.Check(); err != nil {
		return fmt.Errorf("dashboard: presence: %w", err)
	}
	if !d.Hub.Known(&p) {
		if err := d.within(c, p.Conversation); err != nil {
			return err
		}
		if err := d.Changes.Publish(c.UserContext(), []chat.Change{{Presence: &p, StoredAt: d.config.Now().UTC()}}); err != nil {
			return fmt.Errorf("dashboard: tell presence: %w", err)
		}
	}
	return c.SendStatus(http.StatusNoContent)
}

// presence is who has the asked conversations in view: the marks of their rows, and the thread's head for the open one.
func (d *Dashboard) presence(c *fiber.Ctx) error {
	if !fragment(c) {
		return c.Redirect("/inbox", http.StatusSeeOther)
	}
	var ids []string
	for id := range strings.SplitSeq(strings.Clone(c.Query("ids")), ",") {
		if p := (chat.Presence{Page: "p", Conversation: id}); id != "" && p.Check() == nil && len(ids) < maxWatched {
			ids = append(ids, id)
		}
	}
	there, err := d.watching(c, ids)
	if err != nil {
		return err
	}
	var parts []part
	for _, id := range ids {
		if len(there[id]) > 0 {
			if err := d.within(c, id); errors.Is(err, chat.ErrNotFound) {
				continue // not on a page of this agent's
			} else if err != nil {
				return err
			}
		}
		parts = append(parts, part{"oob/watch", view.Watch{ID: id, People: there[id], Clock: d.clock(c)}})
		if id == c.Query("open") {
			parts = append(parts, part{"oob/viewers", view.Watch{ID: id, People: there[id], Clock: d.clock(c)}})
		}
	}
	return d.answer(c, http.StatusOK, parts...)
}

// watching finds the colleagues who have conversations in view, by conversation. The caller is left out.
func (d *Dashboard) watching(c *fiber.Ctx, ids []string) (map[string][]view.Colleague, error) {
	viewers := d.Hub.Viewers(ids)
	if len(viewers) == 0 {
		return nil, nil
	}
	users, err := d.Users.Users(c.UserContext())
	if err != nil {
		return nil, fmt.Errorf("dashboard: list users: %w", err)
	}
	names := map[string]*chat.User{}
	for i := range users {
		names[users[i].ID] = &users[i]
	}
	out := map[string][]view.Colleague{}
	for id, list := range viewers {
		for _, v := range list {
			if user := names[v.User]; user != nil && v.User != signedIn(c).user.ID {
				out[id] = append(out[id], view.ColleagueOf(user, v.Typing))
			}
		}
	}
	return out, nil
}
