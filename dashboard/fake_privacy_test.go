package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"switchboard/chat"
)

// privacy is what erasures leave behind, in memory.
type privacy struct {
	erasures map[string]chat.Erasure
	slow     error // what FinishErasure and an export end with
}

func (f *fake) LabelUse(_ context.Context, label string) (inConversations, inContacts int64, err error) {
	unlock, err := f.lock()
	defer unlock()
	for _, c := range f.conversations {
		if slices.Contains(c.Labels, label) {
			inConversations++
		}
	}
	for _, c := range f.contacts {
		if slices.Contains(c.Labels, label) {
			inContacts++
		}
	}
	return inConversations, inContacts, err
}

func (f *fake) PlanErasure(_ context.Context, id string) (chat.ErasurePlan, error) {
	unlock, err := f.lock()
	defer unlock()
	if _, ok := f.contacts[id]; err == nil && !ok {
		err = fmt.Errorf("fake: contact: %w", chat.ErrNotFound)
	}
	return chat.ErasurePlan{ContactID: id, Removed: []chat.ErasureCount{{Kind: "messages", Count: 1234}, {Kind: "notes"}}}, err
}

func (f *fake) StartErasure(_ context.Context, id string, order chat.ErasureOrder) (chat.Erasure, error) {
	unlock, err := f.lock()
	defer unlock()
	if e, ok := f.erasures[chat.ErasureID(id)]; ok {
		return e, err
	}
	if _, ok := f.contacts[id]; err == nil && !ok {
		err = fmt.Errorf("fake: contact: %w", chat.ErrNotFound)
	}
	if err != nil {
		return chat.Erasure{}, err
	}
	e := chat.Erasure{
		ID: chat.ErasureID(id), At: noon, RequestedAt: noon, By: order.By, ByName: order.ByName, State: chat.ErasureRunning, Expires: order.Expires,
		Removed: []chat.ErasureCount{{Kind: "messages", Count: 1234}}, ContactIDs: []string{id},
	}
	if f.erasures == nil {
		f.erasures = map[string]chat.Erasure{}
	}
	f.erasures[e.ID] = e
	return e, nil
}

func (f *fake) FinishErasure(_ context.Context, id string) (chat.Erasure, error) {
	unlock, err := f.lock()
	defer unlock()
	if err = cmp.Or(err, f.slow); err != nil {
		return chat.Erasure{}, err
	}
	e := f.erasures[id]
	for _, contact := range e.ContactIDs {
		delete(f.contacts, contact)
	}
	e.State, e.FinishedAt = chat.ErasureDone, noon
	f.erasures[id] = e
	return e, nil
}

func (f *fake) Erasure(_ context.Context, id string) (chat.Erasure, error) {
	unlock, err := f.lock()
	defer unlock()
	e, ok := f.erasures[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: erasure: %w", chat.ErrNotFound)
	}
	return e, err
}

func (f *fake) Erasures(_ context.Context, p chat.PageRequest) (chat.List[chat.Erasure], error) {
	unlock, err := f.lock()
	defer unlock()
	var all []chat.Erasure
	for _, e := range f.erasures {
		all = append(all, e)
	}
	return page(all, p), err
}

func (f *fake) LogExpiry(_ context.Context, at time.Time) []chat.Expiry {
	return []chat.Expiry{{What: "Webhooks in the log", At: at.Add(7 * 24 * time.Hour)}, {What: "Webhooks in quarantine", Note: "Nobody knows."}}
}

func (f *fake) PersonContacts(_ context.Context, id string) ([]chat.Contact, error) {
	unlock, err := f.lock()
	defer unlock()
	c, ok := f.contacts[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: contact: %w", chat.ErrNotFound)
	}
	return []chat.Contact{c, {ID: "../../etc/passwd", MergedInto: id}}, err
}

func (f *fake) PersonRecords(_ context.Context, id string, visit func(string, any) error) error {
	for _, c := range f.conversations {
		if c.ContactID == id {
			if err := visit("conversations", &c); err != nil {
				return err
			}
		}
	}
	for i := range 3 {
		if err := visit("notes", &chat.Note{ID: fmt.Sprint(i), ContactID: id, Text: hostileText}); err != nil {
			return err
		}
	}
	if f.slow != nil {
		return f.slow
	}
	return visit("ledger entries", &chat.Entry{ID: "e1", ContactID: id})
}

func (f *fake) MessagesOldest(_ context.Context, id string, p chat.PageRequest) (chat.List[chat.Message], error) {
	unlock, err := f.lock()
	defer unlock()
	return page(slices.Concat(f.older[id], f.conversations[id].Messages), p), err
}
