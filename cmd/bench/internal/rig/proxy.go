package rig

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
)

// A Proxy passes TCP connections on until it is cut: a database that is away, while the real one is left alone.
type Proxy struct {
	Addr string
	to   string

	mu       sync.Mutex
	listener net.Listener
	open     map[net.Conn]struct{}
	cut      bool
	running  sync.WaitGroup
}

// NewProxy listens on a free port and passes on to an address.
func NewProxy(ctx context.Context, to string) (*Proxy, error) {
	p := &Proxy{to: to, open: map[net.Conn]struct{}{}, Addr: "127.0.0.1:0"}
	return p, p.Join(ctx)
}

// Join lets connections through, at the same address as before.
func (p *Proxy) Join(ctx context.Context) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp4", p.Addr)
	if err != nil {
		return fmt.Errorf("proxy: %w", err)
	}
	p.mu.Lock()
	p.listener, p.Addr, p.cut = l, l.Addr().String(), false
	p.mu.Unlock()
	p.running.Go(func() { p.accept(ctx, l) })
	return nil
}

// Cut ends every connection and refuses new ones.
func (p *Proxy) Cut() error {
	p.mu.Lock()
	p.cut = true
	err := p.listener.Close()
	for c := range p.open {
		err = errors.Join(err, ignoreClosed(c.Close()))
	}
	p.mu.Unlock()
	p.running.Wait()
	return err
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (p *Proxy) accept(ctx context.Context, l net.Listener) {
	for {
		in, err := l.Accept()
		if err != nil {
			return // cut
		}
		out, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.to)
		if err != nil {
			in.Close() // the other end sees it close, which is all there is to say
			continue
		}
		if !p.keep(in, out) {
			return
		}
		p.running.Go(func() { p.pass(in, out) })
		p.running.Go(func() { p.pass(out, in) })
	}
}

// keep remembers a pair of connections, unless the proxy was cut while they were made.
func (p *Proxy) keep(pair ...net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range pair {
		if p.cut {
			c.Close() // the other end sees it close
			continue
		}
		p.open[c] = struct{}{}
	}
	return !p.cut
}

// pass copies one direction; the end of one is the end of both.
func (p *Proxy) pass(from, to net.Conn) {
	io.Copy(to, from) //nolint:errcheck // how it ended does not matter
	p.mu.Lock()
	delete(p.open, from)
	p.mu.Unlock()
	from.Close() // closed by the other direction already, perhaps
	to.Close()   // the same
}
