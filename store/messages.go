package store

import (
	"context"
	"fmt"
	"time"

	"switchboard/chat"
)

// Messages lists a conversation backwards in stretches: the newest ones for an empty cursor, then what came before. Items are
// in display order within the stretch.
func (s *Store) Messages(ctx context.Context, conversationID, before string, limit int) (chat.List[chat.Message], error) {
	r, err := s.reader(ctx, conversationID)
	if err != nil {
		return chat.List[chat.Message]{}, err
	}
	until, err := decodePlace(before)
	if err != nil {
		return chat.List[chat.Message]{}, err
	}
	limit = clampLimit(limit)
	var got []chat.Message
	for i := r.last(); i >= 0 && len(got) <= limit; i-- {
		stretch, err := r.stretch(ctx, i, -1)
		if err != nil {
			return chat.List[chat.Message]{}, err
		}
		if until != nil {
			stretch = stretch[:r.position(stretch, *until, false)]
		}
		got = append(append([]chat.Message(nil), stretch...), got...)
	}
	var l chat.List[chat.Message]
	if len(got) > limit {
		got = got[len(got)-limit:]
		l.Next = encodePlace(got[0].Place())
	}
	l.Items = got
	return l, nil
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
		stretch, err := r.stretch(ctx, i, +1)
		if err != nil {
			return chat.List[chat.Message]{}, err
		}
		if after != nil {
			stretch = stretch[r.position(stretch, *after, true):]
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
	refs []chat.MessagePage // without messages, until a stretch is read
}

// pagesAhead is how many pages are read at once: about a screenful of messages.
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

// stretch reads the messages of page i that lie in its range, and pages that come next on the way up (+1) or down (-1).
func (r *messageReader) stretch(ctx context.Context, i, way int) ([]chat.Message, error) {
	if i == len(r.refs) {
		return r.conv.Messages, nil
	}
	if r.refs[i].Messages == nil {
		if err := r.load(ctx, i, way); err != nil {
			return nil, err
		}
	}
	end := r.conv.PageFrom
	if i+1 < len(r.refs) {
		end = &r.refs[i+1].From
	}
	return r.refs[i].Before(*end), nil
}

func (r *messageReader) load(ctx context.Context, i, way int) error {
	var ids []string
	at := map[string]int{}
	for ; i >= 0 && i < len(r.refs) && len(ids) < pagesAhead; i += way {
		at[r.refs[i].ID] = i
		ids = append(ids, r.refs[i].ID)
	}
	pages, err := get[chat.MessagePage](ctx, r.s.engine, messagePages, ids)
	if err != nil {
		return err
	}
	if len(pages) < len(ids) {
		return fmt.Errorf("store: %d of %d pages are gone: %w", len(ids)-len(pages), len(ids), chat.ErrNotFound)
	}
	for _, p := range pages {
		r.refs[at[p.ID]] = p
	}
	return nil
}

// position is the index of the first message that is not before p (behind p, when past).
func (r *messageReader) position(messages []chat.Message, p chat.Place, past bool) int {
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
