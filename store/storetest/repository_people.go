package storetest

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

func fiftyWriters(t *testing.T, open func(*testing.T) store.Engine) {
	e := open(t)
	var wg sync.WaitGroup
	errs := make([]error, 50)
	for w := range 50 {
		repo := repository(t, e)
		s := &script{partition: int32(w)}
		p := ada
		switch w % 3 { // the same person under different spellings: all have the BSUID or share the phone
		case 1:
			p.phone = ""
		case 2:
			p.bsuid = ""
		}
		events := []chat.Event{s.text(ada, fmt.Sprintf("w%d-0", w), w, "x"), s.text(p, fmt.Sprintf("w%d-1", w), 100+w, "y"), s.text(ada, "shared", 500, "same everywhere")}
		wg.Go(func() { _, errs[w] = repo.Apply(t.Context(), events) })
	}
	wg.Wait()
	for _, err := range errs {
		require.NoError(t, err)
	}
	p := look(t, repository(t, e))
	require.Len(t, p.Contacts, 1)
	require.Len(t, p.Conversations, 1)
	require.Len(t, p.Messages[p.Conversations[0].ID], 101)
	require.EqualValues(t, 101, p.Conversations[0].InboundCount)
	verdicts := map[chat.Verdict]int{}
	for _, entry := range p.Ledger {
		verdicts[entry.Verdict]++
	}
	require.Equal(t, map[chat.Verdict]int{chat.Applied: 101, chat.Duplicate: 49}, verdicts)
}

func mergeProven(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	onlyPhone, onlyID := person{phone: ada.phone}, person{bsuid: ada.bsuid}
	apply(t, repo, s.text(onlyPhone, "p1", 1, "by phone"))
	apply(t, repo, s.text(onlyID, "b1", 2, "by id"))
	require.Len(t, look(t, repo).Contacts, 2)
	out := apply(t, repo, s.text(ada, "both", 3, "both at once"))
	p := look(t, repo)
	require.Len(t, p.Contacts, 1)
	require.Len(t, p.Contacts[0].Keys, 2)
	require.Len(t, p.Contacts[0].MergedFrom, 1)
	require.Equal(t, p.Contacts[0].ID, out.Entries[0].ContactID)
	open1 := 0
	for _, c := range p.Conversations {
		require.Equal(t, p.Contacts[0].ID, c.ContactID)
		if c.State != chat.StateClosed {
			open1++
		}
	}
	require.Equal(t, 1, open1)
	alias, err := repo.Contact(t.Context(), p.Contacts[0].MergedFrom[0])
	require.NoError(t, err)
	require.Equal(t, p.Contacts[0].ID, alias.ID)
	apply(t, repo, s.text(onlyPhone, "p2", 4, "by phone again"), s.text(onlyID, "b2", 5, "by id again"))
	require.Len(t, look(t, repo).Contacts, 1)
}

func mergeInterrupted(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	onlyPhone, onlyID := person{phone: ada.phone}, person{bsuid: ada.bsuid}
	before := []chat.Event{s.text(onlyPhone, "p1", 1, "by phone"), s.text(onlyID, "b1", 2, "by id")}
	both := s.text(ada, "both", 3, "both at once")
	clean := repository(t, open(t))
	apply(t, clean, before...)
	apply(t, clean, both)
	want := look(t, clean)
	for n := int64(1); ; n++ {
		e := &faulty{Engine: open(t), at: -1, after: true}
		repo := repository(t, e)
		apply(t, repo, before...)
		e.at = e.calls.Load() + n
		_, err := repo.Apply(t.Context(), []chat.Event{both})
		if err == nil {
			require.Greater(t, n, int64(4))
			return
		}
		apply(t, repo, both)
		got := look(t, repo)
		require.Len(t, got.Contacts, 1)
		require.Equal(t, want.Contacts[0].Keys, got.Contacts[0].Keys)
		require.Equal(t, len(want.Messages), len(got.Messages))
	}
}

func numberChange(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	old, next := person{phone: "+447700900123"}, person{phone: "+447700900124"}
	apply(t, repo, s.text(old, "m1", 1, "old number"))
	change := s.event(chat.KindSystem, old, "sys", 2)
	change.Type, change.Change = "user_changed_number", &chat.IdentityChange{Old: old.identities(), New: next.identities()}
	apply(t, repo, change)
	apply(t, repo, s.text(next, "m2", 3, "new number"))
	p := look(t, repo)
	require.Len(t, p.Contacts, 1)
	require.Len(t, p.Conversations, 1)
	apply(t, repo, s.text(old, "m3", 4, "the old number belongs to somebody else now"))
	require.Len(t, look(t, repo).Contacts, 2)
}

// lateUnderOldNumber: order of arrival is not guaranteed, so what somebody wrote before the change may come after it, in a
// later batch or in the same one.
func lateUnderOldNumber(t *testing.T, open func(*testing.T) store.Engine) {
	old, next := person{phone: "+447700900123", bsuid: "GB.1"}, person{phone: "+447700900124", bsuid: "GB.2"}
	for _, together := range []bool{false, true} {
		s := &script{}
		repo := repository(t, open(t))
		change := s.event(chat.KindSystem, old, "sys", 3)
		change.Type, change.Change = "user_changed_number", &chat.IdentityChange{Old: old.identities(), New: next.identities()}
		events := []chat.Event{change, s.text(next, "m3", 4, "new number"), s.text(old, "m1", 1, "late"), s.text(old, "m2", 3, "late, of the same second")}
		if together {
			apply(t, repo, events...)
		} else {
			for _, e := range events {
				apply(t, repo, e)
			}
		}
		p := look(t, repo)
		require.Len(t, p.Contacts, 1)
		require.Equal(t, next.phone, p.Contacts[0].Phone)
		require.Len(t, p.Conversations, 1)
		require.Len(t, p.Messages[p.Conversations[0].ID], 3)
		apply(t, repo, s.text(old, "m4", 5, "somebody else has the number now"))
		require.Len(t, look(t, repo).Contacts, 2)
	}
}

// importedFile: an import brings placeholders first and their files later, under the same ids, perhaps in the same batch, perhaps
// twice.
func importedFile(t *testing.T, open func(*testing.T) store.Engine) {
	for name, apart := range map[string]bool{"in one batch": false, "apart": true} {
		t.Run(name, func(t *testing.T) {
			s := &script{}
			repo := repository(t, open(t))
			placeholder, file := s.event(chat.KindMessage, ada, "m1", 1), s.event(chat.KindMessage, ada, "m1", 1)
			placeholder.Type, placeholder.Flags = "unsupported", []string{chat.FlagHistory, chat.FlagUnsupported}
			file.Type, file.Text, file.Flags = "image", "the receipt", []string{chat.FlagHistory}
			file.Content.Media = []chat.Media{{ID: "700", Type: "image"}}
			again := placeholder
			again.Position.Offset += 10
			events := []chat.Event{placeholder, file, again}
			var changes []chat.Change
			if apart {
				for _, e := range events {
					changes = append(changes, apply(t, repo, e).Changes...)
				}
				require.Len(t, changes, 2, "an open thread shows the file")
			} else {
				changes = apply(t, repo, events...).Changes
			}
			require.Equal(t, 1, changes[0].Messages, "nothing is counted twice")
			p := look(t, repo)
			require.Len(t, p.Conversations, 1)
			messages := p.Messages[p.Conversations[0].ID]
			require.Len(t, messages, 1)
			require.Equal(t, "image", messages[0].Type)
			require.Equal(t, "the receipt", messages[0].Text)
			require.Equal(t, file.Content, messages[0].Content)
			require.Equal(t, []string{chat.FlagHistory}, messages[0].Flags)
			require.Equal(t, "the receipt", p.Conversations[0].Last.Text)
			require.EqualValues(t, 1, p.Conversations[0].MessageCount)

			apply(t, repo, s.remove(ada, "d1", "m1", 9))
			late := file
			late.Position.Offset += 20
			apply(t, repo, late)
			require.Empty(t, look(t, repo).Messages[p.Conversations[0].ID][0].Content, "what was taken back stays so")
		})
	}
}

func sharedBrowser(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	message := func(id, user string, at int) chat.Event {
		e := s.event(chat.KindMessage, person{}, id, at)
		e.Channel, e.Account, e.ContactKey, e.KeyType = chat.WebWidget, "wgt", "v1", chat.IdentityVisitor
		e.Aliases = map[string]string{"visitor_id": "v1"}
		if user != "" {
			e.Identities = append(e.Identities, chat.Identity{Channel: chat.WebWidget, Scope: "wgt", Kind: chat.IdentityExternal, Value: user, Verified: true})
		}
		e.Identities = append(e.Identities, chat.Identity{Channel: chat.WebWidget, Scope: "wgt", Kind: chat.IdentityVisitor, Value: "v1"})
		return e
	}
	anonymous := apply(t, repo, message("m1", "", 1)).Entries[0].ContactID
	first := apply(t, repo, message("m2", "user_1", 2)).Entries[0].ContactID
	require.Equal(t, anonymous, first, "the visitor turned out to be user 1")
	second := apply(t, repo, message("m3", "user_2", 3)).Entries[0].ContactID
	require.NotEqual(t, first, second)
	require.Equal(t, second, apply(t, repo, message("m4", "", 4)).Entries[0].ContactID, "the browser is user 2's now")
	require.Equal(t, first, apply(t, repo, message("m5", "user_1", 5)).Entries[0].ContactID)
	require.Len(t, look(t, repo).Contacts, 2)
}

func visitFirst(t *testing.T, open func(*testing.T) store.Engine) {
	s := &script{}
	repo := repository(t, open(t))
	visitor := []chat.Identity{{Channel: chat.WebWidget, Scope: "wgt", Kind: chat.IdentityVisitor, Value: "v1"}}
	event := func(kind chat.Kind, id string, at int, session chat.Session) chat.Event {
		e := s.event(kind, person{}, id, at)
		e.Channel, e.Account, e.Identities, e.ContactKey, e.KeyType = chat.WebWidget, "wgt", visitor, "v1", chat.IdentityVisitor
		e.Aliases, e.Session, e.NoContact = map[string]string{"visitor_id": "v1"}, &session, kind == chat.KindSystem
		return e
	}
	page := func(url string, at int) chat.Session {
		when := base.Add(time.Duration(at) * time.Second)
		return chat.Session{Pages: []chat.Page{{URL: url, At: when}}, SeenAt: when, StartedAt: when}
	}
	apply(t, repo, event(chat.KindSystem, "pv1", 1, page("https://shop.example/a", 1)))
	require.Empty(t, look(t, repo).Contacts, "looking at a page makes no contact")
	apply(t, repo, event(chat.KindMessage, "m1", 2, chat.Session{Locale: "en-GB", SeenAt: base.Add(2 * time.Second)}))
	apply(t, repo, event(chat.KindSystem, "pv2", 3, page("https://shop.example/b", 3)))
	p := look(t, repo)
	require.Len(t, p.Conversations, 1)
	got := p.Conversations[0].Session
	require.Equal(t, "en-GB", got.Locale)
	require.Len(t, got.Pages, 2)
	require.Equal(t, "https://shop.example/b", got.Pages[1].URL)
}
