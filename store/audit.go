package store

import (
	"context"
	"crypto/rand"

	"switchboard/chat"
)

// Audit adds an entry to the audit log. An empty id and time are filled in. Failed sign-ins are kept for 90 days.
func (s *Store) Audit(ctx context.Context, e chat.AuditEntry) error {
	if e.ID == "" {
		e.ID = rand.Text()
	}
	if e.At.IsZero() {
		e.At = s.now()
	}
	e.Date(e.At)
	e.Version = 1
	return write(ctx, s.engine, audit, []Write{{Op: Insert, ID: e.ID, Doc: &e}})
}

// AuditLog lists the audit log, newest first.
func (s *Store) AuditLog(ctx context.Context, q chat.AuditQuery) (chat.List[chat.AuditEntry], error) {
	var where []Condition
	if q.Who != "" {
		where = append(where, Condition{Path: "who", Is: Equal, Value: q.Who})
	}
	if q.What != "" {
		where = append(where, Condition{Path: "what", Is: Equal, Value: q.What})
	}
	query := Query{Where: where, Sort: desc("at")}
	return list(ctx, s.engine, audit, query, q.PageRequest, nil, func(e *chat.AuditEntry) []any { return []any{e.At, e.ID} })
}
