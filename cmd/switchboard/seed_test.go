package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/store"
)

func TestSeedingFillsAnEmptyDatabaseOnly(t *testing.T) {
	environment := settings(t)
	setenv(t, environment)
	var out, said bytes.Buffer
	on := &terminal{ctx: t.Context(), out: &out, err: &said}
	command := &seedCommand{Conversations: 60, Contacts: 20, MessagesPer: 2, Seed: 1, Until: "2026-10-31"}
	require.NoError(t, command.Run(on))
	require.Contains(t, out.String(), "60 conversations of 20 people")
	require.Contains(t, said.String(), "100 %")
	require.ErrorIs(t, command.Run(on), errNotEmpty)
	command.Force, command.Seed = true, 2
	require.NoError(t, command.Run(on))
	cfg, err := loadConfig(environ())
	require.NoError(t, err)
	require.NoError(t, withStore(t.Context(), &cfg, on, func(s *store.Store) error {
		n, err := s.CountConversations(t.Context(), chat.ConversationQuery{})
		require.Greater(t, n, int64(100), "people who had an open conversation go on with it")
		return err
	}))
	require.ErrorContains(t, (&seedCommand{Until: "soon"}).Run(on), "no day")
}
