package main

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"

	"switchboard/chat"
	"switchboard/ingest"
)

func TestCollectReadsWhatWasAnnounced(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		size int
		want error
	}{
		"announced":              {strings.Repeat("x", 200_000), 200_000, nil},
		"of unknown size":        {strings.Repeat("x", 200_000), -1, nil},
		"empty, of unknown size": {"", -1, nil},
		"as large as allowed":    {strings.Repeat("x", ingest.MaxBody), ingest.MaxBody, nil},
		"the same, unannounced":  {strings.Repeat("x", ingest.MaxBody), -1, nil},
		"one byte too large":     {strings.Repeat("x", ingest.MaxBody+1), -1, fiber.ErrRequestEntityTooLarge},
		"announced too large":    {"", ingest.MaxBody + 1, fiber.ErrRequestEntityTooLarge},
		"cut off":                {strings.Repeat("x", 100_000), 100_001, fiber.ErrBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			var b bodies
			got, err := b.collect(iotest.HalfReader(strings.NewReader(c.body)), c.size)
			require.ErrorIs(t, err, c.want)
			require.EqualValues(t, cap(got), b.held.Load())
			if c.want == nil {
				require.True(t, bytes.Equal([]byte(c.body), got))
			}
		})
	}
}

func TestCollectHoldsNoMoreThanArrived(t *testing.T) {
	var b bodies
	got, err := b.collect(io.MultiReader(strings.NewReader("x"), iotest.ErrReader(&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded})), ingest.MaxBody)
	require.ErrorIs(t, err, fiber.ErrRequestTimeout)
	require.LessOrEqual(t, cap(got), firstPiece)
}

func TestCollectRefusesWhenTooMuchIsUnderWay(t *testing.T) {
	var b bodies
	b.held.Store(maxLarge - firstPiece)
	got, err := b.collect(strings.NewReader(strings.Repeat("x", 1<<20)), 1<<20)
	require.ErrorIs(t, err, chat.ErrUnavailable)
	b.held.Add(-int64(cap(got)))
	require.EqualValues(t, maxLarge-firstPiece, b.held.Load())
}

// writeDeadline notes that a write was given its time.
type writeDeadline struct {
	net.Conn
	set bool
}

func (d *writeDeadline) SetWriteDeadline(t time.Time) error {
	d.set = time.Until(t) > 0 && time.Until(t) <= writeTime
	return d.Conn.SetWriteDeadline(t)
}

func TestWriteHasItsTime(t *testing.T) {
	here, there := net.Pipe()
	defer func() { require.NoError(t, errors.Join(here.Close(), there.Close())) }()
	deadline := &writeDeadline{Conn: here}
	go func() { _, _ = io.Copy(io.Discard, there) }() //nolint:errcheck // ends with the pipe
	c := &lingeringConn{Conn: deadline}
	c.spoke.Store(true) // somebody asked
	_, err := c.Write([]byte("x"))
	require.NoError(t, err)
	require.True(t, deadline.set)
}
