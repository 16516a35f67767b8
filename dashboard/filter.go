package dashboard

import (
	"net/url"
	"slices"

	"switchboard/chat"
	"switchboard/dashboard/view"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"
)

// inboxQuery is what the list shows, as its address says it.
type inboxQuery struct {
	view     string          // key of a ready-made view, id of a saved one, or empty: another state or assignee was chosen
	changed  bool            // of a saved view: the filter stands in the address, not in the view
	filter   chat.ViewFilter // of a saved view it is filled in by resolve
	resolved bool
}

// preset is the part of a filter that a ready-made view fixes.
type preset struct {
	key      string
	state    chat.State
	assigned string
}

func presets() []preset {
	return []preset{
		{"open", chat.StateOpen, ""},
		{"mine", chat.StateOpen, chat.AssignedMe},
		{"unassigned", chat.StateOpen, chat.AssignedNobody},
		{"pending", chat.StatePending, ""},
		{"snoozed", chat.StateSnoozed, ""},
		{"closed", chat.StateClosed, ""},
	}
}

// anyState stands in an address where no state is chosen, and the usual one is not meant.
const anyState = "any"

func readInboxQuery(c *fiber.Ctx) inboxQuery {
	return inboxQueryOf(valuesOf(c.Context().QueryArgs()))
}

// valuesOf copies arguments: Fiber's die with the request.
func valuesOf(args *fasthttp.Args) url.Values {
	values := url.Values{}
	args.VisitAll(func(key, value []byte) { values.Add(string(key), string(value)) })
	return values
}

// inboxQueryOf reads an address. What it does not know is left out: every address shows a list.
func inboxQueryOf(v url.Values) inboxQuery {
	q := inboxQuery{view: v.Get("view"), changed: v.Get("changed") != ""}
	f := chat.ViewFilter{
		State: chat.State(v.Get("state")), Assigned: v.Get("assigned"), Department: v.Get("department"), Channel: chat.Channel(v.Get("channel")),
		Labels: v["label"], Priority: v.Get("priority"), Flagged: v.Get("flagged") != "", Offered: v.Get("offered") != "", Text: v.Get("q"),
		Sort: chat.ConversationSort(v.Get("sort")),
	}.Clean()
	if isSaved(q.view) {
		if q.changed {
			q.filter = f
		}
		return q
	}
	q.changed = false
	at := slices.IndexFunc(presets(), func(p preset) bool { return p.key == q.view })
	switch {
	case v.Get("state") != "" || v.Get("assigned") != "":
		if f.State == "" && f.Text == "" && v.Get("state") != anyState {
			f.State = chat.StateOpen
		}
	case at > 0:
		f.State, f.Assigned = presets()[at].state, presets()[at].assigned
	case f.Text == "": // a search looks into every state
		f.State = chat.StateOpen
	}
	q.filter = f
	q.view = presetOf(f)
	return q
}

// isSaved tells the id of a saved view from the key of a ready-made one.
func isSaved(key string) bool { return len(key) == savedLength }

// presetOf is the ready-made view that has this state and assignee, or none.
func presetOf(f chat.ViewFilter) string {
	for _, p := range presets() {
		if p.state == f.State && p.assigned == f.Assigned {
			return p.key
		}
	}
	return ""
}

// values is the query as it stands in addresses; what is usual is left out.
func (q inboxQuery) values() url.Values {
	v := url.Values{}
	if isSaved(q.view) {
		v.Set("view", q.view)
		if !q.changed {
			return v
		}
		v.Set("changed", "1")
	}
	f := q.filter
	switch {
	case isSaved(q.view):
		v.Set("state", string(f.State))
		v.Set("assigned", f.Assigned)
	case q.view == "open":
		if f.Text != "" {
			v.Set("state", string(chat.StateOpen))
		}
	case q.view != "":
		v.Set("view", q.view)
	default:
		v.Set("assigned", f.Assigned)
		v.Set("state", string(f.State))
		if f.State == "" && f.Text == "" {
			v.Set("state", anyState)
		}
	}
	v["label"] = f.Labels
	for name, value := range map[string]string{
		"department": f.Department, "channel": string(f.Channel), "priority": f.Priority, "q": f.Text, "sort": string(f.Sort),
		"flagged": yes(f.Flagged), "offered": yes(f.Offered),
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	return v
}

func yes(b bool) string {
	if b {
		return "1"
	}
	return ""
}

// with is the query with another filter. A saved view becomes a changed one.
func (q inboxQuery) with(change func(*chat.ViewFilter)) inboxQuery {
	q.filter.Labels = slices.Clone(q.filter.Labels)
	change(&q.filter)
	if isSaved(q.view) {
		q.changed = true
		return q
	}
	q.view = presetOf(q.filter)
	return q
}

// named is what names of a filter's values are looked up in.
type named struct {
	users       []chat.User
	departments []chat.Department
	labels      []chat.LabelDefinition
}

// A setting is one thing the list is filtered by, in words, and the query without it.
type setting struct {
	key, text string
	without   inboxQuery
}

// settings lists what the filter sets beyond the view it belongs to.
func (q inboxQuery) settings(n named) []setting {
	f := q.filter
	var out []setting
	add := func(key, text string, set bool, drop func(*chat.ViewFilter)) {
		if set {
			out = append(out, setting{key, text, q.with(drop)})
		}
	}
	custom := q.view == "" || isSaved(q.view)
	add("state", view.StateOf(f.State).Name, custom && f.State != "", func(f *chat.ViewFilter) { f.State = "" })
	add("assigned", "Assigned to "+view.AssignedWord(f.Assigned, n.users), custom && f.Assigned != "", func(f *chat.ViewFilter) { f.Assigned = "" })
	add("department", view.DepartmentWord(f.Department, n.departments), f.Department != "", func(f *chat.ViewFilter) { f.Department = "" })
	add("channel", view.ChannelOf(f.Channel).Name, f.Channel != "", func(f *chat.ViewFilter) { f.Channel = "" })
	for _, label := range f.Labels {
		add("label-"+label, "Label "+label, true, func(f *chat.ViewFilter) { f.Labels = chat.RemoveLabel(f.Labels, label) })
	}
	add("priority", view.PriorityWord(f.Priority)+" priority", f.Priority != "", func(f *chat.ViewFilter) { f.Priority = "" })
	add("flagged", "Flagged", f.Flagged, func(f *chat.ViewFilter) { f.Flagged = false })
	add("offered", "Transferred to me", f.Offered, func(f *chat.ViewFilter) { f.Offered = false })
	add("text", "“"+f.Text+"”", f.Text != "", func(f *chat.ViewFilter) {
		if f.Text = ""; f.State == "" && f.Assigned == "" { // only the search looked into every state
			f.State = chat.StateOpen
		}
	})
	return out
}

// bare is the view without what was chosen beside it.
func (q inboxQuery) bare() inboxQuery {
	if isSaved(q.view) {
		return inboxQuery{view: q.view}
	}
	key := q.view
	if key == "" {
		key = "open"
	}
	return inboxQueryOf(url.Values{"view": {key}})
}
