package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

var (
	first  = person{phone: "+447700900123"}
	second = person{phone: "+447700900124"}
)

// twoPeople wrote on the same account. It answers with their contacts.
func twoPeople(t *testing.T, repo *store.Store, s *script) (a, b string) {
	t.Helper()
	hello := s.text(first, "a1", 1, "from the first")
	hello.ContactName = "First Person"
	other := s.text(second, "b1", 2, "from the second")
	other.ContactName = "Second Person"
	out := apply(t, repo, hello, other)
	a, b = out.Entries[0].ContactID, out.Entries[1].ContactID
	for id, edit := range map[string]func(c *chat.Contact) error{
		a: func(c *chat.Contact) error {
			return errors.Join(c.Set(chat.FieldEmail, "first@example.com", 0, "Ben", base), c.AddLabel("tier::gold", "Ben", base), c.SetAttribute("size", "M", "", "Ben", base))
		},
		b: func(c *chat.Contact) error {
			return errors.Join(c.Set(chat.FieldEmail, "second@example.com", 0, "Ben", base), c.Set(chat.FieldCountry, "GB", 0, "Ben", base),
				c.AddLabel("vip", "Ben", base), c.AddLabel("tier::silver", "Ben", base), c.SetAttribute("size", "L", "", "Ben", base), c.SetAttribute("shoe", "42", "", "Ben", base))
		},
	} {
		_, err := repo.UpdateContact(t.Context(), id, edit)
		require.NoError(t, err)
	}
	return a, b
}

func order(t *testing.T, repo *store.Store, a, b string, choice chat.MergeChoice) chat.MergeOrder {
	t.Helper()
	into, err := repo.Contact(t.Context(), a)
	require.NoError(t, err)
	from, err := repo.Contact(t.Context(), b)
	require.NoError(t, err)
	return chat.MergeOrder{Choice: choice, Digest: chat.MergeDigest(&into, &from), By: "Ada Admin"}
}

// open counts the conversations of a contact that are not closed.
func openOf(p picture, contact string) int {
	n := 0
	for _, c := range p.Conversations {
		if c.ContactID == contact && c.State != chat.StateClosed {
			n++
		}
	}
	return n
}

func platformIDs(list []chat.Message) []string {
	ids := make([]string, len(list))
	for i := range list {
		ids[i] = list[i].MessageID
	}
	return ids
}

func mergeByAgent(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	a, b := twoPeople(t, repo, s)
	before := look(t, repo)
	choice := chat.MergeChoice{Fields: []string{chat.FieldEmail}, Attributes: []string{"size"}}
	_, err := repo.MergeContacts(t.Context(), a, b, chat.MergeOrder{Choice: choice, Digest: "of something else"})
	require.ErrorIs(t, err, chat.ErrConflict, "what was decided about has changed")
	_, err = repo.MergeContacts(t.Context(), a, a, chat.MergeOrder{})
	require.ErrorIs(t, err, chat.ErrInvalid)
	m, err := repo.MergeContacts(t.Context(), a, b, order(t, repo, a, b, choice))
	require.NoError(t, err)
	require.Equal(t, "Second Person", m.FromName)

	p := look(t, repo)
	require.Len(t, p.Contacts, 1)
	c := p.Contacts[0]
	require.Equal(t, []string{"First Person", "second@example.com", "GB"}, []string{c.Name, c.Email, c.Country})
	require.Equal(t, chat.SourceAgent, c.Provenance[chat.FieldName].Source, "chosen over another: no platform changes it again")
	require.Equal(t, []string{"tier::gold", "vip"}, c.Labels)
	require.Equal(t, []chat.Attribute{{Key: "shoe", Value: "42"}, {Key: "size", Value: "L"}}, c.Attributes)
	require.Equal(t, 2, openOf(p, a), "two telephones are two threads, whoever holds them")
	alias, err := repo.Contact(t.Context(), b)
	require.NoError(t, err)
	require.Equal(t, a, alias.ID)
	_, err = repo.MergeContacts(t.Context(), a, b, chat.MergeOrder{})
	require.Error(t, err, "it is merged already")

	withID := person{phone: second.phone, bsuid: "GB.13579"} // learned since: it goes with the thread
	late := apply(t, repo, s.text(withID, "b2", 3, "goes on in the second's thread"), s.text(first, "a2", 4, "and this in the first's")).Entries
	require.Equal(t, []string{a, a}, []string{late[0].ContactID, late[1].ContactID})
	require.NotEqual(t, late[0].ConversationID, late[1].ConversationID)
	_, err = repo.UpdateContact(t.Context(), b, func(c *chat.Contact) error { return c.Set(chat.FieldLocation, "Leeds", 0, "Ben", base) })
	require.NoError(t, err, "who still has the old page open edits the survivor")

	list, err := repo.Merges(t.Context(), a, chat.PageRequest{})
	require.NoError(t, err)
	require.Len(t, list.Items, 1)
	_, split, n, err := repo.UndoPreview(t.Context(), m.ID)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.Equal(t, []string{chat.FieldEmail, chat.FieldCountry}, split.Back)
	require.Equal(t, []string{chat.FieldLocation}, split.Kept)

	m, err = repo.UndoMerge(t.Context(), m.ID, "Ben Agent")
	require.NoError(t, err)
	require.Equal(t, "Ben Agent", m.UndoneBy)
	_, err = repo.UndoMerge(t.Context(), m.ID, "Ben Agent")
	require.ErrorIs(t, err, chat.ErrConflict)
	after := look(t, repo)
	require.Len(t, after.Contacts, 2)
	for id, said := range map[string][]string{a: {"a1", "a2"}, b: {"b1", "b2"}} {
		i := slices.IndexFunc(after.Conversations, func(c chat.Conversation) bool { return c.ContactID == id })
		require.Equal(t, said, platformIDs(after.Messages[after.Conversations[i].ID]), "each has what they wrote, during the merge too")
	}
	ignore := cmp.Options{
		ignoreVersions, cmpopts.IgnoreFields(chat.Contact{}, "Related", "Location", "LastSeenAt"), cmpopts.IgnoreFields(chat.Identity{}, "LastSeen"),
		cmpopts.IgnoreMapEntries(func(field string, _ chat.Provenance) bool { return field == chat.FieldLocation }),
		cmpopts.IgnoreSliceElements(func(term string) bool { return term == "leeds" || strings.HasSuffix(term, withID.bsuid) }),
		cmpopts.IgnoreSliceElements(func(id chat.Identity) bool { return id.Value == withID.bsuid }),
	}
	require.Empty(t, cmp.Diff(before.Contacts, after.Contacts, ignore), "both are what they were")
	require.Equal(t, "Leeds", after.Contacts[0].Location+after.Contacts[1].Location, "what was set since stays")
	require.Equal(t, 1, openOf(after, a))
	require.Equal(t, 1, openOf(after, b))

	out := apply(t, repo, s.text(first, "a3", 5, "mine"), s.text(second, "b3", 6, "mine too"), s.text(person{bsuid: withID.bsuid}, "b4", 7, "me again"))
	require.Equal(t, []string{a, b, b}, []string{out.Entries[0].ContactID, out.Entries[1].ContactID, out.Entries[2].ContactID})
	p = look(t, repo)
	require.Len(t, p.Conversations, 2)
}

// mergeChain: a merge into a merged contact, both undone after all three went on writing.
func mergeChain(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	people := []person{first, second, {phone: "+447700900125"}}
	var ids []string
	said := 0
	write := func() {
		for i, p := range people {
			said++
			entry := apply(t, repo, s.text(p, fmt.Sprintf("%d-%d", i, said), said, "text")).Entries[0]
			if len(ids) < len(people) {
				ids = append(ids, entry.ContactID)
			}
		}
	}
	write()
	one, err := repo.MergeContacts(t.Context(), ids[1], ids[0], order(t, repo, ids[1], ids[0], chat.MergeChoice{}))
	require.NoError(t, err)
	write()
	two, err := repo.MergeContacts(t.Context(), ids[2], ids[1], order(t, repo, ids[2], ids[1], chat.MergeChoice{}))
	require.NoError(t, err)
	write()
	require.Equal(t, 3, openOf(look(t, repo), ids[2]))
	_, err = repo.UndoMerge(t.Context(), two.ID, "Ben")
	require.NoError(t, err)
	write()
	require.Equal(t, 2, openOf(look(t, repo), ids[1]))
	_, err = repo.UndoMerge(t.Context(), one.ID, "Ben")
	require.NoError(t, err)
	write()
	p := look(t, repo)
	require.Len(t, p.Conversations, len(people))
	for _, c := range p.Conversations {
		require.Equal(t, 5, len(p.Messages[c.ID]))
		for _, m := range p.Messages[c.ID] {
			require.Equal(t, ids[int(m.MessageID[0]-'0')], c.ContactID, "message %s", m.MessageID)
		}
	}
}

// mergeOpenedSince: what the taken person opened by their own identity after the merge goes back to them.
func mergeOpenedSince(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	a, b := twoPeople(t, repo, s)
	for _, c := range look(t, repo).Conversations {
		_, err := repo.UpdateConversation(t.Context(), c.ID, func(c *chat.Conversation) error { return c.SetState(chat.StateClosed, "Ben", base) })
		require.NoError(t, err)
	}
	m, err := repo.MergeContacts(t.Context(), a, b, order(t, repo, a, b, chat.MergeChoice{}))
	require.NoError(t, err)
	opened := apply(t, repo, s.text(second, "b2", 10, "a new question")).Entries[0]
	require.Equal(t, a, opened.ContactID)
	_, err = repo.UndoMerge(t.Context(), m.ID, "Ben")
	require.NoError(t, err)
	c, err := repo.Conversation(t.Context(), opened.ConversationID)
	require.NoError(t, err)
	require.Equal(t, b, c.ContactID)
	require.Equal(t, opened.ConversationID, apply(t, repo, s.text(second, "b3", 11, "and on")).Entries[0].ConversationID)
	require.Equal(t, 1, openOf(look(t, repo), b))
	require.Equal(t, 0, openOf(look(t, repo), a))
}

// mergeCrash injects a failure after each write of a merge and of its undoing. Whoever comes next, reader or worker, finishes it.
func mergeCrash(t *testing.T, open func(*testing.T) store.Engine) {
	clean := repository(t, open(t))
	s := &script{}
	a, b := twoPeople(t, clean, s)
	m, err := clean.MergeContacts(t.Context(), a, b, order(t, clean, a, b, chat.MergeChoice{Fields: []string{chat.FieldEmail}}))
	require.NoError(t, err)
	apply(t, clean, s.text(second, "b2", 3, "next"))
	mergedPicture := look(t, clean)
	_, err = clean.UndoMerge(t.Context(), m.ID, "Ben")
	require.NoError(t, err)
	apply(t, clean, s.text(second, "b3", 4, "next"))
	undonePicture := look(t, clean)

	for _, worker := range []bool{false, true} {
		for _, undo := range []bool{false, true} {
			for n := int64(1); ; n++ {
				e := &faulty{Engine: open(t), at: -1, after: true}
				repo := repository(t, e)
				s := &script{}
				a, b := twoPeople(t, repo, s)
				choice := order(t, repo, a, b, chat.MergeChoice{Fields: []string{chat.FieldEmail}})
				next, want := s.text(second, "b2", 3, "next"), mergedPicture
				act := func() error { _, err := repo.MergeContacts(t.Context(), a, b, choice); return err }
				if undo {
					m, err := repo.MergeContacts(t.Context(), a, b, choice)
					require.NoError(t, err)
					apply(t, repo, next)
					next, want = s.text(second, "b3", 4, "next"), undonePicture
					act = func() error { _, err := repo.UndoMerge(t.Context(), m.ID, "Ben"); return err }
				}
				e.at = e.calls.Load() + n
				if err := act(); err == nil {
					require.Greater(t, n, int64(6))
					break
				}
				if !worker {
					_, err := repo.Contact(t.Context(), a)
					require.NoError(t, err)
				}
				apply(t, repo, next)
				_, err := repo.Contact(t.Context(), a)
				require.NoError(t, err)
				got := look(t, repo)
				if worker && !undo && n == 1 { // only the survivor knew: the message came before the merge
					require.Len(t, got.Contacts, 1)
					require.Len(t, got.Ledger, len(want.Ledger))
					continue
				}
				samePicture(t, timeless(want), timeless(got))
			}
		}
	}
}

// timeless leaves out when a merge happened, which is the clock's.
func timeless(p picture) picture {
	for i := range p.Conversations {
		c := &p.Conversations[i]
		c.Timeline, c.Moves, c.Version = nil, nil, 0
	}
	for i := range p.Contacts {
		for name, v := range p.Contacts[i].Provenance {
			if v.By == "Ada Admin" {
				v.At = base
				p.Contacts[i].Provenance[name] = v
			}
		}
	}
	for i := range p.Conversations {
		if p.Conversations[i].State == chat.StateClosed {
			p.Conversations[i].ClosedAt = base
		}
	}
	return p
}

// mergeWhileIngesting: agents merge and undo while messages of both people keep coming in by several workers, some of which
// crash. Afterwards every message is there exactly once and nobody has two open conversations on one account.
func mergeWhileIngesting(t *testing.T, open func(*testing.T) store.Engine) {
	const rounds, perRound = 12, 6
	e := open(t)
	desk := repository(t, e)
	a, b := twoPeople(t, desk, &script{partition: 9})
	var workers, agents sync.WaitGroup
	errs := make([]error, 4)
	turn := make(chan struct{}, 3*rounds) // a worker has got somewhere: the desk does something meanwhile
	for w, p := range []person{first, second, second} {
		breaks := &faulty{Engine: e, at: int64(7 + w), after: true}
		worker := repository(t, breaks)
		s := &script{partition: int32(w)}
		workers.Go(func() {
			for round := range rounds {
				var events []chat.Event
				for i := range perRound {
					events = append(events, s.text(p, fmt.Sprintf("w%d-%d-%d", w, round, i), 100+round*100+i, "message"))
				}
				turn <- struct{}{}
				errs[w] = deliver(t, worker, breaks, events)
				if errs[w] != nil {
					return
				}
			}
		})
	}
	agents.Go(func() { errs[3] = mergeAndUndo(t, desk, a, b, turn, 2*rounds) })
	workers.Wait()
	close(turn)
	agents.Wait()
	require.NoError(t, errors.Join(errs...))
	p := look(t, repository(t, e))
	require.Len(t, p.Contacts, 2)
	seen, openOn := map[string]int{}, map[string]int{}
	for _, c := range p.Conversations {
		for _, m := range p.Messages[c.ID] {
			seen[m.MessageID]++
		}
		require.Contains(t, []string{a, b}, c.ContactID)
		if c.State != chat.StateClosed {
			openOn[c.ContactID]++
			whole, err := desk.Conversation(t.Context(), c.ID)
			require.NoError(t, err)
			require.Equal(t, chat.ThreadKey(c.ContactID, c.Channel, c.Account, c.GroupID), whole.OpenKey)
		}
	}
	require.Len(t, seen, 2+3*rounds*perRound, "nothing is missing")
	for id, n := range seen {
		require.Equal(t, 1, n, "message %s is there %d times", id, n)
	}
	for id, n := range openOn {
		require.LessOrEqual(t, n, 1, "contact %s", id)
	}
	s := &script{partition: 5}
	out := apply(t, desk, s.text(first, "end-a", 5000, "x"), s.text(second, "end-b", 5001, "y"))
	require.Equal(t, []string{a, b}, []string{out.Entries[0].ContactID, out.Entries[1].ContactID})
}

// deliver applies a batch as the log would: after a crash it comes again.
func deliver(t *testing.T, worker *store.Store, breaks *faulty, events []chat.Event) error {
	for {
		_, err := worker.Apply(t.Context(), events)
		if !errors.Is(err, errInjected) {
			return err
		}
		breaks.at = breaks.calls.Load() + 11
		breaks.after = !breaks.after
	}
}

// mergeAndUndo merges the two, now in one direction, now in the other, and undoes it, one step each time somebody else got
// somewhere.
func mergeAndUndo(t *testing.T, desk *store.Store, a, b string, turn <-chan struct{}, steps int) error {
	done := 0
	for into, from := a, b; done < steps; into, from = from, into {
		<-turn
		m, err := desk.MergeContacts(t.Context(), into, from, order(t, desk, into, from, chat.MergeChoice{}))
		if errors.Is(err, chat.ErrConflict) { // a message changed a value that was decided about
			done++
			continue
		}
		if err != nil {
			return err
		}
		<-turn
		if _, err = desk.UndoMerge(t.Context(), m.ID, "Ben"); err != nil {
			return err
		}
		done += 2
	}
	return nil
}
