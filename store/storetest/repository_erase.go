package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// bea is the person who is erased in these tests; ada stays.
var bea = person{"+447700900123", "GB.90000000000000000123"}

// traces are strings that must not be found anywhere once bea is erased.
var traces = []string{"7700900123", "90000000000000000123", "Beatrice", "beatrice", "hidden words", "visitor-of-bea", "bea@example.com"}

// lifeOf is everything the tests know of bea: pages of messages, delivery words, reactions, parked and ignored elements, a
// duplicate, a visit.
func lifeOf(s *script) []chat.Event {
	var events []chat.Event
	for i := range 2*chat.PageSize + 5 {
		e := s.text(bea, fmt.Sprintf("bea-7700900123-%d", i), 10+i, "hidden words "+fmt.Sprint(i))
		e.ContactName, e.Aliases = "Beatrice", map[string]string{"phone": bea.phone}
		events = append(events, e)
	}
	again := events[0]
	s.offset++
	again.Position.Offset = s.offset
	parked := s.edit(bea, "x1", "never-came-7700900123", "hidden words", 500)
	ignored := s.text(bea, "ignored-7700900123", 501, "hidden words")
	ignored.Kind, ignored.Reason = chat.KindIgnored, "unknown_event"
	page := s.event(chat.KindSystem, bea, "page-7700900123", 502)
	page.Channel, page.Account, page.Type, page.NoContact = chat.WebWidget, "wgt", "page_view", true
	page.ContactKey, page.KeyType, page.Aliases = "visitor-of-bea", chat.IdentityVisitor, map[string]string{"visitor_id": "visitor-of-bea"}
	page.Identities = []chat.Identity{{Channel: chat.WebWidget, Scope: "wgt", Kind: chat.IdentityVisitor, Value: "visitor-of-bea"}}
	page.Session = &chat.Session{Referrer: "https://example.com/?hidden words", StartedAt: page.Timestamp}
	written := page
	written.ID, written.Kind, written.NoContact, written.Type, written.Text = chat.EventID("bea on the web"), chat.KindMessage, false, "text", "hidden words on the web"
	written.Claims = map[string]string{"email": "bea@example.com"}
	s.offset++
	written.Position.Offset = s.offset
	return append(events, again, s.status(bea, "bea-7700900123-1", "read", 503), s.reaction(bea, "r-7700900123", "bea-7700900123-2", "👍", 504), parked, ignored, page, written)
}

// colleagues write about bea, and a message proves that her two contacts are one.
func colleagues(t *testing.T, repo *store.Store) (contact string) {
	t.Helper()
	held := all(t, func(r chat.PageRequest) (chat.List[chat.Contact], error) {
		return repo.Contacts(t.Context(), chat.ContactQuery{Search: "7700900123", PageRequest: r})
	})
	require.Len(t, held, 1)
	contact = held[0].ID
	talks, err := repo.Conversations(t.Context(), chat.ConversationQuery{ContactIDs: []string{contact}})
	require.NoError(t, err)
	author := chat.Author{ID: "u1", Name: "Ada"}
	note, err := chat.NewNote("note-1", contact, "", "hidden words of a colleague", "", author, base)
	require.NoError(t, err)
	require.NoError(t, repo.AddNote(t.Context(), note))
	comment, err := chat.NewComment("comment-1", talks.Items[0].ID, "hidden words between colleagues", nil, author, base)
	require.NoError(t, err)
	_, err = repo.AddComment(t.Context(), comment)
	require.NoError(t, err)
	require.NoError(t, repo.RecordEscalation(t.Context(), chat.Escalation{ID: "x1", ContactID: contact, ConversationID: talks.Items[0].ID, Channel: chat.WhatsApp, Reason: "hidden words", At: base}))
	_, err = repo.UpdateContact(t.Context(), contact, func(c *chat.Contact) error {
		return c.SetAttribute("nickname", "Beatrice", "", "Ada", base)
	})
	require.NoError(t, err)
	web := all(t, func(r chat.PageRequest) (chat.List[chat.Contact], error) {
		return repo.Contacts(t.Context(), chat.ContactQuery{Channel: chat.WebWidget, PageRequest: r})
	})
	require.Len(t, web, 1)
	both := (&script{partition: 9, offset: 9000}).text(bea, "proof-7700900123", 600, "hidden words: both are me")
	both.Identities = append(both.Identities, web[0].Identities...)
	apply(t, repo, both)
	return contact
}

// everything is every document of every collection as text.
func everything(t *testing.T, e store.Engine) map[string]string {
	t.Helper()
	found := map[string]string{}
	for _, c := range store.Collections() {
		err := e.Find(t.Context(), c.Name, store.Query{}, func(fill func(any) error) error {
			var doc map[string]any
			if err := fill(&doc); err != nil {
				return err
			}
			text, err := json.Marshal(doc)
			found[c.Name] += string(text) + "\n"
			return err
		})
		require.NoError(t, err)
	}
	return found
}

// gone checks that nothing of bea is in any document, besides what words are allowed to remain.
func gone(t *testing.T, e store.Engine, contact string) {
	t.Helper()
	for collection, text := range everything(t, e) {
		for _, trace := range traces {
			if i := strings.Index(text, trace); i >= 0 {
				t.Fatalf("%s still holds %q: ...%s...", collection, trace, text[max(0, i-200):min(len(text), i+100)])
			}
		}
		require.NotContains(t, text, contact, "%s still names the contact", collection)
	}
	for _, c := range store.Collections() {
		for _, word := range []string{"hidden", "beatrice"} {
			require.NoError(t, e.Search(t.Context(), c.Name, store.TextQuery{Text: word, Limit: 1}, func(func(any) error) error {
				return fmt.Errorf("%s is still found in %s", word, c.Name)
			}))
		}
	}
}

// sealed erases bea to the end, as a process would that runs long enough.
func sealed(t *testing.T, repo *store.Store, contact string) chat.Erasure {
	t.Helper()
	doc, err := repo.StartErasure(t.Context(), contact, chat.ErasureOrder{By: "u1", ByName: "Ada"})
	require.NoError(t, err)
	doc, err = repo.FinishErasure(t.Context(), doc.ID)
	require.NoError(t, err)
	require.Equal(t, chat.ErasureDone, doc.State)
	require.NoError(t, repo.Tidy(t.Context(), time.Now().Add(time.Hour)))
	doc, err = repo.Erasure(t.Context(), doc.ID)
	require.NoError(t, err)
	require.Equal(t, chat.ErasureSealed, doc.State)
	require.Empty(t, doc.Identities)
	require.Empty(t, doc.ContactIDs)
	return doc
}

func erase(t *testing.T, open func(*testing.T) store.Engine) {
	e := open(t)
	repo := repository(t, e)
	s := &script{}
	mine := s.text(ada, "ada-1", 1, "of somebody else")
	events := append([]chat.Event{mine}, lifeOf(s)...)
	apply(t, repo, events...)
	var receipts []chat.Receipt
	for _, x := range events {
		receipts = append(receipts, chat.Receipt{Position: x.Position, Channel: x.Channel, ReceivedAt: x.ReceivedAt, Elements: 1})
	}
	_, err := repo.Apply(t.Context(), nil, receipts...)
	require.NoError(t, err)
	contact := colleagues(t, repo)
	plan, err := repo.PlanErasure(t.Context(), contact)
	require.NoError(t, err)
	require.Equal(t, contact, plan.ContactID)
	counted := map[string]int64{}
	for _, c := range plan.Removed {
		counted[c.Kind] = c.Count
	}
	require.EqualValues(t, 2, counted["contact records"])
	require.EqualValues(t, 2, counted["conversations"])
	require.EqualValues(t, 2*chat.PageSize+7, counted["messages"])
	require.EqualValues(t, 1, counted["notes"])
	require.EqualValues(t, 1, counted["comments"])
	require.EqualValues(t, 1, counted["escalations"])
	require.EqualValues(t, 1, counted["website visits"])
	require.EqualValues(t, len(events), counted["ledger entries"], "all but ada's, and the one that proved both to be one")
	require.Positive(t, counted["message pages"])
	before, err := repo.LedgerSummary(t.Context(), time.Time{}, time.Time{})
	require.NoError(t, err)

	doc := sealed(t, repo, contact)
	require.Equal(t, plan.Removed, doc.Removed)
	gone(t, e, contact)
	after, err := repo.LedgerSummary(t.Context(), time.Time{}, time.Time{})
	require.NoError(t, err)
	require.Equal(t, before, after, "the ledger's sum says the same as before")
	left := look(t, repo)
	require.Len(t, left.Contacts, 1, "somebody else is not touched")
	require.Len(t, left.Conversations, 1)
	again, err := repo.StartErasure(t.Context(), contact, chat.ErasureOrder{By: "u2"})
	require.NoError(t, err)
	require.Equal(t, doc, again, "erasing twice is one erasure")
	_, err = repo.StartErasure(t.Context(), "nobody", chat.ErasureOrder{})
	require.ErrorIs(t, err, chat.ErrNotFound)

	apply(t, repo, events...) // the log is read again
	gone(t, e, contact)
	redelivered := make([]chat.Event, len(events))
	for i, x := range events { // by the platform, now
		x.Position.Offset += 50_000
		x.ReceivedAt = doc.At.Add(time.Hour)
		redelivered[i] = x
	}
	apply(t, repo, redelivered...)
	gone(t, e, contact)
	fresh := &script{partition: 3, offset: 70_000}
	old := fresh.text(bea, "never-seen-7700900123", 700, "hidden words that were late")
	read := fresh.status(bea, "bea-7700900123-3", "read", 0)
	read.Timestamp, read.ReceivedAt = doc.At.Add(time.Hour), doc.At.Add(time.Hour)
	out := apply(t, repo, old, read)
	for i, entry := range out.Entries {
		require.Equal(t, chat.Ignored, entry.Verdict, "event %d", i)
		require.Equal(t, chat.ReasonErased, entry.Reason)
	}
	gone(t, e, contact)
	require.Equal(t, left.Contacts, look(t, repo).Contacts)

	later := fresh.text(bea, "new", 0, "good morning")
	later.Timestamp, later.ReceivedAt = doc.At.Add(time.Hour), doc.At.Add(time.Hour)
	out = apply(t, repo, later)
	require.Equal(t, chat.Applied, out.Entries[0].Verdict)
	require.NotEqual(t, contact, out.Entries[0].ContactID)
	require.Len(t, look(t, repo).Contacts, 2)
	apply(t, repo, redelivered...)
	came := look(t, repo)
	require.Len(t, came.Messages[out.Entries[0].ConversationID], 1, "what is old does not come with the new")
	require.NoError(t, repo.Tidy(t.Context(), time.Now().Add(2*time.Hour)))
	require.Len(t, look(t, repo).Contacts, 2, "and nobody erases the new person")
}

// eraseCrash ends the process before and after each write of an erasure; running Tidy again finishes it.
func eraseCrash(t *testing.T, open func(*testing.T) store.Engine) {
	for _, after := range []bool{false, true} {
		for n := int64(1); ; n++ {
			f := &faulty{Engine: open(t), at: -1, after: after}
			repo := repository(t, f)
			s := &script{}
			apply(t, repo, append([]chat.Event{s.text(ada, "ada-1", 1, "of somebody else")}, lifeOf(s)...)...)
			contact := colleagues(t, repo)
			f.at = f.calls.Load() + n
			doc, err := repo.StartErasure(t.Context(), contact, chat.ErasureOrder{By: "u1"})
			if err == nil {
				_, err = repo.FinishErasure(t.Context(), doc.ID)
			}
			f.at = -1
			finished := err == nil
			if !finished {
				require.ErrorIs(t, err, errInjected)
				if _, err := repo.Erasure(t.Context(), chat.ErasureID(contact)); err != nil { // it had not begun
					require.ErrorIs(t, err, chat.ErrNotFound)
					_, err = repo.StartErasure(t.Context(), contact, chat.ErasureOrder{By: "u1"})
					require.NoError(t, err)
				}
			}
			for i := range 2 {
				require.NoError(t, repo.Tidy(t.Context(), time.Now().Add(time.Duration(i)*time.Hour)))
			}
			gone(t, f, contact)
			require.Len(t, look(t, repo).Contacts, 1)
			if finished {
				require.Greater(t, n, int64(8), "the failure must have been injected somewhere")
				break
			}
		}
	}
}

// meanwhile runs something between the reads and the writes of a batch: before its n-th write.
type meanwhile struct {
	store.Engine
	at    int
	calls int
	do    func()
}

func (m *meanwhile) Write(ctx context.Context, c string, writes []store.Write) ([]error, error) {
	if m.calls++; m.calls == m.at {
		m.do()
	}
	return m.Engine.Write(ctx, c, writes)
}

func (m *meanwhile) WriteAll(ctx context.Context, groups []store.Group) (int, error) {
	return store.WriteInOrder(ctx, m, groups)
}

// eraseMeanwhile erases a person between any two writes of a batch with an old and a new message of theirs: the old one leaves
// no trace, the new one is there, with somebody new.
func eraseMeanwhile(t *testing.T, open func(*testing.T) store.Engine) {
	for n := 1; ; n++ {
		e := open(t)
		repo := repository(t, e)
		s := &script{}
		known := s.text(bea, "bea-7700900123", 10, "hidden words")
		known.ContactName = "Beatrice"
		contact := apply(t, repo, known).Entries[0].ContactID
		between := &meanwhile{Engine: e}
		worker := repository(t, between)
		between.calls, between.at = 0, n
		between.do = func() {
			doc, err := repo.StartErasure(t.Context(), contact, chat.ErasureOrder{By: "u1"})
			require.NoError(t, err)
			_, err = repo.FinishErasure(t.Context(), doc.ID)
			require.NoError(t, err)
		}
		tomorrow := time.Now().UTC().Truncate(time.Millisecond).Add(24 * time.Hour)
		old, later := s.text(bea, "old-7700900123", 20, "hidden words too"), s.text(bea, "later", 0, "good morning")
		later.Timestamp, later.ReceivedAt = tomorrow, tomorrow
		apply(t, worker, old, later)
		if between.calls < n {
			require.Greater(t, n, 3)
			return
		}
		require.NoError(t, repo.Tidy(t.Context(), time.Now().Add(time.Hour)))
		for collection, text := range everything(t, e) {
			require.NotContains(t, text, "hidden words", "%s, erased before write %d", collection, n)
			require.NotContains(t, text, contact, "%s, erased before write %d", collection, n)
		}
		p := look(t, repo)
		require.Len(t, p.Contacts, 1, "erased before write %d", n)
		require.Len(t, p.Conversations, 1)
		require.Equal(t, "good morning", p.Messages[p.Conversations[0].ID][0].Text)
	}
}

// eraseMerged: nothing of a person stays in the records of merges, neither of their own, undone or not, nor of a merge that was
// made while they were part of somebody else.
func eraseMerged(t *testing.T, open func(*testing.T) store.Engine) {
	e := open(t)
	repo := repository(t, e)
	s := &script{}
	cleo := person{"+12025550155", "US.90000000000000000155"}
	theirs := s.text(bea, "bea-7700900123", 10, "hidden words")
	theirs.ContactName = "Beatrice"
	out := apply(t, repo, theirs, s.text(ada, "ada-1", 11, "hello"), s.text(cleo, "cleo-1", 12, "hi"))
	who := func(i int) string { return out.Entries[i].ContactID }
	first, err := repo.MergeContacts(t.Context(), who(1), who(0), order(t, repo, who(1), who(0), chat.MergeChoice{}))
	require.NoError(t, err)
	_, err = repo.MergeContacts(t.Context(), who(1), who(2), order(t, repo, who(1), who(2), chat.MergeChoice{}))
	require.NoError(t, err)
	_, err = repo.UndoMerge(t.Context(), first.ID, "Ada")
	require.NoError(t, err)
	require.Contains(t, everything(t, e)["contact_merges"], "7700900123", "or this test proves nothing")
	sealed(t, repo, who(0))
	for collection, text := range everything(t, e) {
		for _, trace := range traces {
			require.NotContains(t, text, trace, collection)
		}
	}
	left := look(t, repo)
	require.Len(t, left.Contacts, 1)
	require.Equal(t, who(1), left.Contacts[0].ID, "ada, with cleo in her, is not touched")
	require.Len(t, left.Conversations, 2)
}

// labelJobs: a renamed label is renamed everywhere, a dropped one is taken off.
func labelJobs(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	s := &script{}
	by := chat.Editor{Name: "Ada", At: base}
	_, err := repo.UpdateSettings(t.Context(), func(settings *chat.Settings) error { return settings.DefineLabel("vip", "red", by) })
	require.NoError(t, err)
	for i := range 5 {
		who := person{fmt.Sprintf("+1202555010%d", i), ""}
		entry := apply(t, repo, s.text(who, fmt.Sprint("m", i), i, "x")).Entries[0]
		_, err = repo.UpdateConversation(t.Context(), entry.ConversationID, func(c *chat.Conversation) error { return c.AddLabel("vip", "Ada", base) })
		require.NoError(t, err)
		_, err = repo.UpdateContact(t.Context(), entry.ContactID, func(c *chat.Contact) error { return c.AddLabel("vip", "Ada", base) })
		require.NoError(t, err)
	}
	use := func(label string) [2]int64 {
		talks, people, err := repo.LabelUse(t.Context(), label)
		require.NoError(t, err)
		return [2]int64{talks, people}
	}
	require.Equal(t, [2]int64{5, 5}, use("vip"))
	_, err = repo.UpdateSettings(t.Context(), func(settings *chat.Settings) error {
		return settings.ChangeLabel("vip", "key account", "red", settings.Labels[0].Seen(), by)
	})
	require.NoError(t, err)
	require.NoError(t, repo.Tidy(t.Context(), time.Now()))
	require.Equal(t, [2]int64{}, use("vip"))
	require.Equal(t, [2]int64{5, 5}, use("key account"))
	after, err := repo.UpdateSettings(t.Context(), func(settings *chat.Settings) error {
		require.Empty(t, settings.LabelJobs)
		return settings.DropLabel("key account", settings.Labels[0].Seen(), true, by)
	})
	require.NoError(t, err)
	require.Len(t, after.LabelJobs, 1)
	require.NoError(t, repo.Tidy(t.Context(), time.Now()))
	require.Equal(t, [2]int64{}, use("key account"))
}
