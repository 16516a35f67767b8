package stream

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLongestARecordIsKept(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		settings map[string]string
		want     time.Duration
	}{
		"retention and an open segment":  {map[string]string{"retention.ms": "604800000", "segment.ms": "86400000", "cleanup.policy": "delete"}, 8 * day},
		"the broker's usual segment":     {map[string]string{"retention.ms": "604800000"}, 14 * day},
		"without end":                    {map[string]string{"retention.ms": "-1"}, 0},
		"compacted: the newest stays":    {map[string]string{"retention.ms": "604800000", "cleanup.policy": "compact"}, 0},
		"nothing is known":               {nil, 0},
		"a number no duration can hold":  {map[string]string{"retention.ms": "9223372036854775807", "segment.ms": "86400000"}, 365*100*day + day},
		"compacted, and deleted as well": {map[string]string{"retention.ms": "86400000", "segment.ms": "86400000", "cleanup.policy": "compact,delete"}, 2 * day},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, longest(c.settings))
		})
	}
}
