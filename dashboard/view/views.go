package view

import (
	"net/url"
	"strconv"

	"switchboard/chat"
)

// A Navigation lists the views of the inbox with their counts. It is fetched again when something changed.
type Navigation struct {
	Tabs       []Tab // ready-made
	Shared     []Tab
	Own        []Tab
	RefreshURL string
}

// A Tab is one view of the inbox.
type Tab struct {
	Key, Name, Count, URL string
	Current               bool
}

// ReadyTab is the tab of a ready-made view.
func ReadyTab(key string, query url.Values, count int64, current bool, clock Clock) Tab {
	return Tab{Key: key, Name: sentence(key), URL: URL("/inbox", query), Count: clock.countOrNone(count), Current: current}
}

// SavedTab is the tab of a saved view.
func SavedTab(v *chat.SavedView, count int64, current bool, clock Clock) Tab {
	return Tab{Key: v.ID, Name: v.Name, URL: URL("/inbox", url.Values{"view": {v.ID}}), Count: clock.countOrNone(count), Current: current}
}

func (c Clock) countOrNone(n int64) string {
	if n == 0 {
		return ""
	}
	return c.Count(n)
}

// Tools stand above the rows: what the list is filtered by, and what can be done with that.
type Tools struct {
	Chips    []Chip
	ClearURL string
	CSRF     string
	Fields   []Attribute // the filter, as hidden fields of a form
	Save     bool        // there is a filter worth keeping
	MayShare bool
	Name     string // typed before it was refused
	Error    string
	View     *SavedTools // the saved view that is shown
}

// SavedTools are what can be done with a saved view.
type SavedTools struct {
	ID, Name                                                string
	Owner                                                   string // of somebody else's shared view
	Shared, Changed, MayEdit                                bool
	URL, RenameURL, ShareURL, FilterURL, MoveURL, DeleteURL string
	Share                                                   string // what the form asks for: 1 or 0
	Open                                                    bool   // the form stands open
}

// SavedToolsOf makes the tools of a saved view.
func SavedToolsOf(v *chat.SavedView, user *chat.User, users []chat.User, changed bool) *SavedTools {
	base := "/views/" + url.PathEscape(v.ID)
	t := &SavedTools{
		ID: v.ID, Name: v.Name, Shared: v.Shared, Changed: changed, MayEdit: v.MayEdit(user), URL: URL("/inbox", url.Values{"view": {v.ID}}),
		RenameURL: base + "/name", ShareURL: base + "/shared", FilterURL: base + "/filter", MoveURL: base + "/order", DeleteURL: base + "/delete",
	}
	t.Share = strconv.Itoa(1)
	if v.Shared {
		t.Share = "0"
	}
	if v.Owner != user.ID {
		t.Owner = AssignedWord(v.Owner, users)
	}
	return t
}
