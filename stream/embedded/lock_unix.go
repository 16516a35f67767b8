//go:build unix

package embedded

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// lockDir takes the directory for this process. The kernel gives it free when the process ends, however it ends.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("embedded broker: open lock: %w", err)
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, errors.Join(inUse(dir, f), f.Close())
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("embedded broker: lock %s: %w", path, err), f.Close())
	}
	if err := writeOwner(f); err != nil {
		return nil, errors.Join(fmt.Errorf("embedded broker: write lock: %w", err), f.Close())
	}
	return f, nil
}

func inUse(dir string, f *os.File) error {
	owner := "another process"
	pid := make([]byte, 20)
	if n, err := f.ReadAt(pid, 0); n > 0 || err == nil {
		owner += " (pid " + strings.TrimSpace(string(pid[:n])) + ")"
	}
	return fmt.Errorf("embedded broker: %s is in use by %s: stop it, or give this one its own directory with SWITCHBOARD_DATA_DIR", dir, owner)
}

func writeOwner(f *os.File) error {
	if err := f.Truncate(0); err != nil {
		return err
	}
	_, err := f.WriteAt(fmt.Appendf(nil, "%d\n", os.Getpid()), 0)
	return err
}
