package view

import (
	"slices"

	"switchboard/chat"
)

// A Filter is what the list's form shows.
type Filter struct {
	Saved            string // id of the saved view that is being changed
	Query            string
	Labels           []string // set ones
	Flagged, Offered bool

	States, Assignees, Channels, Department, More, Priorities, Sorts []Option

	ClearURL string
}

// A Chip is one thing a list is filtered by, and the address of the list without it.
type Chip struct {
	ID, Text, URL string
	Count         string // how many there are without it
}

// StateOptions offers the states. The usual one needs no word: open, or all of them for a search and in a saved view.
func StateOptions(f chat.ViewFilter, saved bool) []Option {
	usual, other := [2]string{"", "Open"}, [2]string{"any", "Any state"}
	chosen := string(f.State)
	switch {
	case f.Text != "" || saved:
		usual, other = [2]string{"", "Any state"}, [2]string{"open", "Open"}
	case f.State == chat.StateOpen:
		chosen = ""
	case f.State == "":
		chosen = "any"
	}
	return Options(chosen, usual, other, [2]string{"pending", "Pending"}, [2]string{"snoozed", "Snoozed"}, [2]string{"closed", "Closed"})
}

// AssigneeOptions offers everybody who can have a conversation.
func AssigneeOptions(selected, me string, users []chat.User) []Option {
	pairs := [][2]string{{"", "Anybody"}, {chat.AssignedMe, "Me"}, {chat.AssignedNobody, "Nobody"}}
	for i := range users {
		if users[i].ID != me && (users[i].DisabledAt.IsZero() || users[i].ID == selected) {
			pairs = append(pairs, [2]string{users[i].ID, UserName(&users[i])})
		}
	}
	return withSelected(selected, pairs)
}

// AssignedWord says who an assignee is.
func AssignedWord(assigned string, users []chat.User) string {
	switch assigned {
	case chat.AssignedMe:
		return "me"
	case chat.AssignedNobody:
		return "nobody"
	}
	for i := range users {
		if users[i].ID == assigned {
			return UserName(&users[i])
		}
	}
	return "somebody who left"
}

// DepartmentOptions offers the departments.
func DepartmentOptions(selected string, departments []chat.Department) []Option {
	pairs := [][2]string{{"", "Any department"}}
	for _, d := range departments {
		pairs = append(pairs, [2]string{d.ID, d.Name})
	}
	if selected != "" && !slices.ContainsFunc(departments, func(d chat.Department) bool { return d.ID == selected }) {
		pairs = append(pairs, [2]string{selected, DepartmentWord(selected, nil)})
	}
	return Options(selected, pairs...)
}

// DepartmentWord is the name of a department.
func DepartmentWord(id string, departments []chat.Department) string {
	for _, d := range departments {
		if d.ID == id {
			return d.Name
		}
	}
	return "Department that is gone"
}

// PriorityOptions offers the priorities.
func PriorityOptions(selected string) []Option {
	return Options(selected, [2]string{"", "Any priority"}, [2]string{"urgent", "Urgent"}, [2]string{"high", "High"}, [2]string{"normal", "Normal"}, [2]string{"low", "Low"})
}

// SortOptions offers the orders of the list.
func SortOptions(selected chat.ConversationSort) []Option {
	return Options(string(selected), [2]string{"", "Newest activity"}, [2]string{string(chat.ByWaiting), "Longest waiting"},
		[2]string{string(chat.ByPriority), "Priority"}, [2]string{string(chat.ByCreated), "Newest conversation"}, [2]string{string(chat.ByOldest), "Oldest conversation"})
}

// ChannelOptions offers every channel and all of them.
func ChannelOptions(selected string) []Option {
	pairs := [][2]string{{"", "All channels"}}
	for _, c := range Channels() {
		pairs = append(pairs, [2]string{c.Key, c.Name})
	}
	return withSelected(selected, pairs)
}

// LabelOptions offers the defined labels, and the selected one even if it is not defined.
func LabelOptions(selected string, defined []chat.LabelDefinition) []Option {
	pairs := [][2]string{{"", "Any label"}}
	for _, d := range defined {
		pairs = append(pairs, [2]string{d.Name, d.Name})
	}
	return withSelected(selected, pairs)
}

// MoreLabelOptions offers the defined labels that are not set yet, to add one.
func MoreLabelOptions(set []string, defined []chat.LabelDefinition) []Option {
	first := "Any label"
	if len(set) > 0 {
		first = "And label"
	}
	pairs := [][2]string{{"", first}}
	for _, d := range defined {
		if !slices.Contains(set, d.Name) {
			pairs = append(pairs, [2]string{d.Name, d.Name})
		}
	}
	return Options("", pairs...)
}

// withSelected adds what is selected if it is not offered any more.
func withSelected(selected string, pairs [][2]string) []Option {
	if !slices.ContainsFunc(pairs, func(p [2]string) bool { return p[0] == selected }) {
		pairs = append(pairs, [2]string{selected, selected})
	}
	return Options(selected, pairs...)
}
