package store

import (
	"context"
	"errors"

	"switchboard/chat"
)

// Turning moves messages out of a document that has outgrown its page. Which messages move where follows from the document
// alone, new pages are only ever inserted, and nobody changes the messages of an overfull document before it is turned. So the
// work can be done by anybody, twice, and by two at once: insert the new pages unless they are there, then take the moved
// messages out. Between the two a reader sees each message once (chat.Display).

// turnOverfull turns what this batch has filled, all conversations at once. What it holds in memory is what it has just
// written; a conversation that somebody changed since is turned by whoever meets it next.
func (b *batch) turnOverfull(ctx context.Context) error {
	var pages []chat.MessagePage
	var writes []Write
	for _, t := range b.talks {
		for _, p := range t.pages {
			if p.dirty && p.doc.Overfull() {
				if err := b.s.splitPage(ctx, p.doc.ID); err != nil {
					return err
				}
			}
		}
		if !t.conv.dirty || !t.conv.doc.Overfull() {
			continue
		}
		turned := t.conv.doc
		pages = append(pages, turned.Turn()...)
		turned.Version++
		writes = append(writes, Write{Op: Replace, ID: turned.ID, Version: turned.Version - 1, Doc: &turned})
		t.stale = true
	}
	if err := b.s.insertPages(ctx, pages); err != nil {
		return err
	}
	sortWrites(writes)
	if err := write(ctx, b.s.engine, conversations, writes); !errors.Is(err, errAgain) {
		return err
	}
	return nil
}

// turn moves the older messages of an overfull conversation to pages of their own.
func (s *Store) turn(ctx context.Context, id string) error {
	return again(ctx, func() error {
		c, err := one[chat.Conversation](ctx, s.engine, conversations, id)
		if err != nil || !c.Overfull() {
			return err
		}
		if err := s.insertPages(ctx, c.Turn()); err != nil {
			return err
		}
		seen := c.Version
		c.Version++
		return write(ctx, s.engine, conversations, []Write{{Op: Replace, ID: id, Version: seen, Doc: &c}})
	})
}

// splitPage moves the newer messages of an overfull page to pages of their own.
func (s *Store) splitPage(ctx context.Context, id string) error {
	return again(ctx, func() error {
		p, err := one[chat.MessagePage](ctx, s.engine, messagePages, id)
		if err != nil || !p.Overfull() {
			return err
		}
		if err := s.insertPages(ctx, p.Split()); err != nil {
			return err
		}
		seen := p.Version
		p.Version++
		return write(ctx, s.engine, messagePages, []Write{{Op: Replace, ID: id, Version: seen, Doc: &p}})
	})
}

func (s *Store) insertPages(ctx context.Context, pages []chat.MessagePage) error {
	if len(pages) == 0 {
		return nil
	}
	writes := make([]Write, len(pages))
	for i := range pages {
		pages[i].Version = 1
		writes[i] = Write{Op: Insert, ID: pages[i].ID, Doc: &pages[i]}
	}
	results, err := s.engine.Write(ctx, messagePages, writes)
	if err != nil {
		return failure("write pages", err)
	}
	for _, err := range results {
		if err != nil && !isDuplicate(err) {
			return failure("write pages", err)
		}
	}
	return nil
}

// pageRefs lists the older pages of a conversation in order, without their messages. Pages written just before a crash, which
// do not count yet, are left out.
func (s *Store) pageRefs(ctx context.Context, c *chat.Conversation) ([]chat.MessagePage, error) {
	if c.PageFrom == nil {
		return nil, nil
	}
	all, err := find[chat.MessagePage](ctx, s.engine, messagePages, Query{
		Where: []Condition{{Path: "conversation_id", Is: Equal, Value: c.ID}}, Sort: asc("from_at"), Only: []string{"conversation_id", "from", "from_at"},
	})
	if err != nil {
		return nil, err
	}
	refs := make([]chat.MessagePage, 0, len(all))
	for _, p := range all {
		if p.From.Compare(*c.PageFrom) < 0 {
			refs = append(refs, p)
		}
	}
	sortPages(refs)
	return refs, nil
}
