package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"sync/atomic"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"switchboard/chat"
	"switchboard/ingest"
)

// Bodies are read here and not by fasthttp, which allocates the whole of an announced body before its first byte has come:
// a few thousand connections that announce 4 MiB and send nothing would take all the memory there is.
const (
	smallBody  = 8 << 10  // what fasthttp has read together with the header: nearly every webhook
	firstPiece = 16 << 10 // what a larger body is given at first; it doubles as bytes arrive
	maxLarge   = 64 << 20 // all larger bodies under way together; beyond it their senders are asked to come again
)

// bodies hands complete bodies to the handlers, and bounds what incomplete ones may hold.
type bodies struct{ held atomic.Int64 }

// read is the first handler of the public listener.
func (b *bodies) read(c *fiber.Ctx) error {
	request := c.Request()
	if doubtful(c) {
		c.Context().SetConnectionClose()
		return fiber.ErrBadRequest
	}
	size := request.Header.ContentLength()
	if !request.IsBodyStream() || size >= 0 && size <= smallBody {
		return c.Next()
	}
	// What is not read of a body would be taken for the next request. After a chunked one the connection closes anyway: where
	// it ends is what proxies in front of us might see differently.
	if size < 0 {
		c.Context().SetConnectionClose()
	}
	names := request.Header.Len()
	body, err := b.collect(c.Context().RequestBodyStream(), size)
	defer b.held.Add(-int64(cap(body)))
	if err == nil && request.Header.Len() != names {
		err = fiber.ErrBadRequest // a trailer: it would stand among the headers, behind what proxies wrote there
	}
	if err != nil {
		linger(c.Context().Conn())
		c.Context().SetConnectionClose()
		return err
	}
	request.SetBodyRaw(body)
	return c.Next()
}

// collect reads a body of the announced size, or of unknown size when it is negative. It never holds much more than what has
// arrived. Whatever it returns is charged.
func (b *bodies) collect(from io.Reader, size int) ([]byte, error) {
	limit := ingest.MaxBody
	if size > limit {
		return nil, fiber.ErrRequestEntityTooLarge
	}
	if size >= 0 {
		limit = size
	}
	var body []byte
	for {
		if len(body) == cap(body) {
			// One byte more than allowed, to see the end, or that there is none.
			grown, err := b.grow(body, min(max(firstPiece, 2*cap(body)), limit+1))
			if err != nil {
				return body, err
			}
			body = grown
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case len(body) > limit:
			return body, fiber.ErrRequestEntityTooLarge
		case errors.Is(err, io.EOF) && (size < 0 || len(body) == size):
			return body, nil
		case err != nil:
			return body, unfinished(err)
		}
	}
}

// grow charges for a larger buffer and moves the body there.
func (b *bodies) grow(body []byte, size int) ([]byte, error) {
	more := int64(size - cap(body))
	if b.held.Add(more) > maxLarge {
		b.held.Add(-more)
		return body, fmt.Errorf("too many large bodies under way: %w", chat.ErrUnavailable)
	}
	grown := make([]byte, len(body), size)
	copy(grown, body)
	return grown, nil
}

// unfinished is the answer to a body that did not come: too slow, or not as announced.
func unfinished(err error) error {
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return fiber.ErrRequestTimeout
	}
	return fiber.ErrBadRequest
}

// doubtful finds what servers read differently, so that a proxy in front of us could see other requests than we do: spaces
// around header names ("Transfer-Encoding : chunked"), continued header lines, returns that end no line, control characters or
// spaces in the address, and hosts that are missing, said twice or reach into the path.
func doubtful(c *fiber.Ctx) bool {
	header := &c.Request().Header
	for _, b := range header.RequestURI() {
		if b <= ' ' || b == 0x7f {
			return true
		}
	}
	if hostLines(header.RawHeaders()) > 1 || header.IsHTTP11() && len(header.Host()) == 0 {
		return true
	}
	if bytes.ContainsAny(header.Host(), "/\\?#@ ") || brokenLines(header.RawHeaders()) {
		return true
	}
	if !bytes.Contains(header.RawHeaders(), []byte(" :")) {
		return false
	}
	found := false
	header.VisitAll(func(name, _ []byte) { found = found || bytes.IndexByte(name, ' ') >= 0 })
	return found
}

// hostLines counts the hosts a header names. Fasthttp keeps the last one, and proxies may route by the first.
func hostLines(raw []byte) int {
	const name = "host:"
	n := 0
	for len(raw) > len(name) {
		if raw[0]|0x20 == 'h' && bytes.EqualFold(raw[:len(name)], []byte(name)) {
			n++
		}
		end := bytes.IndexByte(raw, '\n')
		if end < 0 {
			break
		}
		raw = raw[end+1:]
	}
	return n
}

// brokenLines reports whether a header has lines that go on in the next one, or a return inside of a line.
func brokenLines(raw []byte) bool {
	if len(raw) > 0 && (raw[0] == ' ' || raw[0] == '\t') || bytes.Contains(raw, []byte("\n ")) || bytes.Contains(raw, []byte("\n\t")) {
		return true
	}
	for {
		i := bytes.IndexByte(raw, '\r')
		if i < 0 {
			return false
		}
		if i+1 < len(raw) && raw[i+1] != '\n' {
			return true
		}
		raw = raw[i+1:]
	}
}

// known answers methods that HTTP does not have; Fiber would, without our form.
func (p *public) known(next fasthttp.RequestHandler) fasthttp.RequestHandler {
	return func(ctx *fasthttp.RequestCtx) {
		if slices.Contains(fiber.DefaultMethods, string(ctx.Method())) {
			next(ctx)
			return
		}
		c := p.app.AcquireCtx(ctx)
		defer p.app.ReleaseCtx(c)
		ctx.SetConnectionClose()
		if err := p.refuse(c, fiber.ErrMethodNotAllowed); err != nil {
			ctx.SetStatusCode(fiber.StatusMethodNotAllowed)
		}
	}
}
