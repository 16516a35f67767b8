// Package seed fills an installation with people and conversations that look like a busy desk's. Messages go through the same
// repository call as those that come from webhooks; states, labels and the like through the edits agents make.
package seed

import (
	"context"
	"fmt"
	"time"

	"switchboard/chat"
)

// Store is what seeding writes through.
type Store interface {
	Apply(ctx context.Context, events []chat.Event, receipts ...chat.Receipt) (chat.Outcome, error)
	EditConversations(ctx context.Context, ids []string, edit func(*chat.Conversation) error) error
	EditContacts(ctx context.Context, ids []string, edit func(*chat.Contact) error) error
	AddNotes(ctx context.Context, notes []chat.Note) error
	RecordEscalation(ctx context.Context, e chat.Escalation) error
}

// A Spec says how much there shall be. The same spec makes the same documents.
type Spec struct {
	Conversations int
	Contacts      int
	MessagesPer   int // of a conversation, on average
	Seed          uint64
	Until         time.Time     // when the newest conversations happen
	Over          time.Duration // how far back they go; zero: 180 days
	Agents        []chat.User   // who the conversations are given to
	Departments   []chat.Department
	Routed        int // percent of the conversations that are in one; zero: 50
	Labels        []string
	Progress      func(conversations int) // told after every batch; may be nil
}

// A Talk is a conversation that was seeded, and its person.
type Talk struct{ Conversation, Contact string }

// Result says what was made. Long are conversations with several pages of messages.
type Result struct {
	Messages int
	Long     []Talk
}

// batchSize is how many conversations are written at once. One person never has two of them in a batch.
const batchSize = 500

// longEvery is which of the conversations are long, and longTimes how much longer.
const (
	longEvery = 100
	longTimes = 20
)

// Fill writes the conversations in order of time, oldest first.
func Fill(ctx context.Context, s Store, spec Spec) (Result, error) {
	if spec.Conversations < 1 || spec.Contacts < 1 || spec.MessagesPer < 1 {
		return Result{}, fmt.Errorf("seed: at least one conversation, contact and message: %w", chat.ErrInvalid)
	}
	if spec.Over == 0 {
		spec.Over = 180 * 24 * time.Hour
	}
	spec.Contacts = min(spec.Contacts, spec.Conversations)
	f := &filler{spec: spec, store: s, people: newPeople(spec.Seed, spec.Contacts)}
	size := min(batchSize, spec.Contacts)
	for from := 0; from < spec.Conversations; from += size {
		if err := f.batch(ctx, from, min(from+size, spec.Conversations)); err != nil {
			return f.result, err
		}
		if spec.Progress != nil {
			spec.Progress(min(from+size, spec.Conversations))
		}
	}
	return f.result, nil
}

// A filler is one run.
type filler struct {
	spec   Spec
	store  Store
	people *people
	offset int64 // of the next event, in a log of its own
	result Result
}

// batch writes conversations from to to: their messages, then what agents did with them.
func (f *filler) batch(ctx context.Context, from, to int) error {
	var events []chat.Event
	talks := make([]*talk, 0, to-from)
	for n := from; n < to; n++ {
		t := f.talk(n)
		talks = append(talks, t)
		events = append(events, t.events...)
	}
	outcome, err := f.store.Apply(ctx, events)
	if err != nil {
		return fmt.Errorf("seed: apply: %w", err)
	}
	byID, ids := map[string]*talk{}, make([]string, 0, len(talks))
	contacts := map[string]*talk{}
	var newcomers []string
	i := 0
	for _, t := range talks {
		entry := outcome.Entries[i]
		if entry.Verdict != chat.Applied {
			return fmt.Errorf("seed: a message is %s: %s", entry.Verdict, entry.Reason)
		}
		byID[entry.ConversationID], ids = t, append(ids, entry.ConversationID)
		if t.first {
			contacts[entry.ContactID], newcomers = t, append(newcomers, entry.ContactID)
		}
		if t.long {
			f.result.Long = append(f.result.Long, Talk{entry.ConversationID, entry.ContactID})
		}
		t.contact, t.conversation = entry.ContactID, entry.ConversationID
		i += len(t.events)
	}
	f.result.Messages += len(events)
	if err := f.store.EditConversations(ctx, ids, func(c *chat.Conversation) error { return f.handle(c, byID[c.ID]) }); err != nil {
		return fmt.Errorf("seed: edit conversations: %w", err)
	}
	if err := f.store.EditContacts(ctx, newcomers, func(c *chat.Contact) error { return f.introduce(c, contacts[c.ID]) }); err != nil {
		return fmt.Errorf("seed: edit contacts: %w", err)
	}
	if err := f.notes(ctx, talks); err != nil {
		return err
	}
	return f.handOvers(ctx, from, talks)
}

// notes writes a note about some of the newcomers.
func (f *filler) notes(ctx context.Context, talks []*talk) error {
	var list []chat.Note
	for _, t := range talks {
		if !t.first || !t.chance(20) || len(f.spec.Agents) == 0 {
			continue
		}
		by := f.spec.Agents[t.random.IntN(len(f.spec.Agents))]
		text, ticket := pick(t.random, noteTexts()), ""
		if t.chance(30) {
			ticket = fmt.Sprintf("SUP-%d", 1000+t.random.IntN(9000))
		}
		n, err := chat.NewNote(chat.EventID("seed-note", t.contact), t.contact, "", text, ticket, chat.Author{ID: by.ID, Name: by.Name}, t.last.Add(time.Minute))
		if err != nil {
			return fmt.Errorf("seed: note: %w", err)
		}
		list = append(list, n)
	}
	if len(list) == 0 {
		return nil
	}
	if err := f.store.AddNotes(ctx, list); err != nil {
		return fmt.Errorf("seed: notes: %w", err)
	}
	return nil
}
