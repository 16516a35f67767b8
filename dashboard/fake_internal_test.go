package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"switchboard/chat"
)

// internal is what colleagues keep among themselves, in memory.
type internal struct {
	notes       map[string]chat.Note
	comments    []chat.Comment
	notices     []chat.Notification
	escalations []chat.Escalation
}

func (f *fake) Notes(_ context.Context, ids []string, p chat.PageRequest) (chat.List[chat.Note], error) {
	unlock, err := f.lock()
	defer unlock()
	var found []chat.Note
	for _, n := range f.notes {
		if slices.Contains(ids, n.ContactID) && n.DeletedAt.IsZero() {
			found = append(found, n)
		}
	}
	slices.SortFunc(found, func(a, b chat.Note) int { return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID)) })
	return page(found, p), err
}

func (f *fake) AddNote(_ context.Context, n chat.Note) error {
	unlock, err := f.lock()
	defer unlock()
	if f.notes == nil {
		f.notes = map[string]chat.Note{}
	}
	f.notes[n.ID] = n
	return err
}

func (f *fake) UpdateNote(_ context.Context, id string, edit func(*chat.Note) error) (chat.Note, error) {
	unlock, err := f.lock()
	defer unlock()
	n, ok := f.notes[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: note: %w", chat.ErrNotFound)
	}
	if err != nil {
		return n, err
	}
	if err := edit(&n); err != nil {
		return chat.Note{}, err
	}
	f.notes[id] = n
	return n, nil
}

func (f *fake) Comments(_ context.Context, conversation string, p chat.PageRequest) (chat.List[chat.Comment], error) {
	unlock, err := f.lock()
	defer unlock()
	var found []chat.Comment
	for _, c := range slices.Backward(f.comments) {
		if c.ConversationID == conversation && f.conversations[conversation].State != chat.StateClosed {
			found = append(found, c)
		}
	}
	return page(found, p), err
}

func (f *fake) AddComment(ctx context.Context, c chat.Comment) (chat.Conversation, error) {
	conversation, err := f.UpdateConversation(ctx, c.ConversationID, func(doc *chat.Conversation) error {
		_, err := doc.Invite(c.Tagged, c.AuthorName, c.CreatedAt)
		return err
	})
	if err != nil {
		return conversation, err
	}
	unlock, err := f.lock()
	defer unlock()
	f.comments = append(f.comments, c)
	f.notices = append(f.notices, c.Notifications()...)
	return conversation, err
}

func (f *fake) Notify(_ context.Context, list []chat.Notification) error {
	unlock, err := f.lock()
	defer unlock()
	f.notices = append(f.notices, list...)
	return err
}

func (f *fake) Notifications(_ context.Context, user string, p chat.PageRequest) (chat.List[chat.Notification], error) {
	unlock, err := f.lock()
	defer unlock()
	var found []chat.Notification
	for _, n := range slices.Backward(f.notices) {
		if n.UserID == user {
			found = append(found, n)
		}
	}
	return page(found, p), err
}

func (f *fake) CountNotifications(ctx context.Context, user string) (int64, error) {
	all, err := f.Notifications(ctx, user, chat.PageRequest{Limit: 1000})
	return int64(len(all.Items)), err
}

func (f *fake) OpenNotifications(_ context.Context, user, conversation string) (int, error) {
	unlock, err := f.lock()
	defer unlock()
	before := len(f.notices)
	f.notices = slices.DeleteFunc(f.notices, func(n chat.Notification) bool {
		return n.UserID == user && (conversation == "" || n.ConversationID == conversation)
	})
	return before - len(f.notices), err
}

func (f *fake) Escalations(_ context.Context, ids []string, p chat.PageRequest) (chat.List[chat.Escalation], error) {
	unlock, err := f.lock()
	defer unlock()
	var found []chat.Escalation
	for _, e := range f.escalations {
		if slices.Contains(ids, e.ContactID) {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b chat.Escalation) int { return b.At.Compare(a.At) })
	return page(found, p), err
}

func (f *fake) Escalation(_ context.Context, id string) (chat.Escalation, error) {
	unlock, err := f.lock()
	defer unlock()
	i := slices.IndexFunc(f.escalations, func(e chat.Escalation) bool { return e.ID == id })
	if err != nil || i < 0 {
		return chat.Escalation{}, cmp.Or(err, fmt.Errorf("fake: escalation: %w", chat.ErrNotFound))
	}
	return f.escalations[i], nil
}

func (f *fake) TakeEscalation(ctx context.Context, id string, by chat.Author) (chat.Escalation, error) {
	e, err := f.Escalation(ctx, id)
	if err == nil {
		err = e.Take(by, noon)
	}
	if err == nil {
		f.escalations[slices.IndexFunc(f.escalations, func(x chat.Escalation) bool { return x.ID == id })] = e
		_, err = f.UpdateConversation(ctx, e.ConversationID, func(c *chat.Conversation) error { return c.HandOver(&e) })
	}
	return e, err
}
