package storetest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// auditLog: newest first, by person and by kind, page by page.
func auditLog(t *testing.T, open func(*testing.T) store.Engine) {
	e := open(t)
	watch := &watched{Engine: e}
	repo := repository(t, watch)
	whos, whats := []string{"u1", "u2", ""}, []string{chat.AuditSignIn, chat.AuditExport}
	for i := range 60 {
		require.NoError(t, repo.Audit(t.Context(), chat.AuditEntry{
			At: base.Add(time.Duration(i/2) * time.Second), Who: whos[i%3], What: whats[i%2], About: "x", Detail: "y", IP: "192.0.2.0",
		}))
	}
	read := func(q chat.AuditQuery) []chat.AuditEntry {
		return all(t, func(r chat.PageRequest) (chat.List[chat.AuditEntry], error) {
			q.PageRequest = r
			return repo.AuditLog(t.Context(), q)
		})
	}
	everything := read(chat.AuditQuery{})
	require.Len(t, everything, 60)
	for i := range everything[1:] {
		require.False(t, everything[i+1].At.After(everything[i].At), "newest first")
	}
	require.Len(t, read(chat.AuditQuery{Who: "u1"}), 20)
	require.Len(t, read(chat.AuditQuery{What: chat.AuditExport}), 30)
	both := read(chat.AuditQuery{Who: "u2", What: chat.AuditExport})
	require.Len(t, both, 10)
	for _, entry := range both {
		require.Equal(t, "u2", entry.Who)
		require.NotEmpty(t, entry.ID)
	}
	for _, q := range watch.seen {
		if len(q.query.Where) == 0 {
			continue // a small server may sort these
		}
		index, err := e.Explain(t.Context(), q.collection, q.query)
		require.NoError(t, err)
		require.NotEmpty(t, index, "%+v is answered by a scan", q.query)
	}
}
