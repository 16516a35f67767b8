package store

import (
	"context"
	"slices"

	"switchboard/chat"
)

// An owner is what a document of a person is found by.
type owner int

const (
	ofContact owner = iota
	ofConversation
)

// A personal collection holds documents of people: each names its contact, or its conversation, in an indexed field.
type personal struct {
	kind       string // in words, plural
	collection string
	path       string
	by         owner
	walk       func(ctx context.Context, e Engine, value string, visit func(id string, doc any) error) error
}

// personalCollections lists every collection whose documents belong to a person, beside the contacts themselves, the ledger
// and the visits (see remove). Export and erasure go by this list: a new collection that names people needs a line here, or
// a line in impersonal that says why not. What hangs on a conversation stands before the conversations, so that an erasure
// that was interrupted still finds it.
func personalCollections() []personal {
	return []personal{
		personalOf("message pages", messagePages, "conversation_id", ofConversation, asc("from_at"),
			func(p *chat.MessagePage) (string, any) { return p.ID, p.FromAt }),
		personalOf("comments", comments, "conversation_id", ofConversation, desc("created_at"),
			func(c *chat.Comment) (string, any) { return c.ID, c.CreatedAt }),
		personalOf("conversations", conversations, "contact_id", ofContact, desc("last_activity_at"),
			func(c *chat.Conversation) (string, any) { return c.ID, c.LastActivityAt }),
		personalOf("notes", notes, "contact_id", ofContact, desc("created_at"),
			func(n *chat.Note) (string, any) { return n.ID, n.CreatedAt }),
		personalOf("escalations", escalations, "contact_id", ofContact, desc("at"),
			func(x *chat.Escalation) (string, any) { return x.ID, x.At }),
		personalOf("merges into this contact", merges, "into", ofContact, desc("at"),
			func(m *chat.Merge) (string, any) { return m.ID, m.At }),
		personalOf("merges of this contact into another", merges, "from", ofContact, desc("at"),
			func(m *chat.Merge) (string, any) { return m.ID, m.At }),
	}
}

// impersonal says of every other collection why an erasure leaves it alone, or how it deals with it.
func impersonal() map[string]string {
	return map[string]string{
		contacts:      "removed by id",
		ledger:        "entries lose what names the person and what was said",
		tallies:       "numbers only",
		visits:        "removed by visitor",
		users:         "colleagues",
		logins:        "colleagues",
		settings:      "the workspace's",
		notifications: "name a conversation by its id, carry no text, and expire",
		erasures:      "certificates and salted hashes",
		audit:         "names contacts by their ids only",
		views:         "filters of colleagues; a word they search for is theirs",
	}
}

func personalOf[T any](kind, collection, path string, by owner, sort []Field, key func(*T) (id string, at any)) personal {
	return personal{
		kind: kind, collection: collection, path: path, by: by,
		walk: func(ctx context.Context, e Engine, value string, visit func(string, any) error) error {
			q := Query{Where: []Condition{{Path: path, Is: Equal, Value: value}}, Sort: sort}
			return walk(ctx, e, collection, q, func(doc *T) []any {
				id, at := key(doc)
				return []any{at, id}
			}, func(doc *T) error {
				id, _ := key(doc)
				return visit(id, doc)
			})
		},
	}
}

// walkPage is how many documents are in memory at a time.
const walkPage = 100

// walk hands out what a query selects, in pages. What is visited may be changed or removed on the way.
func walk[T any](ctx context.Context, e Engine, collection string, q Query, key func(*T) []any, visit func(*T) error) error {
	for q.Limit = walkPage; ; {
		found, err := find[T](ctx, e, collection, q)
		if err != nil {
			return err
		}
		for i := range found {
			if err := visit(&found[i]); err != nil {
				return err
			}
		}
		if len(found) < q.Limit {
			return nil
		}
		q.After = key(&found[len(found)-1])
	}
}

// family is a contact with everything that was merged into it.
type family struct {
	contacts   []chat.Contact
	ids        []string
	kin        []string // contacts it was once merged with, and is not any more
	identities []chat.Identity
}

// familyOf reads the family of a contact. A merge under way is finished first.
func (s *Store) familyOf(ctx context.Context, id string) (family, error) {
	var f family
	c, err := s.Contact(ctx, id)
	if err != nil {
		return f, err
	}
	if pending := unfinished(&c); pending != "" {
		if err := s.finishStep(ctx, pending); err != nil {
			return f, err
		}
		if c, err = s.Contact(ctx, c.ID); err != nil {
			return f, err
		}
	}
	merged, err := get[chat.Contact](ctx, s.engine, contacts, unique(append([]string(nil), c.MergedFrom...)))
	if err != nil {
		return f, err
	}
	f.contacts = append([]chat.Contact{c}, merged...)
	known := map[string]bool{}
	for i := range f.contacts {
		f.ids = append(f.ids, f.contacts[i].ID)
		f.kin = append(f.kin, f.contacts[i].Related...)
		for _, identity := range f.contacts[i].Identities {
			if key := identity.Key(); !known[key] {
				known[key] = true
				f.identities = append(f.identities, identity)
			}
		}
	}
	f.kin = slices.DeleteFunc(unique(f.kin), func(id string) bool { return slices.Contains(f.ids, id) })
	return f, nil
}

// conversationIDs lists the conversations of contacts.
func (s *Store) conversationIDs(ctx context.Context, contactIDs []string) (ids []string, messages int64, err error) {
	for _, contact := range contactIDs {
		q := Query{
			Where: []Condition{{Path: "contact_id", Is: Equal, Value: contact}}, Sort: desc("last_activity_at"),
			Only: []string{"contact_id", "last_activity_at", "message_count"},
		}
		err := walk(ctx, s.engine, conversations, q, func(c *chat.Conversation) []any { return []any{c.LastActivityAt, c.ID} }, func(c *chat.Conversation) error {
			ids, messages = append(ids, c.ID), messages+c.MessageCount
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return ids, messages, nil
}

// eachEntry hands out the ledger's entries of the person with these identities. Entries that were given to a contact who is
// not one of these are somebody else's, or of the same person after an earlier erasure.
func (s *Store) eachEntry(ctx context.Context, contactIDs []string, identities []chat.Identity, visit func(*chat.Entry) error) error {
	ours := map[string]bool{"": true}
	for _, id := range contactIDs {
		ours[id] = true
	}
	for _, identity := range identities {
		q := Query{Where: []Condition{{Path: "contact_key", Is: Equal, Value: identity.Value}}, Sort: asc("received_at")}
		err := walk(ctx, s.engine, ledger, q, func(n *chat.Entry) []any { return []any{n.ReceivedAt, n.ID} }, func(n *chat.Entry) error {
			if !n.Belongs(identity) || !ours[n.ContactID] {
				return nil
			}
			return visit(n)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// visitIDs are the visits of the browsers among the identities.
func visitIDs(identities []chat.Identity) []string {
	var ids []string
	for _, id := range identities {
		if id.Kind == chat.IdentityVisitor {
			ids = append(ids, chat.EventID("visit", id.Scope, id.Value))
		}
	}
	return ids
}
