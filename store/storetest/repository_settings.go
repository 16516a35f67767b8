package storetest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

// settingsEdits: administrators who save at the same time lose nothing, the first save included.
func settingsEdits(t *testing.T, open func(*testing.T) store.Engine) {
	repo := repository(t, open(t))
	before, err := repo.Settings(t.Context())
	require.NoError(t, err)
	require.Empty(t, before.Labels)
	parallel(t, 10, func(n int) error {
		_, err := repo.UpdateSettings(t.Context(), func(s *chat.Settings) error {
			s.Tags = append(s.Tags, fmt.Sprint("tag ", n))
			return nil
		})
		return err
	})
	after, err := repo.Settings(t.Context())
	require.NoError(t, err)
	require.Len(t, after.Tags, 10)
	require.EqualValues(t, 10, after.Version)
}
