package load

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// A conn is one keep-alive connection with at most one request on it.
type conn struct {
	fd   int
	busy bool
	due  time.Duration // when the request was, or should have been, sent
	out  []byte
	in   [4096]byte
	got  int
}

func (l *loop) dial(i int) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return fmt.Errorf("load: socket: %w", err)
	}
	l.conns[i] = conn{fd: fd, out: l.conns[i].out}
	if err := unix.Connect(fd, &l.to); err != nil {
		return fmt.Errorf("load: connect to %s: %w", l.spec.Address, err)
	}
	if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return fmt.Errorf("load: no delay: %w", err)
	}
	if err := unix.SetNonblock(fd, true); err != nil {
		return fmt.Errorf("load: not blocking: %w", err)
	}
	return l.watch(fd, i)
}

// send posts the next message of the run.
func (l *loop) send(i int, due time.Duration) error {
	c := &l.conns[i]
	out, err := l.bodies.Append(c.out[:0], l.result.Sent, time.Now())
	if err != nil {
		return err
	}
	c.out, c.busy, c.due, c.got = out, true, due, 0
	l.result.Sent++
	l.open++
	for len(out) > 0 {
		n, err := unix.Write(c.fd, out)
		switch {
		case errors.Is(err, unix.EAGAIN):
			if _, err := unix.Poll([]unix.PollFd{{Fd: int32(c.fd), Events: unix.POLLOUT}}, 1000); err != nil && !errors.Is(err, unix.EINTR) {
				return fmt.Errorf("load: poll: %w", err)
			}
		case err != nil:
			return l.broken(i)
		}
		out = out[max(n, 0):]
	}
	return nil
}

// arrived reads what a connection has, and posts again where the answer is complete.
func (l *loop) arrived(i int) error {
	c := &l.conns[i]
	n, err := unix.Read(c.fd, c.in[c.got:])
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EINTR) {
		return nil
	}
	if err != nil || n == 0 {
		return l.broken(i)
	}
	c.got += n
	status, complete, err := answer(c.in[:c.got])
	if err != nil {
		return err
	}
	if !complete {
		return nil
	}
	now := time.Since(l.begun)
	l.answered(c, status, now)
	if l.ended || l.spec.Rate > 0 || !l.more() {
		l.free = append(l.free, i)
		return nil
	}
	return l.send(i, now)
}

func (l *loop) answered(c *conn, status int, now time.Duration) {
	c.busy = false
	l.open--
	if status != http.StatusOK {
		l.result.Refused[status]++
		return
	}
	l.result.Accepted++
	inWindow := l.window > 0 && !l.ended
	if l.spec.Rate > 0 {
		inWindow = c.due >= l.spec.Warmup
	}
	if inWindow {
		l.result.Measured.Accepted++
		l.times = append(l.times, now-c.due)
	}
}

// broken replaces a connection that ended. The request on it may or may not have been taken: a platform would send it again.
func (l *loop) broken(i int) error {
	c := &l.conns[i]
	if err := unix.Close(c.fd); err != nil {
		return fmt.Errorf("load: close: %w", err)
	}
	wasBusy := c.busy
	c.fd, c.busy = 0, false
	if wasBusy {
		l.result.Broken++
		l.open--
	}
	if err := l.dial(i); err != nil {
		return err
	}
	switch {
	case !wasBusy: // it stays where it is among the free ones
		return nil
	case l.ended || l.spec.Rate > 0 || !l.more():
		l.free = append(l.free, i)
		return nil
	default:
		return l.send(i, time.Since(l.begun))
	}
}

// answer reads the status of an HTTP/1.1 answer and whether all of it is there.
func answer(in []byte) (status int, complete bool, err error) {
	end := bytes.Index(in, []byte("\r\n\r\n"))
	if end < 0 {
		if len(in) == cap(in) {
			return 0, false, errors.New("load: answer is too long")
		}
		return 0, false, nil
	}
	if len(in) < 12 {
		return 0, false, errors.New("load: answer is not HTTP")
	}
	if status, err = strconv.Atoi(string(in[9:12])); err != nil {
		return 0, false, fmt.Errorf("load: status: %w", err)
	}
	length, err := contentLength(in[:end])
	if err != nil {
		return 0, false, err
	}
	return status, len(in) >= end+4+length, nil
}

func contentLength(head []byte) (int, error) {
	const name = "\r\ncontent-length:"
	for i := 0; i+len(name) <= len(head); i++ {
		if head[i] != '\r' || !bytes.EqualFold(head[i:i+len(name)], []byte(name)) {
			continue
		}
		value, _, _ := bytes.Cut(head[i+len(name):], []byte("\r"))
		n, err := strconv.Atoi(string(bytes.TrimSpace(value)))
		if err != nil {
			return 0, fmt.Errorf("load: content length: %w", err)
		}
		return n, nil
	}
	return 0, nil
}
