package dashboard

import (
	"context"
	"slices"
)

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
