package dashboard

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"switchboard/chat"
)

// fake is an in-memory store with the same promises as the real one: sentinels, versions, cursors.
type fake struct {
	mu sync.Mutex
	privacy
	merges        []chat.Merge
	conversations map[string]chat.Conversation
	older         map[string][]chat.Message // messages before those in the document
	contacts      map[string]chat.Contact
	users         map[string]chat.User
	logins        map[string]chat.Login
	settings      chat.Settings
	internal
	audited   []chat.AuditEntry
	views     map[string]chat.SavedView
	published []chat.Change
	seen      []chat.Change // published as well: who read what
	onPublish func([]chat.Change)
	fail      error // every call fails with it
	refuse    error // opening a closed conversation fails with it
}

func newFake() *fake {
	return &fake{
		conversations: map[string]chat.Conversation{}, older: map[string][]chat.Message{}, contacts: map[string]chat.Contact{},
		users: map[string]chat.User{}, logins: map[string]chat.Login{}, views: map[string]chat.SavedView{},
	}
}

func (f *fake) lock() (func(), error) {
	f.mu.Lock()
	return f.mu.Unlock, f.fail
}

func page[T any](items []T, p chat.PageRequest) chat.List[T] {
	start := 0
	if n, err := strconv.Atoi(p.Cursor); err == nil {
		start = min(n, len(items))
	}
	end := min(len(items), start+p.Limit)
	out := chat.List[T]{Items: slices.Clone(items[start:end])}
	if end < len(items) {
		out.Next = strconv.Itoa(end)
	}
	return out
}

func (f *fake) Conversations(_ context.Context, q chat.ConversationQuery) (chat.List[chat.Conversation], error) {
	unlock, err := f.lock()
	defer unlock()
	if err != nil {
		return chat.List[chat.Conversation]{}, err
	}
	var found []chat.Conversation
	for _, c := range f.conversations {
		if shows(&q, &c) {
			c.Messages = nil
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b chat.Conversation) int {
		return cmp.Or(b.LastActivityAt.Compare(a.LastActivityAt), strings.Compare(a.ID, b.ID))
	})
	return page(found, q.PageRequest), nil
}

func (f *fake) Conversation(_ context.Context, id string) (chat.Conversation, error) {
	unlock, err := f.lock()
	defer unlock()
	c, ok := f.conversations[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: conversation: %w", chat.ErrNotFound)
	}
	return c, err
}

func (f *fake) Messages(_ context.Context, id, before string, limit int) (chat.List[chat.Message], error) {
	unlock, err := f.lock()
	defer unlock()
	if err != nil {
		return chat.List[chat.Message]{}, err
	}
	all := slices.Concat(f.older[id], f.conversations[id].Messages)
	end := len(all)
	if n, err := strconv.Atoi(before); err == nil {
		end = min(n, end)
	}
	start := max(0, end-limit)
	out := chat.List[chat.Message]{Items: slices.Clone(all[start:end])}
	if start > 0 {
		out.Next = strconv.Itoa(start)
	}
	return out, nil
}

func (f *fake) UpdateConversation(_ context.Context, id string, edit func(*chat.Conversation) error) (chat.Conversation, error) {
	unlock, err := f.lock()
	defer unlock()
	c, ok := f.conversations[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: conversation: %w", chat.ErrNotFound)
	}
	if err != nil {
		return c, err
	}
	c.Labels, c.Attributes, c.Reads, c.Timeline = slices.Clone(c.Labels), slices.Clone(c.Attributes), slices.Clone(c.Reads), slices.Clone(c.Timeline)
	closed := c.State == chat.StateClosed
	if err := edit(&c); err != nil {
		return chat.Conversation{}, err
	}
	if closed && c.State != chat.StateClosed && f.refuse != nil {
		return chat.Conversation{}, f.refuse
	}
	c.Version++
	f.conversations[id] = c
	return c, nil
}

func (f *fake) Contacts(_ context.Context, q chat.ContactQuery) (chat.List[chat.Contact], error) {
	unlock, err := f.lock()
	defer unlock()
	if err != nil {
		return chat.List[chat.Contact]{}, err
	}
	var found []chat.Contact
	for _, c := range f.contacts {
		text := strings.ToLower(c.Name + " " + c.Phone + " " + c.Email)
		if c.MergedInto == "" && (q.Search == "" || strings.Contains(text, strings.ToLower(q.Search))) &&
			(q.Channel == "" || slices.Contains(c.Channels, q.Channel)) && (q.Label == "" || slices.Contains(c.Labels, q.Label)) &&
			(q.Country == "" || c.Country == q.Country) && hasTrait(&c, q.Attribute) &&
			!c.LastSeenAt.Before(q.SeenFrom) && (q.SeenTo.IsZero() || c.LastSeenAt.Before(q.SeenTo)) {
			found = append(found, c)
		}
	}
	slices.SortFunc(found, func(a, b chat.Contact) int {
		switch q.Sort {
		case chat.ContactsByName:
			return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID))
		default:
			return cmp.Or(b.LastSeenAt.Compare(a.LastSeenAt), strings.Compare(a.ID, b.ID))
		}
	})
	return page(found, q.PageRequest), nil
}

func hasTrait(c *chat.Contact, trait string) bool {
	return trait == "" || slices.ContainsFunc(c.Attributes, func(a chat.Attribute) bool {
		return chat.Trait(trait) == chat.Trait(a.Key) || chat.Trait(trait) == chat.Trait(a.Key+"="+a.Value)
	})
}

func (f *fake) Contact(_ context.Context, id string) (chat.Contact, error) {
	unlock, err := f.lock()
	defer unlock()
	c, ok := f.contacts[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: contact: %w", chat.ErrNotFound)
	}
	return c, err
}

func (f *fake) ContactsByID(_ context.Context, ids []string) (map[string]chat.Contact, error) {
	unlock, err := f.lock()
	defer unlock()
	out := map[string]chat.Contact{}
	for _, id := range ids {
		if c, ok := f.contacts[id]; ok {
			out[id] = c
		}
	}
	return out, err
}

func (f *fake) UpdateContact(_ context.Context, id string, edit func(*chat.Contact) error) (chat.Contact, error) {
	unlock, err := f.lock()
	defer unlock()
	c, ok := f.contacts[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: contact: %w", chat.ErrNotFound)
	}
	if err != nil {
		return c, err
	}
	c.Labels, c.Attributes = slices.Clone(c.Labels), slices.Clone(c.Attributes)
	provenance := map[string]chat.Provenance{}
	maps.Copy(provenance, c.Provenance)
	c.Provenance = provenance
	if err := edit(&c); err != nil {
		return chat.Contact{}, err
	}
	c.Version++
	f.contacts[id] = c
	return c, nil
}

func (f *fake) UserByEmail(_ context.Context, email string) (chat.User, error) {
	unlock, err := f.lock()
	defer unlock()
	for _, u := range f.users {
		if u.Email == email {
			return u, err
		}
	}
	return chat.User{}, cmp.Or(err, fmt.Errorf("fake: user: %w", chat.ErrNotFound))
}

func (f *fake) User(_ context.Context, id string) (chat.User, error) {
	unlock, err := f.lock()
	defer unlock()
	u, ok := f.users[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: user: %w", chat.ErrNotFound)
	}
	return u, err
}

func (f *fake) Users(_ context.Context) ([]chat.User, error) {
	unlock, err := f.lock()
	defer unlock()
	var all []chat.User
	for _, u := range f.users {
		all = append(all, u)
	}
	slices.SortFunc(all, func(a, b chat.User) int { return strings.Compare(a.Name, b.Name) })
	return all, err
}

func (f *fake) UpdateUser(_ context.Context, id string, edit func(*chat.User) error) (chat.User, error) {
	unlock, err := f.lock()
	defer unlock()
	u, ok := f.users[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: user: %w", chat.ErrNotFound)
	}
	if err != nil {
		return u, err
	}
	if err := edit(&u); err != nil {
		return chat.User{}, err
	}
	f.users[id] = u
	return u, nil
}

func (f *fake) CreateUser(_ context.Context, u chat.User) error {
	unlock, err := f.lock()
	defer unlock()
	for _, other := range f.users {
		if other.Email == u.Email {
			return fmt.Errorf("fake: e-mail: %w", chat.ErrConflict)
		}
	}
	u.Version = 1
	f.users[u.ID] = u
	return err
}

func (f *fake) ChangeUser(ctx context.Context, id string, edit func(*chat.User) error) (chat.User, error) {
	before := f.users[id]
	after, err := f.UpdateUser(ctx, id, edit)
	if err != nil || !before.Administers() || after.Administers() {
		return after, err
	}
	for _, u := range f.users {
		if u.Administers() {
			return after, nil
		}
	}
	f.users[id] = before
	return chat.User{}, chat.LastAdmin()
}

func (f *fake) LoginsOf(_ context.Context, userID string) ([]chat.Login, error) {
	unlock, err := f.lock()
	defer unlock()
	var found []chat.Login
	for _, l := range f.logins {
		if l.UserID == userID {
			found = append(found, l)
		}
	}
	slices.SortFunc(found, func(a, b chat.Login) int { return strings.Compare(a.ID, b.ID) })
	return found, err
}

func (f *fake) DepartmentSize(_ context.Context, id string) (int64, error) {
	unlock, err := f.lock()
	defer unlock()
	var n int64
	for _, c := range f.conversations {
		if c.Department == id || c.Transfer != nil && c.Transfer.Department == id {
			n++
		}
	}
	return n, err
}

func (f *fake) LeaveDepartment(_ context.Context, from string, to chat.Department, by string) (int, bool, error) {
	unlock, err := f.lock()
	defer unlock()
	moved := 0
	for id, c := range f.conversations {
		if c.Department == from || c.Transfer != nil && c.Transfer.Department == from {
			c.LeaveDepartment(from, to, by, noon)
			f.conversations[id] = c
			moved++
		}
	}
	return moved, false, err
}

func (f *fake) CreateLogin(_ context.Context, l chat.Login) error {
	unlock, err := f.lock()
	defer unlock()
	f.logins[l.ID] = l
	return err
}

func (f *fake) Login(_ context.Context, id string) (chat.Login, error) {
	unlock, err := f.lock()
	defer unlock()
	l, ok := f.logins[id]
	if err == nil && !ok {
		err = fmt.Errorf("fake: login: %w", chat.ErrNotFound)
	}
	return l, err
}

func (f *fake) TouchLogin(_ context.Context, id string, expires time.Time) error {
	unlock, err := f.lock()
	defer unlock()
	l := f.logins[id]
	l.ExpiresAt = expires
	f.logins[id] = l
	return err
}

func (f *fake) DeleteLogin(_ context.Context, id string) error {
	unlock, err := f.lock()
	defer unlock()
	delete(f.logins, id)
	return err
}

func (f *fake) Settings(context.Context) (chat.Settings, error) {
	unlock, err := f.lock()
	defer unlock()
	return f.settings, err
}

func (f *fake) UpdateSettings(_ context.Context, edit func(*chat.Settings) error) (chat.Settings, error) {
	unlock, err := f.lock()
	defer unlock()
	if err != nil {
		return chat.Settings{}, err
	}
	s := f.settings
	s.Labels, s.Tags, s.Departments = slices.Clone(s.Labels), slices.Clone(s.Tags), slices.Clone(s.Departments)
	if err := edit(&s); err != nil {
		return chat.Settings{}, err
	}
	s.Version++
	f.settings = s
	return s, nil
}

func (f *fake) Audit(_ context.Context, e chat.AuditEntry) error {
	unlock, err := f.lock()
	defer unlock()
	e.ID = fmt.Sprint("audit-", len(f.audited))
	f.audited = append(f.audited, e)
	return err
}

func (f *fake) AuditLog(_ context.Context, q chat.AuditQuery) (chat.List[chat.AuditEntry], error) {
	unlock, err := f.lock()
	defer unlock()
	var found []chat.AuditEntry
	for _, e := range slices.Backward(f.audited) {
		if (q.Who == "" || q.Who == e.Who) && (q.What == "" || q.What == e.What) {
			found = append(found, e)
		}
	}
	return page(found, q.PageRequest), err
}

func (f *fake) Publish(_ context.Context, changes []chat.Change) error {
	f.mu.Lock()
	for i := range changes {
		if changes[i].Read {
			f.seen = append(f.seen, changes[i])
		} else {
			f.published = append(f.published, changes[i])
		}
	}
	tell := f.onPublish
	f.mu.Unlock()
	if tell != nil {
		tell(changes)
	}
	return nil
}
