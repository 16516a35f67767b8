package ingest

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"switchboard/chat"
)

func TestMain(m *testing.M) {
	// fasthttp keeps a goroutine that rounds the clock for its Date header as long as the process lives, and each server's
	// worker pool one that looks for idle workers every ten seconds before it notices the end.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.updateServerDate.func1"),
		goleak.IgnoreAnyFunction("github.com/valyala/fasthttp.(*workerPool).Start.func2"))
}

// listen serves the app on a real port until the test ends.
func listen(t testing.TB, app *fiber.App) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan error, 1)
	go func() { done <- app.Listener(ln) }()
	t.Cleanup(func() {
		require.NoError(t, app.ShutdownWithTimeout(5*time.Second))
		require.NoError(t, <-done)
	})
	return ln.Addr().String()
}

func client(t testing.TB) *http.Client {
	t.Helper()
	tr := &http.Transport{MaxIdleConnsPerHost: 64}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 10 * time.Second}
}

func TestGzipBombIsNotUnpacked(t *testing.T) {
	log := &memoryLog{}
	addr := listen(t, gateway(t, WebhookConfig{Log: log, Channels: set(t, &relay{platform{name: chat.WhatsApp}})}))
	var bomb bytes.Buffer
	z := gzip.NewWriter(&bomb)
	_, err := z.Write(make([]byte, 50<<20))
	require.NoError(t, err)
	require.NoError(t, z.Close())
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/webhooks/whatsapp", &bomb)
	require.NoError(t, err)
	req.Header.Set("Content-Encoding", "gzip")
	res, err := client(t).Do(req)
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 415, res.StatusCode)
	require.Empty(t, log.all())
}

func TestSlowSenderIsCutOff(t *testing.T) {
	addr := listen(t, gateway(t, WebhookConfig{Log: &memoryLog{}, Channels: set(t, &relay{platform{name: chat.WhatsApp}})}))
	var d net.Dialer
	conn, err := d.DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	defer conn.Close()
	_, err = fmt.Fprintf(conn, "POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
	require.NoError(t, err)
	require.NoError(t, conn.SetReadDeadline(time.Now().Add(5*time.Second)))
	answer, err := io.ReadAll(conn) // ends when the server closes, long before our own deadline
	require.NoError(t, err)
	require.Contains(t, string(answer), "408 Request Timeout")
	require.Contains(t, string(answer), "request_id")
}

func TestTooLargeBodies(t *testing.T) {
	log := &memoryLog{}
	addr := listen(t, gateway(t, WebhookConfig{Log: log, Channels: set(t, &relay{platform{name: chat.WhatsApp}})}))
	for name, head := range map[string]string{
		"announced": fmt.Sprintf("Content-Length: %d", 5<<20),
		"chunked":   "Transfer-Encoding: chunked",
	} {
		t.Run(name, func(t *testing.T) {
			var d net.Dialer
			conn, err := d.DialContext(t.Context(), "tcp", addr)
			require.NoError(t, err)
			defer conn.Close()
			_, err = fmt.Fprintf(conn, "POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", head)
			require.NoError(t, err)
			if name == "chunked" {
				chunk := append([]byte("10000\r\n"), make([]byte, 0x10000)...)
				chunk = append(chunk, "\r\n"...)
				for sent := 0; sent <= MaxBody; sent += 0x10000 {
					if _, err = conn.Write(chunk); err != nil {
						break // refused already
					}
				}
			}
			answer := make([]byte, 4096)
			n, err := conn.Read(answer)
			require.NoError(t, err)
			require.Contains(t, string(answer[:n]), "413 Request Entity Too Large")
			require.Contains(t, string(answer[:n]), "4 MiB")
		})
	}
	require.Empty(t, log.all())
}

func TestLargestBodyIsAccepted(t *testing.T) {
	log := &memoryLog{}
	addr := listen(t, gateway(t, WebhookConfig{Log: log, Channels: set(t, &relay{platform{name: chat.WhatsApp}})}))
	res, err := client(t).Post("http://"+addr+"/webhooks/whatsapp", "application/json", bytes.NewReader(make([]byte, MaxBody)))
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 200, res.StatusCode)
	require.Len(t, log.all()[0].Value, MaxBody)
}

// Fiber hands every request of a connection the same buffer: what the log holds must not change under it.
func TestBodiesStayIntactWhenConnectionsAreReused(t *testing.T) {
	log := &memoryLog{}
	wdg := &widget{platform: platform{name: chat.WebWidget}}
	addr := listen(t, gateway(t, WebhookConfig{Log: log, Channels: set(t, wdg)}))
	c := client(t)
	want := map[string]string{}
	for i := range 300 {
		body, agent := strings.Repeat(fmt.Sprintf("%04d", i), 1+i%97), fmt.Sprintf("agent-%04d", i)
		want[body] = agent
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/webhooks/webwidget", strings.NewReader(body))
		require.NoError(t, err)
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("User-Agent", agent)
		res, err := c.Do(req)
		require.NoError(t, err)
		_, err = io.Copy(io.Discard, res.Body)
		require.NoError(t, err)
		res.Body.Close()
		require.Equal(t, 200, res.StatusCode)
	}
	got := map[string]string{}
	for _, p := range log.all() {
		got[string(p.Value)] = p.Client.UserAgent
	}
	require.Equal(t, want, got)
}

func TestTooManyUnderWayAreRefusedAtOnce(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{}, 8)
	log := &memoryLog{before: func(ctx context.Context) error {
		entered <- struct{}{}
		select {
		case <-release:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}}
	addr := listen(t, gateway(t, WebhookConfig{Log: log, Channels: set(t, &relay{platform{name: chat.WhatsApp}}), MaxRequests: 2}))
	c := client(t)
	post := func(body string) (int, string) {
		res, err := c.Post("http://"+addr+"/webhooks/whatsapp", "application/json", strings.NewReader(body))
		if err != nil {
			return 0, err.Error()
		}
		defer res.Body.Close()
		return res.StatusCode, res.Header.Get("Retry-After")
	}
	var wg sync.WaitGroup
	codes := make(chan int, 2)
	for range 2 {
		wg.Go(func() { code, _ := post("held"); codes <- code })
		<-entered
	}
	code, retry := post("one too many")
	require.Equal(t, 503, code)
	require.Equal(t, "2", retry)
	close(release)
	wg.Wait()
	require.Equal(t, []int{200, 200}, []int{<-codes, <-codes})
	code, _ = post("there is room again")
	require.Equal(t, 200, code)
	require.Len(t, log.all(), 3)
}

func TestBytesUnderWayAreBounded(t *testing.T) {
	a := admission{maxRequests: 10, maxBytes: 100}
	require.True(t, a.enter(150), "one request alone is always taken")
	require.False(t, a.enter(1))
	a.leave(150)
	require.True(t, a.enter(60))
	require.False(t, a.enter(60))
	require.True(t, a.enter(40))
	a.leave(60)
	a.leave(40)
	require.Zero(t, a.requests.Load())
	require.Zero(t, a.bytes.Load())
}

func TestLogThatHangsIsA503(t *testing.T) {
	log := &memoryLog{before: func(ctx context.Context) error { <-ctx.Done(); return ctx.Err() }}
	addr := listen(t, gateway(t, WebhookConfig{Log: log, Channels: set(t, &relay{platform{name: chat.WhatsApp}}), Timeout: 20 * time.Millisecond}))
	res, err := client(t).Post("http://"+addr+"/webhooks/whatsapp", "application/json", strings.NewReader("x"))
	require.NoError(t, err)
	defer res.Body.Close()
	require.Equal(t, 503, res.StatusCode)
}

// BenchmarkWebhook compares the whole handler with one that only answers, on the same Fiber.
func BenchmarkWebhook(b *testing.B) {
	body := bytes.Repeat([]byte("x"), 1500)
	run := func(b *testing.B, app *fiber.App, path string) {
		h := app.Handler()
		b.ReportAllocs()
		b.RunParallel(func(pb *testing.PB) {
			ctx := newContext(path, body)
			for pb.Next() {
				h(ctx)
				if ctx.Response.StatusCode() != 200 {
					b.Errorf("status %d", ctx.Response.StatusCode())
				}
				ctx.Response.Reset()
			}
		})
	}
	b.Run("bare", func(b *testing.B) {
		app := fiber.New(fiber.Config{DisableStartupMessage: true})
		app.Post("/webhooks/whatsapp", func(c *fiber.Ctx) error { return c.SendString(`{"request_id":"1"}`) })
		run(b, app, "/webhooks/whatsapp")
	})
	b.Run("webhook", func(b *testing.B) {
		run(b, gateway(b, WebhookConfig{Log: discard{}, Channels: set(b, &relay{platform{name: chat.WhatsApp}})}), "/webhooks/whatsapp")
	})
}
