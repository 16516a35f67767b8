package store

import (
	"context"

	"switchboard/chat"
)

// settle closes the gap between two workers that handle a message and an act on it at the same time: each has written its
// ledger entry by now and looks again for the other's. At least one of them sees both, and acting twice changes nothing.
func (b *batch) settle(ctx context.Context) error {
	due := map[string][]located{}
	if err := b.settleMessages(ctx, due); err != nil {
		return err
	}
	if err := b.settleActs(ctx, due); err != nil {
		return err
	}
	for _, acts := range due {
		if err := b.s.perform(ctx, acts); err != nil {
			return err
		}
	}
	return nil
}

type located struct {
	at  locator
	act chat.Act
}

// settleMessages looks for acts that were parked for messages of this batch since it was read.
func (b *batch) settleMessages(ctx context.Context, due map[string][]located) error {
	var keys []string
	for _, it := range b.items {
		if e := it.event; !it.copy && e.Carries() && e.MessageID != "" {
			key := e.Key(e.MessageID)
			keys = append(keys, key)
			if it.repeats && it.known != nil {
				b.messages[key] = locatorOf(it.known)
			}
		}
	}
	parked, err := findIn[chat.Entry](ctx, b.s.engine, ledger, "target_key", unique(keys))
	if err != nil {
		return err
	}
	for _, entry := range parked {
		if l := b.messages[entry.TargetKey]; entry.Act != nil && !b.done(entry.Act.EventID) && l.conversation != "" {
			due[l.conversation] = append(due[l.conversation], located{l, *entry.Act})
		}
	}
	return nil
}

// done tells whether this batch folded an act in by itself.
func (b *batch) done(actID string) bool {
	if b.pending[actID] {
		return true
	}
	it := b.firstOf(actID)
	return it != nil && it.talk != ""
}

// settleActs looks for messages that arrived since the batch was read for acts it parked.
func (b *batch) settleActs(ctx context.Context, due map[string][]located) error {
	var keys []string
	waiting := map[string][]chat.Act{}
	for _, it := range b.items {
		if e := it.event; !it.copy && e.Targets() && e.Target() != "" && it.talk == "" {
			key := e.Key(e.Target())
			keys = append(keys, key)
			waiting[key] = append(waiting[key], chat.ActOf(e))
		}
	}
	found, err := findIn[chat.Entry](ctx, b.s.engine, ledger, "message_key", unique(keys))
	if err != nil {
		return err
	}
	for _, entry := range found {
		for _, a := range waiting[entry.MessageKey] {
			due[entry.ConversationID] = append(due[entry.ConversationID], located{locatorOf(&entry), a})
		}
	}
	return nil
}

// perform lets acts act on messages of one conversation, outside a batch.
func (s *Store) perform(ctx context.Context, acts []located) error {
	return again(ctx, func() error {
		b := s.newBatch(0)
		for _, a := range acts {
			if err := b.perform(ctx, a.at, a.act); err != nil {
				return err
			}
		}
		_, err := s.engine.WriteAll(ctx, []Group{{messagePages, b.changedPages()}, {conversations, b.changedConversations()}})
		return outcome("write what acts changed", err)
	})
}
