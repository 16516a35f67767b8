package view

import (
	"slices"
	"strings"

	"switchboard/chat"
)

// A BulkBar is what can be done with several conversations of the list at once.
type BulkBar struct {
	On      bool // the list is in select mode
	OnURL   string
	OffURL  string
	CSRF    string
	Return  string
	Choices []OptionGroup
	Known   []string // labels to suggest
}

// An OptionGroup is a named part of a select.
type OptionGroup struct {
	Name    string
	Options []Option
}

// BulkChoices lists what can be chosen: "what:value" each.
func BulkChoices(users []chat.User, departments []chat.Department, me string, clock Clock) []OptionGroup {
	give := OptionGroup{Name: "Assign", Options: []Option{{Value: "assignee:" + me, Name: "Assign to me"}}}
	for i := range users {
		if u := &users[i]; u.DisabledAt.IsZero() && u.ID != me {
			give.Options = append(give.Options, Option{Value: "assignee:" + u.ID, Name: "Assign to " + UserName(u)})
		}
	}
	give.Options = append(give.Options, Option{Value: "assignee:", Name: "Unassign"})
	groups := []OptionGroup{
		{Name: "State", Options: []Option{
			{Value: "close:", Name: "Close…"}, {Value: "state:open", Name: "Open"}, {Value: "state:pending", Name: "Pending"},
		}},
		give,
	}
	for _, c := range SnoozeFormOf(&chat.Conversation{}, clock).Choices {
		option := Option{Value: "snooze:" + c.Value, Name: "Snooze until a reply"}
		if c.When != "" {
			option.Name = "Snooze until " + c.When
		}
		groups[0].Options = append(groups[0].Options, option)
	}
	if len(departments) > 0 {
		move := OptionGroup{Name: "Department"}
		for _, d := range departments {
			move.Options = append(move.Options, Option{Value: "department:" + d.ID, Name: "Move to " + d.Name})
		}
		move.Options = append(move.Options, Option{Value: "department:", Name: "No department"})
		groups = append(groups, move)
	}
	priority := OptionGroup{Name: "Priority"}
	for _, p := range Priorities() {
		priority.Options = append(priority.Options, Option{Value: "priority:" + p, Name: PriorityWord(p) + " priority"})
	}
	flag := OptionGroup{Name: "Flag", Options: []Option{{Value: "flag:yes", Name: "Flag"}, {Value: "flag:no", Name: "Remove flag"}}}
	return append(groups, priority, flag)
}

// A BulkResult says what became of a change of many conversations.
type BulkResult struct {
	Done    int
	Failed  []BulkFailure
	BackURL string
	Clock   Clock
}

// A BulkFailure is one conversation that could not be changed.
type BulkFailure struct{ Name, Why string }

// shownFailures is how many failures a toast names.
const shownFailures = 3

// Title counts what was done and what could not be.
func (r BulkResult) Title() string {
	title := r.Clock.Number(int64(r.Done)) + " done"
	if n := len(r.Failed); n > 0 {
		title += ", " + r.Clock.Number(int64(n)) + " could not"
	}
	return title
}

// Text is the result in one sentence.
func (r BulkResult) Text() string {
	if len(r.Failed) == 0 {
		return r.Title()
	}
	var parts []string
	for _, f := range r.Failed[:min(len(r.Failed), shownFailures)] {
		parts = append(parts, f.Name+": "+f.Why)
	}
	text := r.Title() + ". " + strings.Join(parts, "; ")
	if more := len(r.Failed) - shownFailures; more > 0 {
		text += "; and " + r.Clock.Number(int64(more)) + " more"
	}
	return text
}

// LabelNames lists the names of defined labels.
func LabelNames(defined []chat.LabelDefinition) []string {
	var out []string
	for _, d := range defined {
		out = append(out, d.Name)
	}
	slices.Sort(out)
	return out
}
