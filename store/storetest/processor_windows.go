package storetest

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// processorTime is what this process has used so far.
func processorTime(b *testing.B) time.Duration {
	b.Helper()
	process, err := syscall.GetCurrentProcess()
	require.NoError(b, err)
	var created, exited, kernel, user syscall.Filetime
	require.NoError(b, syscall.GetProcessTimes(process, &created, &exited, &kernel, &user))
	const tick = 100 * time.Nanosecond // of a Filetime that is a length of time
	ticks := func(f syscall.Filetime) time.Duration {
		return time.Duration(int64(f.HighDateTime)<<32|int64(f.LowDateTime)) * tick
	}
	return ticks(kernel) + ticks(user)
}
