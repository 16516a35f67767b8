package dashboard

import (
	"context"
	"fmt"
	"slices"

	"switchboard/chat"
)

// shows is the fake's own idea of a query, for every field of it.
func shows(q *chat.ConversationQuery, c *chat.Conversation) bool {
	if !q.Scope.Admits(c) {
		return false
	}
	offered := q.OfferedTo == nil || c.Transfer != nil && (c.Transfer.To == q.OfferedTo.User || slices.Contains(q.OfferedTo.Departments, c.Transfer.Department))
	labels := !slices.ContainsFunc(q.Labels, func(l string) bool { return !slices.Contains(c.Labels, l) })
	return (q.State == "" || c.State == q.State) && (q.Assignee == "" || c.Assignee == q.Assignee) && (!q.Unassigned || c.Assignee == "") &&
		(q.Department == "" || c.Department == q.Department) && (q.Channel == "" || c.Channel == q.Channel) && labels &&
		(q.Priority == "" || c.Priority == q.Priority || q.Priority == "normal" && c.Priority == "") && (!q.Flagged || c.Flagged) && offered &&
		(q.ContactIDs == nil || slices.Contains(q.ContactIDs, c.ContactID)) && (q.IDs == nil || slices.Contains(q.IDs, c.ID))
}

func (f *fake) CountConversations(_ context.Context, q chat.ConversationQuery) (int64, error) {
	unlock, err := f.lock()
	defer unlock()
	var n int64
	for _, c := range f.conversations {
		if shows(&q, &c) {
			n++
		}
	}
	return n, err
}

func (f *fake) Views(_ context.Context, user string) ([]chat.SavedView, error) {
	unlock, err := f.lock()
	defer unlock()
	var list []chat.SavedView
	for _, v := range f.views {
		if v.VisibleTo(user) {
			list = append(list, v)
		}
	}
	chat.SortViews(list)
	return list, err
}

func (f *fake) View(_ context.Context, id string) (chat.SavedView, error) {
	unlock, err := f.lock()
	defer unlock()
	v, ok := f.views[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: view: %w", chat.ErrNotFound)
	}
	return v, err
}

func (f *fake) CreateView(_ context.Context, v chat.SavedView) error {
	unlock, err := f.lock()
	defer unlock()
	f.views[v.ID] = v
	return err
}

func (f *fake) UpdateView(_ context.Context, id string, edit func(*chat.SavedView) error) (chat.SavedView, error) {
	unlock, err := f.lock()
	defer unlock()
	v, ok := f.views[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: view: %w", chat.ErrNotFound)
	}
	if err == nil {
		err = edit(&v)
	}
	if err != nil {
		return chat.SavedView{}, err
	}
	v.Version++
	f.views[id] = v
	return v, nil
}

func (f *fake) DeleteView(_ context.Context, id string) error {
	unlock, err := f.lock()
	defer unlock()
	delete(f.views, id)
	return err
}
