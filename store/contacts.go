package store

import (
	"context"
	"fmt"

	"switchboard/chat"
)

// Contact returns one contact. The id of a contact that was merged leads to the one it was merged into.
func (s *Store) Contact(ctx context.Context, id string) (chat.Contact, error) {
	for range 8 { // merges of merges end; a ring would be a bug and must not hang a reader
		c, err := s.whole(ctx, id)
		if err != nil || c.MergedInto == "" {
			return c, err
		}
		id = c.MergedInto
	}
	return chat.Contact{}, fmt.Errorf("store: contact merged in a ring: %w", chat.ErrNotFound)
}

// ContactsByID returns the contacts that exist, by the id asked for.
func (s *Store) ContactsByID(ctx context.Context, ids []string) (map[string]chat.Contact, error) {
	found, err := get[chat.Contact](ctx, s.engine, contacts, unique(append([]string(nil), ids...)))
	if err != nil {
		return nil, err
	}
	byID := make(map[string]chat.Contact, len(found))
	for _, c := range found {
		if c.MergedInto != "" {
			into, err := s.Contact(ctx, c.MergedInto)
			if err != nil {
				return nil, err
			}
			byID[c.ID] = into
			continue
		}
		byID[c.ID] = c
	}
	return byID, nil
}

// whole is a contact, an alias as well, once a merge that it is in the middle of is finished.
func (s *Store) whole(ctx context.Context, id string) (c chat.Contact, err error) {
	err = again(ctx, func() error {
		c, err = s.settled(ctx, id)
		return err
	})
	return c, err
}

// UpdateContact is compare-and-swap: edit gets the newest contact and may run more than once. Its error is returned as it is.
// The id of a contact that was merged leads to the one it was merged into.
func (s *Store) UpdateContact(ctx context.Context, id string, edit func(*chat.Contact) error) (chat.Contact, error) {
	var doc chat.Contact
	err := again(ctx, func() (err error) {
		if doc, err = s.Contact(ctx, id); err != nil {
			return err
		}
		if err := edit(&doc); err != nil {
			return err
		}
		doc.Reindex()
		seen := doc.Version
		doc.Version++
		return write(ctx, s.engine, contacts, []Write{{Op: Replace, ID: doc.ID, Version: seen, Doc: &doc}})
	})
	return doc, err
}

// Contacts lists contacts. Merged ones are left out, so a page can be shorter than its limit and still have a next one.
func (s *Store) Contacts(ctx context.Context, q chat.ContactQuery) (chat.List[chat.Contact], error) {
	sort, ok := map[chat.ContactSort][]Field{
		"": desc("last_seen_at"), chat.ContactsBySeen: desc("last_seen_at"), chat.ContactsByName: asc("name"),
		chat.ContactsByCreated: desc("created_at"), chat.ContactsByOldest: asc("created_at"),
	}[q.Sort]
	if !ok {
		return chat.List[chat.Contact]{}, fmt.Errorf("store: contact sort %q: %w", q.Sort, chat.ErrInvalid)
	}
	query := Query{Where: contactFilter(q), Sort: sort}
	return list(ctx, s.engine, contacts, query, q.PageRequest, func(c *chat.Contact) bool { return c.MergedInto == "" }, func(c *chat.Contact) []any {
		switch sort[0].Path {
		case "name":
			return []any{c.Name, c.ID}
		case "created_at":
			return []any{c.CreatedAt, c.ID}
		default:
			return []any{c.LastSeenAt, c.ID}
		}
	})
}

// searchWords bounds how many words of a search count.
const searchWords = 8

func contactFilter(q chat.ContactQuery) []Condition {
	var where []Condition
	for i, word := range chat.SearchWords(q.Search) {
		if i == searchWords {
			break
		}
		where = append(where, Condition{Path: "terms", Is: Prefix, Value: word})
	}
	if q.Channel != "" {
		where = append(where, Condition{Path: "channels", Is: Equal, Value: string(q.Channel)})
	}
	if q.Label != "" {
		where = append(where, Condition{Path: "labels", Is: Equal, Value: q.Label})
	}
	if q.Country != "" {
		where = append(where, Condition{Path: "country", Is: Equal, Value: q.Country})
	}
	if trait := chat.Trait(q.Attribute); trait != "" {
		where = append(where, Condition{Path: "traits", Is: Equal, Value: trait})
	}
	return append(where, window("last_seen_at", q.SeenFrom, q.SeenTo)...)
}
