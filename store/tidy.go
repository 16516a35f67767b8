package store

import (
	"context"
	"errors"
	"time"

	"switchboard/chat"
)

// Tidy does what is left to do: it goes on with erasures that are not finished, with label changes that documents do not
// show yet, and with comments that outlived their conversation. It is idempotent, may be interrupted, and may run in several processes at once. Call it every few seconds
// with the time it is.
func (s *Store) Tidy(ctx context.Context, at time.Time) error {
	settings, err := s.Settings(ctx)
	if err != nil {
		return err
	}
	failed := []error{s.finishErasures(ctx, at), s.sweepComments(ctx, at)}
	for _, job := range settings.LabelJobs {
		failed = append(failed, s.relabel(ctx, job))
	}
	return errors.Join(failed...)
}

// relabel carries a label change to every contact and conversation that has the label, then says that it is done.
func (s *Store) relabel(ctx context.Context, job chat.LabelJob) error {
	for {
		n, err := s.relabelSome(ctx, job)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	_, err := s.UpdateSettings(ctx, func(settings *chat.Settings) error {
		settings.FinishLabelJob(job)
		return nil
	})
	return err
}

// relabelSome changes some of the documents that have the label and returns how many there were.
func (s *Store) relabelSome(ctx context.Context, job chat.LabelJob) (int, error) {
	labelled := Query{Where: []Condition{{Path: "labels", Is: Equal, Value: job.From}}, Limit: walkPage, Only: []string{"labels"}}
	talks, err := find[chat.Conversation](ctx, s.engine, conversations, labelled)
	if err != nil {
		return 0, err
	}
	for i := range talks {
		_, err := s.UpdateConversation(ctx, talks[i].ID, func(c *chat.Conversation) error {
			c.Labels, _ = job.Relabel(c.Labels)
			return nil
		})
		if err != nil && !errors.Is(err, chat.ErrNotFound) {
			return 0, err
		}
	}
	people, err := find[chat.Contact](ctx, s.engine, contacts, labelled)
	if err != nil {
		return 0, err
	}
	for i := range people {
		_, err := s.UpdateContact(ctx, people[i].ID, func(c *chat.Contact) error {
			job.Apply(c)
			return nil
		})
		if err != nil && !errors.Is(err, chat.ErrNotFound) {
			return 0, err
		}
	}
	return len(talks) + len(people), nil
}

// LabelUse counts the conversations and contacts that have a label, each up to 1,000.
func (s *Store) LabelUse(ctx context.Context, label string) (inConversations, inContacts int64, err error) {
	where := []Condition{{Path: "labels", Is: Equal, Value: label}}
	if inConversations, err = s.engine.Count(ctx, conversations, where, countLimit); err != nil {
		return 0, 0, failure("count conversations", err)
	}
	if inContacts, err = s.engine.Count(ctx, contacts, where, countLimit); err != nil {
		return 0, 0, failure("count contacts", err)
	}
	return inConversations, inContacts, nil
}
