package rig

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A Machine is what the figures were measured on.
type Machine struct {
	CPU    string  `json:"cpu"`
	Cores  int     `json:"cores"`
	Memory string  `json:"memory"`
	Kernel string  `json:"kernel"`
	Go     string  `json:"go"`
	Fsync  float64 `json:"fsync_4k_p50_ms"` // of the disk that the logs and files are on
}

// ThisMachine describes the machine; dir is on the disk to be used.
func ThisMachine(dir string) (Machine, error) {
	m := Machine{CPU: runtime.GOARCH, Cores: runtime.NumCPU(), Go: runtime.Version(), Kernel: runtime.GOOS}
	if raw, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if name := field(string(raw), "model name"); name != "" {
			m.CPU = name
		}
	}
	if raw, err := os.ReadFile("/proc/meminfo"); err == nil {
		m.Memory = field(string(raw), "MemTotal")
	}
	if raw, err := os.ReadFile("/proc/sys/kernel/osrelease"); err == nil {
		m.Kernel = "Linux " + strings.TrimSpace(string(raw))
	}
	fsync, err := fsyncTime(filepath.Join(dir, "fsync"))
	m.Fsync = float64(fsync.Microseconds()) / 1000
	return m, err
}

// field finds the value of "name : value".
func field(text, name string) string {
	for line := range strings.Lines(text) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return ""
}

// fsyncTime is the median of 50 small appends made durable. Without it nobody can tell a figure from a tmpfs.
func fsyncTime(path string) (time.Duration, error) {
	f, err := os.Create(path)
	if err != nil {
		return 0, fmt.Errorf("measure fsync: %w", err)
	}
	defer os.Remove(path) // the whole directory goes in the end
	defer f.Close()       // nothing in it matters
	var times []time.Duration
	for range 50 {
		begun := time.Now()
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			return 0, fmt.Errorf("measure fsync: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, fmt.Errorf("measure fsync: %w", err)
		}
		times = append(times, time.Since(begun))
	}
	slices.Sort(times)
	return times[len(times)/2], nil
}

// Busy is how long all cores together have worked since the machine started, and how long this process and those of its
// children that have ended did. What is left between two readings is what others took away.
func Busy() (all, own time.Duration, err error) {
	raw, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0, fmt.Errorf("busy time: %w", err)
	}
	line, _, _ := strings.Cut(string(raw), "\n")
	for i, f := range strings.Fields(line) {
		if i == 0 || i == 4 || i == 5 || i > 8 { // the name; idle; waiting for a disk; guests, which user time holds already
			continue
		}
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return 0, 0, fmt.Errorf("busy time: %w", err)
		}
		all += time.Duration(n) * clockTick
	}
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			return 0, 0, fmt.Errorf("busy time: %w", err)
		}
		own += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return all, own, nil
}
