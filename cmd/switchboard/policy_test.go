package main

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/chat"
)

type settingsOf struct {
	settings chat.Settings
	err      error
	reads    int
}

func (s *settingsOf) Settings(context.Context) (chat.Settings, error) {
	s.reads++
	return s.settings, s.err
}

func TestAddressPolicyOfTheWorkspaceWins(t *testing.T) {
	t.Parallel()
	at := time.Unix(1_800_000_000, 0)
	s := &settingsOf{err: chat.ErrUnavailable}
	p := newIPPolicy(s, "full")
	p.clock = func() time.Time { return at }
	require.Equal(t, "none", p.now(t.Context()), "as long as nobody knows, nothing is kept")
	s.err = nil
	require.Equal(t, "full", p.now(t.Context()), "the environment is the default")
	s.settings.IPPolicy = "none"
	require.Equal(t, "full", p.now(t.Context()), "not read for every batch")
	require.Equal(t, 2, s.reads)
	at = at.Add(policyLife)
	require.Equal(t, "none", p.now(t.Context()))
	at, s.err = at.Add(policyLife), chat.ErrUnavailable
	require.Equal(t, "none", p.now(t.Context()), "what was read last")
	s.err, s.settings.IPPolicy = nil, ""
	require.Equal(t, "full", p.now(t.Context()))
}
