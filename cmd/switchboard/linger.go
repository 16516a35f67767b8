package main

import (
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"
)

// errSilent is the end of a connection that was opened and never used.
var errSilent = errors.New("nothing was asked") // never changed

// A lingering listener lets a sender read why its body was refused. Closing a connection while the sender still writes
// resets it, and the answer is lost on the way; so a connection marked by linger is read on for a moment before it closes.
type lingering struct{ net.Listener }

// Accept implements net.Listener.
func (l lingering) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingeringConn{Conn: c}, nil
}

// Bounds of what is read from a refused sender.
const (
	lingerBytes = 16 << 20
	lingerTime  = 2 * time.Second
)

// writeTime is how long one write may wait for a reader that does not read. A stream of live updates lives on: it is many
// writes.
const writeTime = 20 * time.Second

// renewTime is how much of it may have passed before a write begins, so that a busy connection does not set a timer for every
// answer.
const renewTime = time.Second

type lingeringConn struct {
	net.Conn
	marked atomic.Bool
	spoke  atomic.Bool  // the other side sent something
	until  atomic.Int64 // the deadline of writes, in Unix nanoseconds

	wanted, reads atomic.Int64 // the deadline of reads that was asked for, and the one that holds; 0: none
}

// linger marks a connection whose sender is still writing what was refused.
func linger(c net.Conn) {
	if l, ok := c.(*lingeringConn); ok {
		l.marked.Store(true)
	}
}

// SetReadDeadline implements net.Conn. The server asks for two deadlines in each request, the one of the request and the one of
// the pause after it, and most requests are there with the first read: setting timers for them was a twentieth of their cost.
// So a deadline is put in place by the read that needs it, and one that is later only when it is much later.
func (c *lingeringConn) SetReadDeadline(t time.Time) error {
	if t.IsZero() {
		return c.SetDeadline(t)
	}
	c.wanted.Store(t.UnixNano())
	return nil
}

// SetDeadline implements net.Conn.
func (c *lingeringConn) SetDeadline(t time.Time) error {
	c.wanted.Store(0)
	c.reads.Store(0)
	c.until.Store(0)
	return c.Conn.SetDeadline(t)
}

// readTolerance is how much sooner than asked for a read may be given up.
const readTolerance = int64(time.Second)

// Read implements net.Conn.
func (c *lingeringConn) Read(b []byte) (int, error) {
	if wanted, holds := c.wanted.Load(), c.reads.Load(); wanted != 0 && (holds == 0 || wanted < holds || wanted-holds > readTolerance) {
		if err := c.Conn.SetReadDeadline(time.Unix(0, wanted)); err != nil {
			return 0, err
		}
		c.reads.Store(wanted)
	}
	n, err := c.Conn.Read(b)
	if n > 0 && !c.spoke.Load() {
		c.spoke.Store(true)
	}
	return n, err
}

// Write implements net.Conn: whoever asks and does not take the answer loses the connection. Who never asked gets none: a
// connection that a browser or a proxy opened in advance is closed without a word, where the server would say 408. Its next
// user would take that for the answer to a request of its own.
func (c *lingeringConn) Write(b []byte) (int, error) {
	if !c.spoke.Load() {
		return 0, errSilent
	}
	if now := time.Now(); c.until.Load()-now.UnixNano() < int64(writeTime-renewTime) {
		until := now.Add(writeTime)
		if err := c.SetWriteDeadline(until); err != nil {
			return 0, err
		}
		c.until.Store(until.UnixNano())
	}
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *lingeringConn) Close() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if c.marked.Load() && ok && half.CloseWrite() == nil && c.Conn.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) //nolint:errcheck // whatever ends the reading, the connection closes
	}
	return c.Conn.Close()
}
