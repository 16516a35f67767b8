package dashboard

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
)

// Views keeps the filters people saved under a name.
type Views interface {
	Views(ctx context.Context, user string) ([]chat.SavedView, error)
	View(ctx context.Context, id string) (chat.SavedView, error)
	CreateView(ctx context.Context, v chat.SavedView) error
	UpdateView(ctx context.Context, id string, edit func(*chat.SavedView) error) (chat.SavedView, error)
	DeleteView(ctx context.Context, id string) error
}

// savedLength is the length of a saved view's id, which no ready-made view's key has.
const savedLength = 27

func newViewID() string { return "v" + strings.ToLower(rand.Text()) }

func (d *Dashboard) viewRoutes() []route {
	return []route{
		{get, "/views", agent, d.views},
		{post, "/views", agent, d.createView},
		{post, "/views/:view/name", agent, d.renameView},
		{post, "/views/:view/shared", agent, d.shareView},
		{post, "/views/:view/filter", agent, d.refilterView},
		{post, "/views/:view/order", agent, d.moveView},
		{post, "/views/:view/delete", agent, d.deleteView},
	}
}

// resolve fills in the filter of a saved view. One that is gone, or somebody else's, is the usual list.
func (d *Dashboard) resolve(c *fiber.Ctx, q inboxQuery) (inboxQuery, error) {
	if !isSaved(q.view) || q.changed || q.resolved {
		return q, nil
	}
	v, err := d.Views.View(c.UserContext(), q.view)
	switch {
	case errors.Is(err, chat.ErrNotFound), err == nil && !v.VisibleTo(signedIn(c).user.ID):
		return inboxQueryOf(nil), nil
	case err != nil:
		return q, fmt.Errorf("dashboard: read view: %w", err)
	}
	q.filter, q.resolved = v.Filter.Clean(), true
	return q, nil
}

// views is the list of views alone, with fresh counts.
func (d *Dashboard) views(c *fiber.Ctx) error {
	q := readInboxQuery(c)
	if !fragment(c) {
		return c.Redirect(view.URL("/inbox", q.values()), http.StatusSeeOther)
	}
	nav, err := d.viewNav(c, q)
	if err != nil {
		return err
	}
	return d.render(c, http.StatusOK, "partials/views", nav)
}

// viewNav lists the views with their counts. Ready-made ones keep what else the list is filtered by.
func (d *Dashboard) viewNav(c *fiber.Ctx, q inboxQuery) (view.Navigation, error) {
	nav, clock := view.Navigation{RefreshURL: view.URL("/views", q.values())}, d.clock(c)
	kept := inboxQuery{view: "open", filter: q.filter}
	if isSaved(q.view) {
		kept.filter = chat.ViewFilter{}
	}
	for _, p := range presets() {
		n, err := d.count(c, chat.ViewFilter{State: p.state, Assigned: p.assigned})
		if err != nil {
			return nav, err
		}
		to := kept.with(func(f *chat.ViewFilter) { f.State, f.Assigned = p.state, p.assigned })
		nav.Tabs = append(nav.Tabs, view.ReadyTab(p.key, to.values(), n, q.view == p.key, clock))
	}
	saved, err := d.Views.Views(c.UserContext(), signedIn(c).user.ID)
	if err != nil {
		return nav, fmt.Errorf("dashboard: list views: %w", err)
	}
	for i := range saved {
		n, err := d.count(c, saved[i].Filter.Clean())
		if err != nil {
			return nav, err
		}
		tab := view.SavedTab(&saved[i], n, q.view == saved[i].ID, clock)
		if saved[i].Shared {
			nav.Shared = append(nav.Shared, tab)
		} else {
			nav.Own = append(nav.Own, tab)
		}
	}
	return nav, nil
}

// tools are the chips and forms above the rows.
func (d *Dashboard) tools(c *fiber.Ctx, q inboxQuery, n named) (view.Tools, error) {
	user := &signedIn(c).user
	t := view.Tools{CSRF: signedIn(c).token, MayShare: chat.MayShare(user), Fields: fieldsOf(q), ClearURL: view.URL("/inbox", q.bare().values())}
	for _, s := range q.settings(n) {
		t.Chips = append(t.Chips, chipOf(s))
	}
	t.Save = (len(t.Chips) > 0 || q.filter.Sort != "") && (!isSaved(q.view) || q.changed)
	if !isSaved(q.view) {
		return t, nil
	}
	v, err := d.Views.View(c.UserContext(), q.view)
	if err != nil && !errors.Is(err, chat.ErrNotFound) {
		return t, fmt.Errorf("dashboard: read view: %w", err)
	}
	if err == nil && v.VisibleTo(user.ID) {
		t.View = view.SavedToolsOf(&v, user, n.users, q.changed && !v.Filter.Equal(q.filter))
	}
	return t, nil
}

func chipOf(s setting) view.Chip {
	return view.Chip{ID: strings.ReplaceAll(s.key, " ", "-"), Text: s.text, URL: view.URL("/inbox", s.without.values())}
}

// fieldsOf is the filter as fields of a form, always complete: with its state, and without the view it came from.
func fieldsOf(q inboxQuery) []view.Attribute {
	values := inboxQuery{view: "", filter: q.filter}.values()
	var out []view.Attribute
	for _, key := range slices.Sorted(func(yield func(string) bool) {
		for key := range values {
			if !yield(key) {
				return
			}
		}
	}) {
		for _, value := range values[key] {
			if value != "" {
				out = append(out, view.Attribute{Key: key, Value: value})
			}
		}
	}
	return out
}

// formFilter reads a filter from the fields of a form.
func formFilter(c *fiber.Ctx) chat.ViewFilter {
	values := valuesOf(c.Request().PostArgs())
	values.Del("view")
	return inboxQueryOf(values).filter
}

func (d *Dashboard) createView(c *fiber.Ctx) error {
	user, filter := &signedIn(c).user, formFilter(c)
	v, err := chat.NewView(newViewID(), form(c, "name"), user, filter, 0, d.config.Now())
	if err == nil && form(c, "shared") != "" {
		err = v.Share(true, user)
	}
	if err == nil {
		v.Order, err = d.lastPlace(c, &v)
	}
	if err == nil {
		err = d.Views.CreateView(c.UserContext(), v)
	}
	message, refused := chat.IsInput(err)
	switch {
	case refused:
		q := inboxQuery{filter: filter}
		q.view = presetOf(filter)
		return d.refuseView(c, q, message)
	case err != nil:
		return fmt.Errorf("dashboard: create view: %w", err)
	}
	return d.answerView(c, inboxQuery{view: v.ID}, toast{Text: "View saved"})
}

// lastPlace is the place behind all views of the same kind.
func (d *Dashboard) lastPlace(c *fiber.Ctx, v *chat.SavedView) (int, error) {
	list, err := d.Views.Views(c.UserContext(), v.Owner)
	last := -1
	for i := range list {
		if list[i].Shared == v.Shared {
			last = max(last, list[i].Order)
		}
	}
	return last + 1, err
}

func (d *Dashboard) renameView(c *fiber.Ctx) error {
	name := form(c, "name")
	return d.editView(c, "View renamed", func(v *chat.SavedView) error { return v.Rename(name, &signedIn(c).user) })
}

func (d *Dashboard) shareView(c *fiber.Ctx) error {
	shared, said := form(c, "shared") == "1", "Shared with everybody"
	if !shared {
		said = "Only you see this view now"
	}
	return d.editView(c, said, func(v *chat.SavedView) error {
		if !shared {
			said = "Only its owner sees this view now"
		}
		return v.Share(shared, &signedIn(c).user)
	})
}

func (d *Dashboard) refilterView(c *fiber.Ctx) error {
	filter := formFilter(c)
	return d.editView(c, "View saved", func(v *chat.SavedView) error { return v.Refilter(filter, &signedIn(c).user) })
}

// editView changes a view and shows it.
func (d *Dashboard) editView(c *fiber.Ctx, said string, edit func(*chat.SavedView) error) error {
	id := param(c, "view")
	v, err := d.Views.UpdateView(c.UserContext(), id, edit)
	if message, refused := chat.IsInput(err); refused {
		return d.refuseView(c, inboxQuery{view: id}, message)
	}
	if err != nil {
		return fmt.Errorf("dashboard: edit view: %w", err)
	}
	q := inboxQuery{view: v.ID}
	if !v.VisibleTo(signedIn(c).user.ID) { // somebody else's, not shared any more
		q = inboxQueryOf(nil)
	}
	return d.answerView(c, q, toast{Text: said})
}

func (d *Dashboard) moveView(c *fiber.Ctx) error {
	id, user := param(c, "view"), &signedIn(c).user
	list, err := d.Views.Views(c.UserContext(), user.ID)
	if err != nil {
		return fmt.Errorf("dashboard: list views: %w", err)
	}
	for moved, order := range chat.MoveView(list, id, form(c, "direction") == "up") {
		_, err := d.Views.UpdateView(c.UserContext(), moved, func(v *chat.SavedView) error {
			v.Order = order
			return v.Removable(user)
		})
		if err != nil {
			return fmt.Errorf("dashboard: order views: %w", err)
		}
	}
	return d.answerView(c, inboxQuery{view: id}, toast{Text: "Order saved"})
}

func (d *Dashboard) deleteView(c *fiber.Ctx) error {
	v, err := d.Views.View(c.UserContext(), param(c, "view"))
	if err == nil {
		err = v.Removable(&signedIn(c).user)
	}
	if err == nil {
		err = d.Views.DeleteView(c.UserContext(), v.ID)
	}
	if err != nil {
		return fmt.Errorf("dashboard: delete view: %w", err)
	}
	again := append(fieldsOf(inboxQuery{filter: v.Filter.Clean()}), view.Attribute{Key: "name", Value: v.Name})
	if v.Shared {
		again = append(again, view.Attribute{Key: "shared", Value: "1"})
	}
	return d.answerView(c, inboxQueryOf(nil), toast{Text: "View deleted", Undo: undoTo(c, "/views", again...)})
}

// answerView shows a view: the page's address, or all parts of the column for htmx.
func (d *Dashboard) answerView(c *fiber.Ctx, q inboxQuery, said toast) error {
	if !fragment(c) {
		return c.Redirect(view.URL("/inbox", q.values()), http.StatusSeeOther)
	}
	list, err := d.list(c, q, "")
	if err != nil {
		return err
	}
	c.Set("HX-Replace-Url", listAddress(c, q))
	return d.answer(c, http.StatusOK, part{"oob/list", list}, part{"oob/toast", said})
}

// refuseView says what was wrong with a name.
func (d *Dashboard) refuseView(c *fiber.Ctx, q inboxQuery, message string) error {
	page := d.frame(c, "Inbox", "inbox")
	list, err := d.list(c, q, "")
	if err != nil {
		return err
	}
	list.Tools.Error, list.Tools.Name = message, form(c, "name")
	if fragment(c) {
		return d.answer(c, http.StatusUnprocessableEntity, part{"oob/list_tools", list.Tools})
	}
	page.Body = inboxBody{List: list, Narrow: "list"}
	return d.render(c, http.StatusUnprocessableEntity, "pages/inbox", page)
}
