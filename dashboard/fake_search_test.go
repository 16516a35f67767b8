package dashboard

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchboard/chat"
)

func (f *fake) SearchMessages(_ context.Context, q chat.SearchQuery) (chat.List[chat.Hit], error) {
	unlock, err := f.lock()
	defer unlock()
	var hits []chat.Hit
	for id, c := range f.conversations {
		for _, m := range slices.Concat(f.older[id], c.Messages) {
			if q.Scope.Admits(&c) && !m.Deleted && strings.Contains(strings.ToLower(m.Text), strings.ToLower(q.Text)) {
				hits = append(hits, chat.Hit{MessageID: m.ID, Direction: m.Direction, Text: m.Text, At: m.Timestamp, Conversation: c})
			}
		}
	}
	slices.SortFunc(hits, func(a, b chat.Hit) int {
		if n := b.At.Compare(a.At); n != 0 {
			return n
		}
		return strings.Compare(a.MessageID, b.MessageID)
	})
	return page(hits, q.PageRequest), err
}

func (f *fake) SearchNotes(_ context.Context, q chat.SearchQuery) (chat.List[chat.Note], error) {
	unlock, err := f.lock()
	defer unlock()
	var found []chat.Note
	for _, n := range f.notes {
		if n.DeletedAt.IsZero() && strings.Contains(strings.ToLower(n.Text), strings.ToLower(q.Text)) {
			found = append(found, n)
		}
	}
	return page(found, q.PageRequest), err
}

func (f *fake) MatchConversations(ctx context.Context, text string) (chat.Matches, error) {
	m := chat.Matches{Messages: map[string]chat.Hit{}}
	hits, err := f.SearchMessages(ctx, chat.SearchQuery{Text: text, PageRequest: chat.PageRequest{Limit: 1000}})
	if err != nil {
		return m, err
	}
	for _, h := range hits.Items {
		if _, known := m.Messages[h.Conversation.ID]; !known {
			m.Messages[h.Conversation.ID] = h
			m.Conversations = append(m.Conversations, h.Conversation.ID)
		}
	}
	people, err := f.Contacts(ctx, chat.ContactQuery{Search: text, PageRequest: chat.PageRequest{Limit: 1000}})
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, c := range f.conversations {
		if slices.ContainsFunc(people.Items, func(p chat.Contact) bool { return p.ID == c.ContactID }) {
			m.Conversations = append(m.Conversations, id)
		}
	}
	return m, err
}

func (f *fake) MessagesAround(_ context.Context, id, message string, limit int) (l chat.List[chat.Message], newer bool, err error) {
	unlock, err := f.lock()
	defer unlock()
	all := slices.Concat(f.older[id], f.conversations[id].Messages)
	at := slices.IndexFunc(all, func(m chat.Message) bool { return m.ID == message })
	if err == nil && at < 0 {
		err = fmt.Errorf("fake: message: %w", chat.ErrNotFound)
	}
	if err != nil {
		return l, false, err
	}
	from, to := max(0, at-limit/2), min(len(all), at+limit/2)
	if from > 0 {
		l.Next = fmt.Sprint(from)
	}
	l.Items = slices.Clone(all[from:to])
	return l, to < len(all), nil
}
