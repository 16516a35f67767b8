package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"switchboard/chat"
)

// Messages lists a conversation backwards in stretches: the newest ones for an empty cursor, then what came before. Items are
// in display order within the stretch. It reads the pages it needs and no others, however long the conversation is.
func (s *Store) Messages(ctx context.Context, conversationID, before string, limit int) (chat.List[chat.Message], error) {
	c, err := s.Conversation(ctx, conversationID)
	if err != nil {
		return chat.List[chat.Message]{}, err
	}
	until, err := decodePlace(before)
	if err != nil {
		return chat.List[chat.Message]{}, err
	}
	limit = clampLimit(limit)
	end, got := c.PageFrom, c.Messages
	switch {
	case until == nil:
	case c.Covers(*until):
		got = got[:position(got, *until, false)]
	default:
		end, got = until, nil
	}
	for end != nil && len(got) <= limit {
		pages, err := s.pagesBefore(ctx, conversationID, *end)
		if err != nil {
			return chat.List[chat.Message]{}, err
		}
		for i := range pages {
			got = append(slices.Clone(pages[i].Before(*end)), got...)
			end = &pages[i].From
		}
		if len(pages) == 0 {
			end = nil
		}
	}
	var l chat.List[chat.Message]
	if len(got) > limit {
		got = got[len(got)-limit:]
		l.Next = encodePlace(got[0].Place())
	}
	l.Items = got
	return l, nil
}

// pagesBefore reads some of the pages that begin before a place, the newest first; none when there are no more.
func (s *Store) pagesBefore(ctx context.Context, conversationID string, end chat.Place) ([]chat.MessagePage, error) {
	pages, err := s.pagesFrom(ctx, conversationID, Condition{Path: "from_at", Is: LessOrEqual, Value: end.At})
	if err != nil {
		return nil, err
	}
	before := slices.DeleteFunc(slices.Clone(pages), func(p chat.MessagePage) bool { return p.From.Compare(end) >= 0 })
	if len(before) == 0 && len(pages) > 0 { // all of them begin in the same instant, and later in it
		before, err = s.pagesFrom(ctx, conversationID, Condition{Path: "from_at", Is: Less, Value: end.At})
	}
	slices.SortFunc(before, func(a, b chat.MessagePage) int { return b.From.Compare(a.From) })
	return before, err
}

// pagesFrom reads the newest pages that meet a condition. The index does not order those that begin in one instant, so they
// come together, however many they are.
func (s *Store) pagesFrom(ctx context.Context, conversationID string, where Condition) ([]chat.MessagePage, error) {
	of := Condition{Path: "conversation_id", Is: Equal, Value: conversationID}
	pages, err := find[chat.MessagePage](ctx, s.engine, messagePages, Query{Where: []Condition{of, where}, Sort: desc("from_at"), Limit: pagesAhead})
	if err != nil || len(pages) < pagesAhead {
		return pages, err
	}
	at := pages[pagesAhead-1].FromAt
	instant, err := find[chat.MessagePage](ctx, s.engine, messagePages, Query{Where: []Condition{of, {Path: "from_at", Is: Equal, Value: at}}})
	return append(slices.DeleteFunc(pages, func(p chat.MessagePage) bool { return p.FromAt.Equal(at) }), instant...), err
}

// MessagesOldest lists a conversation forwards.
func (s *Store) MessagesOldest(ctx context.Context, conversationID string, p chat.PageRequest) (chat.List[chat.Message], error) {
	r, err := s.reader(ctx, conversationID)
	if err != nil {
		return chat.List[chat.Message]{}, err
	}
	after, err := decodePlace(p.Cursor)
	if err != nil {
		return chat.List[chat.Message]{}, err
	}
	limit := clampLimit(p.Limit)
	var l chat.List[chat.Message]
	for i := r.first(after); i <= r.last() && len(l.Items) <= limit; i++ {
		stretch, err := r.stretch(ctx, i)
		if err != nil {
			return chat.List[chat.Message]{}, err
		}
		if after != nil {
			stretch = stretch[position(stretch, *after, true):]
		}
		l.Items = append(l.Items, stretch...)
	}
	if len(l.Items) > limit {
		l.Items = l.Items[:limit]
		l.Next = encodePlace(l.Items[limit-1].Place())
	}
	return l, nil
}

// A messageReader walks the stretches of one conversation: its older pages, then its newest page.
type messageReader struct {
	s    *Store
	conv chat.Conversation
	refs []chat.MessagePage
}

// pagesAhead is how many pages are read at once on the way back: about a screenful of messages.
const pagesAhead = 4

func (s *Store) reader(ctx context.Context, id string) (*messageReader, error) {
	c, err := s.Conversation(ctx, id)
	if err != nil {
		return nil, err
	}
	refs, err := s.pageRefs(ctx, &c)
	if err != nil {
		return nil, err
	}
	return &messageReader{s: s, conv: c, refs: refs}, nil
}

func (r *messageReader) last() int { return len(r.refs) }

// first is the stretch to begin with when everything up to after was seen.
func (r *messageReader) first(after *chat.Place) int {
	if after == nil || len(r.refs) == 0 {
		return 0
	}
	if r.conv.Covers(*after) {
		return r.last()
	}
	froms := make([]chat.Place, len(r.refs))
	for i, p := range r.refs {
		froms[i] = p.From
	}
	return chat.CoveringPage(froms, *after)
}

// stretch reads the messages of page i that lie in its range.
func (r *messageReader) stretch(ctx context.Context, i int) ([]chat.Message, error) {
	if i == len(r.refs) {
		return r.conv.Messages, nil
	}
	page, err := one[chat.MessagePage](ctx, r.s.engine, messagePages, r.refs[i].ID)
	if err != nil {
		return nil, err
	}
	end := r.conv.PageFrom
	if i+1 < len(r.refs) {
		end = &r.refs[i+1].From
	}
	return page.Before(*end), nil
}

// position is the index of the first message that is not before p (behind p, when past).
func position(messages []chat.Message, p chat.Place, past bool) int {
	for i := range messages {
		d := messages[i].Place().Compare(p)
		if d > 0 || (d == 0 && !past) {
			return i
		}
	}
	return len(messages)
}

func encodePlace(p chat.Place) string {
	return encodeCursor([]any{p.At, p.Received, fmt.Sprint(p.Sequence), p.ID})
}

func decodePlace(cursor string) (*chat.Place, error) {
	values, err := decodeCursor(cursor, 4)
	if err != nil || values == nil {
		return nil, err
	}
	at, ok1 := values[0].(time.Time)
	received, ok2 := values[1].(time.Time)
	sequence, ok3 := values[2].(string)
	id, ok4 := values[3].(string)
	p := chat.Place{At: at, Received: received, ID: id}
	if _, err := fmt.Sscan(sequence, &p.Sequence); err != nil || !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, fmt.Errorf("store: cursor: %w", chat.ErrInvalid)
	}
	return &p, nil
}

// MessagesAround lists the messages around one, which is about in the middle of them: Next leads to what came before, and newer
// tells whether there is more behind. A message that is not in the conversation is chat.ErrNotFound.
func (s *Store) MessagesAround(ctx context.Context, conversationID, messageID string, limit int) (l chat.List[chat.Message], newer bool, err error) {
	place, err := s.placeOf(ctx, conversationID, messageID)
	if err != nil {
		return l, false, err
	}
	half := max(1, clampLimit(limit)/2)
	behind, err := s.MessagesOldest(ctx, conversationID, chat.PageRequest{Cursor: encodePlace(place), Limit: half})
	if err != nil {
		return l, false, err
	}
	end := ""
	if len(behind.Items) > 0 {
		end = encodePlace(behind.Items[0].Place())
	}
	l, err = s.Messages(ctx, conversationID, end, half)
	l.Items = append(l.Items, behind.Items...)
	return l, behind.Next != "", err
}

// placeOf finds a message's place by its ledger entry, or on the newest page where the ledger does not know it.
func (s *Store) placeOf(ctx context.Context, conversationID, messageID string) (chat.Place, error) {
	c, err := s.Conversation(ctx, conversationID)
	if err != nil {
		return chat.Place{}, err
	}
	for i := range c.Messages {
		if c.Messages[i].ID == messageID {
			return c.Messages[i].Place(), nil
		}
	}
	entry, err := one[chat.Entry](ctx, s.engine, ledger, messageID)
	if err == nil && (entry.Place == nil || entry.ConversationID != conversationID) {
		err = fmt.Errorf("store: message of another conversation: %w", chat.ErrNotFound)
	}
	if err != nil {
		return chat.Place{}, err
	}
	return *entry.Place, nil
}
