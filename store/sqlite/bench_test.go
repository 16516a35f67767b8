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

func BenchmarkEngine(b *testing.B) {
	storetest.BenchmarkEngine(b, func(b *testing.B) store.Engine {
		e, err := sqlite.Open(b.Context(), filepath.Join(b.TempDir(), "documents.db"), slog.New(slog.DiscardHandler), nil)
		require.NoError(b, err)
		b.Cleanup(func() { require.NoError(b, e.Close(context.Background())) })
		return e
	})
}
