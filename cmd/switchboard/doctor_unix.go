//go:build unix

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Disk space below which a log and a database should not be started, and below which one should think of it.
const (
	diskFew  = 200 << 20
	diskSome = 2 << 30
)

func checkDisk(_ context.Context, c *config) []finding {
	dir := c.DataDir
	for {
		if _, err := os.Stat(dir); err == nil || dir == filepath.Dir(dir) {
			break
		}
		dir = filepath.Dir(dir)
	}
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return []finding{warn("disk space", "", "cannot be told: %v", err)}
	}
	free := int64(s.Bavail) * int64(s.Bsize) //nolint:unconvert // the types differ between systems
	switch {
	case free < diskFew:
		return []finding{fail("disk space", "free some, or move "+envPrefix+"DATA_DIR", "%s left under %s", size(free), dir)}
	case free < diskSome:
		return []finding{warn("disk space", "free some, or move "+envPrefix+"DATA_DIR", "%s left under %s", size(free), dir)}
	}
	return []finding{fine("disk space", "%s left under %s", size(free), dir)}
}

// minFiles is what a busy gateway needs: a descriptor for each connection.
const minFiles = 4096

func checkFileLimit(context.Context, *config) []finding {
	var l unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &l); err != nil {
		return []finding{warn("open files", "", "the limit cannot be told: %v", err)}
	}
	if l.Cur < minFiles {
		return []finding{warn("open files", "ulimit -n 65536, or LimitNOFILE=65536 in the service", "at most %d; each connection takes one", l.Cur)}
	}
	return []finding{fine("open files", "at most %d", l.Cur)}
}

// lockOwner is the process that holds the lock file, or "" when nobody does.
func lockOwner(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer func() { _ = f.Close() }()
	err = unix.Flock(int(f.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	if !errors.Is(err, unix.EWOULDBLOCK) {
		return ""
	}
	pid := make([]byte, 20)
	n, _ := f.ReadAt(pid, 0) //nolint:errcheck // a short file ends with io.EOF
	return strings.TrimSpace(string(pid[:n]))
}
