package store

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"switchboard/chat"
)

// Bounds of searches. A page that is still short after so many rounds is answered with where to go on.
const (
	searchRound   = 64  // entries looked at in one round
	searchRounds  = 8   // of one page
	searchWide    = 300 // newest messages an inbox search looks at
	searchPeople  = 50  // people an inbox search is about
	searchOfThem  = 300 // and their conversations
	searchTextMax = 2000
)

// SearchMessages finds messages by what they say now, newest first: neither what was deleted nor what was edited away. They
// are looked up by their ledger entries, which are written once for each message, edit and deletion. A conversation the scope
// does not admit, or that was erased, has none.
func (s *Store) SearchMessages(ctx context.Context, q chat.SearchQuery) (chat.List[chat.Hit], error) {
	after, err := searchCursor(q.Cursor)
	if err != nil {
		return chat.List[chat.Hit]{}, err
	}
	limit := clampLimit(q.Limit)
	var l chat.List[chat.Hit]
	for range searchRounds {
		entries, err := s.searchLedger(ctx, q.Text, after, searchRound)
		if err != nil {
			return chat.List[chat.Hit]{}, err
		}
		hits, err := s.hits(ctx, q.Scope, entries)
		if err != nil {
			return chat.List[chat.Hit]{}, err
		}
		for i := range entries {
			after = entries[i].ID
			hit, ok := hits[after]
			if !ok {
				continue
			}
			if l.Items = append(l.Items, hit); len(l.Items) == limit {
				if i < len(entries)-1 || len(entries) == searchRound {
					l.Next = encodeCursor([]any{after})
				}
				return l, nil
			}
		}
		if len(entries) < searchRound {
			return l, nil
		}
	}
	l.Next = encodeCursor([]any{after})
	return l, nil
}

func searchCursor(cursor string) (after string, err error) {
	values, err := decodeCursor(cursor, 1)
	if err != nil || values == nil {
		return "", err
	}
	after, ok := values[0].(string)
	if !ok || after == "" {
		return "", fmt.Errorf("store: cursor: %w", chat.ErrInvalid)
	}
	return after, nil
}

func (s *Store) searchLedger(ctx context.Context, text, after string, limit int) ([]chat.Entry, error) {
	return search[chat.Entry](ctx, s.engine, ledger, TextQuery{Text: strings.ToValidUTF8(text[:min(len(text), searchTextMax)], ""), Prefix: true, After: after, Limit: limit})
}

func search[T any](ctx context.Context, e Engine, collection string, q TextQuery) ([]T, error) {
	var found []T
	if err := e.Search(ctx, collection, q, into(&found)); err != nil {
		return nil, failure("search in "+collection, err)
	}
	return found, nil
}

// hits turns entries into what their messages say now, by entry id, within the scope.
func (s *Store) hits(ctx context.Context, scope chat.Scope, entries []chat.Entry) (map[string]chat.Hit, error) {
	entries, err := s.admitted(ctx, scope, entries)
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	current, err := s.current(ctx, entries)
	if err != nil || len(current) == 0 {
		return nil, err
	}
	ids := make([]string, 0, len(current))
	for _, h := range current {
		ids = append(ids, h.Conversation.ID)
	}
	found, err := findRows(ctx, s.engine, unique(ids))
	if err != nil {
		return nil, err
	}
	for entry, h := range current {
		c, ok := found[h.Conversation.ID]
		if !ok || !scope.Admits(&c) {
			delete(current, entry)
			continue
		}
		h.Conversation = c
		current[entry] = h
	}
	return current, nil
}

// admitted leaves out messages of conversations outside the scope before anything is read for them: to somebody who sees little,
// nearly all of what is found is of others. Edits stay; their message, which says where it belongs, is not known yet.
func (s *Store) admitted(ctx context.Context, scope chat.Scope, entries []chat.Entry) ([]chat.Entry, error) {
	if scope.Everything() {
		return entries, nil
	}
	var ids []string
	for i := range entries {
		if entries[i].ConversationID != "" {
			ids = append(ids, entries[i].ConversationID)
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	where := append(within(scope), Condition{Path: "id", Is: In, Value: unique(ids)})
	found, err := find[chat.Conversation](ctx, s.engine, conversations, Query{Where: where, Only: []string{"contact_id"}, Limit: len(ids)})
	if err != nil {
		return nil, err
	}
	seen := make(map[string]bool, len(found))
	for i := range found {
		seen[found[i].ID] = true
	}
	return slices.DeleteFunc(slices.Clone(entries), func(e chat.Entry) bool { return e.Kind != chat.KindEdit && !seen[e.ConversationID] }), nil
}

// findRows reads conversations without their messages, by id.
func findRows(ctx context.Context, e Engine, ids []string) (map[string]chat.Conversation, error) {
	rows := make(map[string]chat.Conversation, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), 500)
		found, err := find[chat.Conversation](ctx, e, conversations, Query{Where: []Condition{{Path: "id", Is: In, Value: ids[:n]}}, Only: rowFields})
		if err != nil {
			return nil, err
		}
		for _, c := range found {
			rows[c.ID] = c
		}
		ids = ids[n:]
	}
	return rows, nil
}

// current keeps the entries that give their message the text it has now: a message nobody edited or deleted, or the edit that
// counts. Every message is found at most once, whatever edits say the same word.
func (s *Store) current(ctx context.Context, entries []chat.Entry) (map[string]chat.Hit, error) {
	messages, err := s.messagesOf(ctx, entries)
	if err != nil || len(messages) == 0 {
		return nil, err
	}
	keys := make([]string, 0, len(messages))
	for key := range messages {
		keys = append(keys, key)
	}
	acts, err := findIn[chat.Entry](ctx, s.engine, ledger, "target_key", keys)
	if err != nil {
		return nil, err
	}
	for i := range acts {
		if m, a := messages[acts[i].TargetKey], acts[i].Act; a != nil && m != nil && allowed(&chat.Conversation{Channel: m.entry.Channel}, &m.message, *a) {
			m.message.Act(*a)
		}
	}
	hits := map[string]chat.Hit{}
	for i := range entries {
		e := &entries[i]
		m := messages[keyOf(e)]
		if m == nil || !m.said(e) {
			continue
		}
		hits[e.ID] = chat.Hit{
			MessageID: m.entry.EventID, Direction: m.message.Direction, Text: m.text(), At: m.message.Timestamp,
			Conversation: chat.Conversation{ID: m.entry.ConversationID},
		}
	}
	return hits, nil
}

// A foundMessage is a message as its ledger entries tell it.
type foundMessage struct {
	entry   chat.Entry
	message chat.Message
}

// said reports whether the message says now what it says in an entry.
func (m *foundMessage) said(e *chat.Entry) bool {
	switch {
	case m.message.Deleted:
		return false
	case m.message.Edit != nil:
		return m.message.Edit.EventID == e.EventID
	default:
		return e.ID == m.entry.ID
	}
}

// text is what was found: the message's own words, or those of what it carries.
func (m *foundMessage) text() string {
	text := m.message.Text
	for _, media := range m.message.Content.Media {
		for _, more := range []string{media.Caption, media.Filename} {
			if more != "" && more != text {
				text += " " + more
			}
		}
	}
	return text
}

// keyOf names the message an entry is of or acts on; ids of messages without a platform's id name themselves.
func keyOf(e *chat.Entry) string {
	switch {
	case e.Kind == chat.KindEdit:
		return e.TargetKey
	case e.MessageKey != "":
		return e.MessageKey
	default:
		return e.ID
	}
}

// messagesOf reads the messages that entries are of or act on, by key. Entries of other kinds and further copies have none.
func (s *Store) messagesOf(ctx context.Context, entries []chat.Entry) (map[string]*foundMessage, error) {
	messages := map[string]*foundMessage{}
	keep := func(e *chat.Entry) {
		if e.Verdict != chat.Applied || e.Place == nil || e.ConversationID == "" {
			return
		}
		direction := e.Direction
		if direction == "" {
			direction = map[chat.Kind]chat.Direction{chat.KindMessage: chat.Inbound, chat.KindEcho: chat.Outbound}[e.Kind]
		}
		messages[keyOf(e)] = &foundMessage{*e, chat.Message{
			ID: e.EventID, Direction: direction, Text: e.Text, Timestamp: e.Place.At, Content: chat.Content{Media: e.Media},
		}}
	}
	var edited []string
	for i := range entries {
		switch e := &entries[i]; e.Kind {
		case chat.KindMessage, chat.KindEcho:
			keep(e)
		case chat.KindEdit:
			edited = append(edited, e.TargetKey)
		default:
		}
	}
	if len(edited) == 0 {
		return messages, nil
	}
	originals, err := findIn[chat.Entry](ctx, s.engine, ledger, "message_key", unique(edited))
	if err != nil {
		return nil, err
	}
	for i := range originals {
		keep(&originals[i])
	}
	return messages, nil
}

// MatchConversations finds what an inbox search is about. It looks at the newest messages that hold the words, and at the
// people whose name, number, e-mail or username begins with them; whoever lists the conversations sees to scope and filters.
func (s *Store) MatchConversations(ctx context.Context, text string) (chat.Matches, error) {
	m := chat.Matches{Messages: map[string]chat.Hit{}}
	var ofPeople []chat.Conversation
	err := together(
		func() (err error) { ofPeople, err = s.conversationsOfPeople(ctx, text); return err },
		func() error {
			entries, err := s.searchLedger(ctx, text, "", searchWide)
			if err != nil {
				return err
			}
			hits, err := s.current(ctx, entries)
			for i := range entries {
				h, ok := hits[entries[i].ID]
				if _, known := m.Messages[h.Conversation.ID]; ok && !known {
					m.Messages[h.Conversation.ID] = h
					m.Conversations = append(m.Conversations, h.Conversation.ID)
				}
			}
			return err
		},
	)
	if err != nil {
		return chat.Matches{}, err
	}
	for i := range ofPeople {
		m.Conversations = append(m.Conversations, ofPeople[i].ID)
	}
	m.Conversations = unique(m.Conversations)
	return m, nil
}

func (s *Store) conversationsOfPeople(ctx context.Context, text string) ([]chat.Conversation, error) {
	people, err := s.Contacts(ctx, chat.ContactQuery{Search: text, PageRequest: chat.PageRequest{Limit: searchPeople}})
	if err != nil || len(people.Items) == 0 || len(chat.SearchWords(text)) == 0 {
		return nil, err
	}
	ids := make([]string, len(people.Items))
	for i := range people.Items {
		ids[i] = people.Items[i].ID
	}
	return find[chat.Conversation](ctx, s.engine, conversations, Query{
		Where: []Condition{{Path: "contact_id", Is: In, Value: ids}}, Sort: desc("last_activity_at"), Only: []string{"contact_id"}, Limit: searchOfThem,
	})
}

// SearchNotes finds notes by their words and ticket numbers, newest first. Deleted ones are left out, so a page can be shorter
// than its limit and still have a next one.
func (s *Store) SearchNotes(ctx context.Context, q chat.SearchQuery) (chat.List[chat.Note], error) {
	after, err := searchCursor(q.Cursor)
	if err != nil {
		return chat.List[chat.Note]{}, err
	}
	limit := clampLimit(q.Limit)
	found, err := search[chat.Note](ctx, s.engine, notes, TextQuery{Text: q.Text[:min(len(q.Text), searchTextMax)], Prefix: true, After: after, Limit: limit + 1})
	if err != nil {
		return chat.List[chat.Note]{}, err
	}
	var l chat.List[chat.Note]
	if len(found) > limit {
		found = found[:limit]
		l.Next = encodeCursor([]any{found[limit-1].ID})
	}
	for i := range found {
		if found[i].DeletedAt.IsZero() {
			l.Items = append(l.Items, found[i])
		}
	}
	return l, nil
}
