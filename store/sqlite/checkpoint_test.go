package sqlite

import (
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWhatWasCommittedIsCopiedIntoTheFileWhileWritersGoOn(t *testing.T) {
	t.Parallel()
	path := file(t)
	e := open(t, path, nil)
	body := strings.Repeat("x", 64<<10)
	written := int64(0)
	begunAgain := func() bool {
		log, err := os.Stat(path + "-wal")
		require.NoError(t, err)
		return log.Size() < written*3/4
	}
	for i := 0; written < 96<<20 || !begunAgain(); i++ { // far more than the log may hold
		docs := make([]doc, 32)
		for j := range docs {
			docs[j] = doc{ID: fmt.Sprintf("%d/%d/%d", rand.Uint32(), i, j), Version: 1, Body: body}
			written += int64(len(body))
		}
		put(t, e, docs...)
		require.Less(t, written, int64(512<<20), "the log begins again although nobody pauses")
	}
	require.Eventually(t, func() bool {
		pages, copied, err := checkpoint(t.Context(), e.copier.db, "NOOP")
		require.NoError(t, err)
		return pages-copied < checkpointAt
	}, 30*time.Second, 20*time.Millisecond, "and what is left is copied soon")
}
