package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
)

// A syncer makes commits durable that did not wait for the disk, beside the writer: the log in front of the file is written to
// the disk like any file. SQLite does the same before it copies from the log, so the file itself needs nothing.
type syncer struct {
	path string // of the log in front of the file
	mu   sync.Mutex
	fail error
}

// Sync implements store.Engine. It waits for the disk without keeping writers waiting.
func (e *Engine) Sync(context.Context) error {
	e.syncer.mu.Lock()
	defer e.syncer.mu.Unlock()
	if e.syncer.fail == nil && e.writer.unsynced.Swap(false) {
		e.syncer.fail = e.syncer.sync()
	}
	return e.syncer.fail
}

func (s *syncer) sync() error {
	err := flush(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // all of it is in the file
	}
	if err != nil {
		return fmt.Errorf("sqlite: the disk did not take what was written, look after it and start again: %w", err)
	}
	return nil
}

// flush waits until the disk has all of a file.
func flush(path string) error {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(file.Sync(), file.Close())
}
