package main

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

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

type lingeringConn struct {
	net.Conn
	marked atomic.Bool
}

// linger marks a connection whose sender is still writing what was refused.
func linger(c net.Conn) {
	if l, ok := c.(*lingeringConn); ok {
		l.marked.Store(true)
	}
}

// Write implements net.Conn: whoever asks and does not take the answer loses the connection.
func (c *lingeringConn) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTime)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close implements net.Conn.
func (c *lingeringConn) Close() error {
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if c.marked.Load() && ok && half.CloseWrite() == nil && c.SetReadDeadline(time.Now().Add(lingerTime)) == nil {
		_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes) //nolint:errcheck // whatever ends the reading, the connection closes
	}
	return c.Conn.Close()
}
