package main

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
)

// A connection opened in advance and never used is closed without an answer; one that began a request is told that it took
// too long.
func TestConnectionsThatNeverAskAreClosedInSilence(t *testing.T) {
	app := fiber.New(fiber.Config{ReadTimeout: readTimeout, IdleTimeout: idleTimeout, DisableStartupMessage: true})
	_, err := app.Test(httptest.NewRequest(http.MethodGet, "/", http.NoBody)) // starts what the server never ends: its clock
	require.NoError(t, err)
	for sent, answer := range map[string]string{"": "", "GET / HT": "HTTP/1.1 408"} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go func() {
				_ = app.Server().ServeConn(&lingeringConn{Conn: theirs}) //nolint:errcheck // what it returns is not what is sent
			}()
			_, err := io.WriteString(ours, sent)
			require.NoError(t, err)
			begun := time.Now()
			got, err := io.ReadAll(ours)
			require.NoError(t, err)
			require.Equal(t, readTimeout, time.Since(begun))
			if answer == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, string(got), answer)
			}
		})
	}
}

// slow counts the deadlines it is given.
type slow struct {
	net.Conn
	deadlines []time.Time
}

func (s *slow) SetWriteDeadline(t time.Time) error {
	s.deadlines = append(s.deadlines, t)
	return s.Conn.SetWriteDeadline(t)
}

// Every write has nearly its whole time, however many there are, and an open stream is never cut by what it wrote long ago.
func TestWritesHaveTheirTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ours, theirs := net.Pipe()
		conn := &slow{Conn: theirs}
		c := &lingeringConn{Conn: conn}
		go func() {
			_, err := ours.Write([]byte("?"))
			_, again := io.CopyN(io.Discard, ours, 13)
			if err = errors.Join(err, again); err != nil {
				t.Error(err)
			}
		}()
		_, err := c.Read(make([]byte, 1))
		require.NoError(t, err)
		for n := range 13 {
			_, err := c.Write([]byte("!"))
			require.NoError(t, err)
			require.Greater(t, time.Until(conn.deadlines[len(conn.deadlines)-1]), writeTime-renewTime-time.Nanosecond)
			time.Sleep(map[bool]time.Duration{true: 100 * time.Millisecond, false: 3 * writeTime}[n < 11])
		}
		require.Len(t, conn.deadlines, 3)
		begun := time.Now()
		_, err = c.Write([]byte("!")) // nobody reads any more
		var late net.Error
		require.True(t, errors.As(err, &late) && late.Timeout())
		require.Equal(t, writeTime, time.Since(begun))
		require.NoError(t, ours.Close())
	})
}

// Reads end when they were told to, however many deadlines were asked for: a sooner one holds at once, a later one when it is
// much later.
func TestReadsEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, theirs := net.Pipe()
		c := &lingeringConn{Conn: theirs}
		for _, wait := range []time.Duration{idleTimeout, readTimeout, idleTimeout} {
			begun := time.Now()
			require.NoError(t, c.SetReadDeadline(begun.Add(wait)))
			_, err := c.Read(make([]byte, 1))
			var late net.Error
			require.True(t, errors.As(err, &late) && late.Timeout())
			require.Equal(t, wait, time.Since(begun))
		}
		require.NoError(t, c.SetReadDeadline(time.Now().Add(idleTimeout)))
		require.NoError(t, c.SetReadDeadline(time.Now().Add(readTimeout)))
		begun := time.Now()
		_, err := c.Read(make([]byte, 1))
		require.Error(t, err)
		require.Equal(t, readTimeout, time.Since(begun))
	})
}
