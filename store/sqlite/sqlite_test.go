package sqlite_test

import (
	"log/slog"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"switchboard/store"
	"switchboard/store/sqlite"
	"switchboard/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// files gives each test one directory, however many engines it opens.
type files struct {
	mu  sync.Mutex
	dir map[string]string
}

func (f *files) open(t *testing.T, database string) store.Engine {
	t.Helper()
	f.mu.Lock()
	if f.dir[t.Name()] == "" {
		f.dir[t.Name()] = t.TempDir()
	}
	path := filepath.Join(f.dir[t.Name()], database+" #1.db")
	f.mu.Unlock()
	e, err := sqlite.Open(t.Context(), path, slog.New(slog.DiscardHandler), nil)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, e.Close(t.Context())) })
	return e
}

func TestContract(t *testing.T) {
	f := files{dir: map[string]string{}}
	storetest.Suite{Open: f.open}.Run(t)
}
