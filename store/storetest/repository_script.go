package storetest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

var base = time.Date(2026, 10, 5, 9, 0, 0, 0, time.UTC)

// A person of the tests: a phone and a BSUID.
type person struct{ phone, bsuid string }

func (p person) identities() []chat.Identity {
	var ids []chat.Identity
	if p.bsuid != "" {
		ids = append(ids, chat.Identity{Channel: chat.WhatsApp, Kind: chat.IdentityBSUID, Value: p.bsuid})
	}
	if p.phone != "" {
		ids = append(ids, chat.Identity{Channel: chat.WhatsApp, Kind: chat.IdentityPhone, Value: p.phone})
	}
	return ids
}

// script makes events as a partition would deliver them: each has the next offset.
type script struct {
	partition int32
	offset    int64
}

func (s *script) event(kind chat.Kind, p person, id string, at int) chat.Event {
	s.offset++
	key, kt := p.phone, chat.IdentityPhone
	if key == "" {
		key, kt = p.bsuid, chat.IdentityBSUID
	}
	e := chat.Event{
		ID: chat.EventID("test", string(kind), id), Kind: kind, Channel: chat.WhatsApp, Account: "880000000000001",
		ContactKey: key, KeyType: kt, Identities: p.identities(), MessageID: id, Type: "text", Direction: chat.Inbound,
		Timestamp: base.Add(time.Duration(at) * time.Second), ReceivedAt: base.Add(time.Duration(1000+s.offset) * time.Second),
		RequestID: fmt.Sprintf("r-%d-%d", s.partition, s.offset), Position: chat.Position{Partition: s.partition, Offset: s.offset},
	}
	if kind == chat.KindEcho {
		e.Direction = chat.Outbound
	}
	return e
}

func (s *script) text(p person, id string, at int, text string) chat.Event {
	e := s.event(chat.KindMessage, p, id, at)
	e.Text = text
	return e
}

func (s *script) status(p person, id, word string, at int) chat.Event {
	e := s.event(chat.KindStatus, p, id, at)
	e.ID, e.Status, e.Direction, e.Type = chat.EventID("test", "status", id, word), word, "", ""
	return e
}

func (s *script) reaction(p person, id, target, emoji string, at int) chat.Event {
	e := s.event(chat.KindReaction, p, id, at)
	e.TargetID, e.Emoji, e.Action, e.Type = target, emoji, "add", ""
	return e
}

func (s *script) edit(p person, id, target, text string, at int) chat.Event {
	e := s.event(chat.KindEdit, p, id, at)
	e.TargetID, e.Text = target, text
	return e
}

func (s *script) remove(p person, id, target string, at int) chat.Event {
	e := s.event(chat.KindDelete, p, id, at)
	e.TargetID, e.Type = target, ""
	return e
}

var ada = person{"+12025550143", "US.90000000000000000143"}

func repository(t *testing.T, e store.Engine) *store.Store {
	t.Helper()
	s, err := store.New(t.Context(), e, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	return s
}

func apply(t *testing.T, s *store.Store, events ...chat.Event) chat.Outcome {
	t.Helper()
	out, err := s.Apply(t.Context(), events)
	require.NoError(t, err)
	require.Len(t, out.Entries, len(events))
	return out
}

// A picture is everything a store holds, without what may differ between two equal histories: versions and apply times.
type picture struct {
	Contacts      []chat.Contact
	Conversations []chat.Conversation
	Messages      map[string][]chat.Message
	Ledger        []chat.Entry
}

func look(t *testing.T, s *store.Store) picture {
	t.Helper()
	var p picture
	p.Contacts = all(t, func(r chat.PageRequest) (chat.List[chat.Contact], error) {
		return s.Contacts(t.Context(), chat.ContactQuery{Sort: chat.ContactsByOldest, PageRequest: r})
	})
	p.Conversations = all(t, func(r chat.PageRequest) (chat.List[chat.Conversation], error) {
		return s.Conversations(t.Context(), chat.ConversationQuery{Sort: chat.ByOldest, PageRequest: r})
	})
	p.Messages = map[string][]chat.Message{}
	for _, c := range p.Conversations {
		p.Messages[c.ID] = all(t, func(r chat.PageRequest) (chat.List[chat.Message], error) {
			return s.MessagesOldest(t.Context(), c.ID, r)
		})
	}
	p.Ledger = all(t, func(r chat.PageRequest) (chat.List[chat.Entry], error) {
		return s.Ledger(t.Context(), chat.LedgerQuery{PageRequest: r})
	})
	for i := range p.Ledger {
		p.Ledger[i].AppliedAt = time.Time{}
	}
	return p
}

var ignoreVersions = cmp.Options{
	cmpopts.IgnoreFields(chat.Contact{}, "Version"), cmpopts.IgnoreFields(chat.Conversation{}, "Version", "Filed", "PageFrom"),
	cmpopts.IgnoreFields(chat.Message{}, "Filed"), // where pages were cut, and what was filed on them, follows the batches
	cmpopts.IgnoreFields(chat.Provenance{}, "Version"), cmpopts.EquateEmpty(),
}

func samePicture(t *testing.T, want, got picture) {
	t.Helper()
	if d := cmp.Diff(want, got, ignoreVersions); d != "" {
		t.Fatalf("the documents differ (-want +got):\n%s", d)
	}
}

func all[T any](t *testing.T, page func(chat.PageRequest) (chat.List[T], error)) []T {
	t.Helper()
	var items []T
	r := chat.PageRequest{Limit: 37}
	for {
		l, err := page(r)
		require.NoError(t, err)
		items = append(items, l.Items...)
		if l.Next == "" {
			return items
		}
		r.Cursor = l.Next
	}
}

// story is a history with everything in it: messages late and in time, echoes, statuses before and after, reactions, edits,
// deletions, a duplicate, several pages.
func story() []chat.Event {
	s := &script{}
	bea := person{"+447700900123", "GB.90000000000000000123"}
	events := []chat.Event{
		s.text(ada, "a1", 10, "hello"), s.text(bea, "b1", 11, "hi"), s.status(ada, "out1", "delivered", 40),
		s.event(chat.KindEcho, ada, "out1", 30), s.status(ada, "out1", "read", 50), s.status(ada, "out1", "sent", 31),
		s.text(ada, "a2", 20, "late one"), s.reaction(ada, "r1", "out1", "👍", 60), s.reaction(ada, "r2", "out1", "", 70),
		s.edit(ada, "e1", "a3", "edited", 90), s.text(ada, "a3", 80, "first text"), s.remove(ada, "d1", "a2", 95),
		s.event(chat.KindIgnored, ada, "i1", 96),
	}
	again := events[0]
	s.offset++
	again.Position.Offset, again.RequestID = s.offset, "r-again"
	events = append(events, again)
	for i := range 180 { // many pages
		events = append(events, s.text(ada, fmt.Sprintf("m%d", i), 100+i, fmt.Sprintf("message %d", i)))
	}
	events = append(events, s.text(ada, "late", 101, "very late"), s.reaction(ada, "r3", "m3", "❤️", 900), s.status(bea, "nowhere", "read", 901))
	return events
}

// faulty fails one call: the n-th, before or after it is done.
type faulty struct {
	store.Engine
	calls atomic.Int64
	at    int64
	after bool
}

var errInjected = errors.New("injected failure")

func (f *faulty) Write(ctx context.Context, c string, writes []store.Write) ([]error, error) {
	if f.calls.Add(1) != f.at {
		return f.Engine.Write(ctx, c, writes)
	}
	if !f.after {
		return nil, errInjected
	}
	half := writes[:(len(writes)+1)/2] // a crash in the middle of a batch of writes
	if _, err := f.Engine.Write(ctx, c, half); err != nil {
		return nil, err
	}
	return nil, errInjected
}

func (f *faulty) WriteAll(ctx context.Context, groups []store.Group) (int, error) {
	return store.WriteInOrder(ctx, f, groups)
}
