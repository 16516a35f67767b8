package sqlite_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/store"
	"switchboard/store/sqlite"
	"switchboard/store/storetest"
)

func TestRepository(t *testing.T) {
	storetest.RunRepository(t, func(t *testing.T) store.Engine {
		e, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "documents.db"), slog.New(slog.DiscardHandler), nil)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, e.Close(context.Background())) })
		return e
	}, false)
}
