package dashboard

import (
	"context"
	"fmt"

	"switchboard/chat"
)

// MergeContacts merges by the same rules as the store, all at once.
func (f *fake) MergeContacts(_ context.Context, into, from string, o chat.MergeOrder) (chat.Merge, error) {
	unlock, err := f.lock()
	defer unlock()
	a, b := f.contacts[into], f.contacts[from]
	if err == nil && (into == from || a.MergedInto+b.MergedInto != "" || chat.MergeDigest(&a, &b) != o.Digest) {
		err = fmt.Errorf("fake: merge: %w", chat.ErrConflict)
	}
	if err != nil {
		return chat.Merge{}, err
	}
	a.Step = &chat.MergeStep{Merge: chat.MergeID(&a, from), Other: from, Choice: o.Choice, By: o.By, At: noon}
	b.MergeInto(into, a.Step.Merge)
	m := chat.NewMerge(&a, &b)
	m.Done()
	b.GiveUpKeys()
	a = a.Merged(&b)
	a.Version++
	f.contacts[into], f.contacts[from] = a, b
	f.merges = append(f.merges, m)
	return m, nil
}

func (f *fake) UndoPreview(_ context.Context, id string) (chat.Merge, chat.Split, int, error) {
	unlock, err := f.lock()
	defer unlock()
	for _, m := range f.merges {
		if m.ID == id && m.UndoneAt.IsZero() {
			a, b := f.contacts[m.Into], f.contacts[m.From]
			return m, m.Split(&a, &b), 1, err
		}
	}
	return chat.Merge{}, chat.Split{}, 0, fmt.Errorf("fake: merge: %w", chat.ErrConflict)
}

func (f *fake) UndoMerge(ctx context.Context, id, by string) (chat.Merge, error) {
	m, split, _, err := f.UndoPreview(ctx, id)
	if err != nil {
		return m, err
	}
	unlock, err := f.lock()
	defer unlock()
	f.contacts[m.Into], f.contacts[m.From] = split.Survivor, split.Returned
	for i := range f.merges {
		if f.merges[i].ID == id {
			f.merges[i].UndoneBy, f.merges[i].UndoneAt = by, noon
			m = f.merges[i]
		}
	}
	return m, err
}

func (f *fake) Merges(_ context.Context, into string, p chat.PageRequest) (chat.List[chat.Merge], error) {
	unlock, err := f.lock()
	defer unlock()
	var found []chat.Merge
	for _, m := range f.merges {
		if m.Into == into {
			found = append(found, m)
		}
	}
	return page(found, p), err
}

func (f *fake) Alike(_ context.Context, id string) ([]chat.Suggestion, error) {
	unlock, err := f.lock()
	defer unlock()
	c := f.contacts[id]
	var others []chat.Contact
	for _, o := range f.contacts {
		others = append(others, o)
	}
	return c.Alike(others), err
}
