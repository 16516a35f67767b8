package rig

import (
	"bufio"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSumAddsTheSeriesWithAllLabels(t *testing.T) {
	text := []byte(`# HELP switchboard_verdicts_total Elements.
switchboard_verdicts_total{channel="whatsapp",reason="",verdict="applied"} 41
switchboard_verdicts_total{channel="instagram",reason="",verdict="applied"} 1
switchboard_verdicts_total{channel="whatsapp",reason="",verdict="duplicate"} 7
switchboard_verdicts_total_other{verdict="applied"} 100
switchboard_sse_clients 3
`)
	for _, c := range []struct {
		name   string
		labels []string
		want   float64
	}{
		{"switchboard_verdicts_total", []string{`verdict="applied"`}, 42},
		{"switchboard_verdicts_total", []string{`verdict="applied"`, `channel="instagram"`}, 1},
		{"switchboard_verdicts_total", nil, 49},
		{"switchboard_sse_clients", nil, 3},
		{"switchboard_missing", nil, 0},
	} {
		got, err := sum(text, c.name, c.labels)
		require.NoError(t, err)
		require.InDelta(t, c.want, got, 0, "%s %v", c.name, c.labels)
	}
	_, err := sum([]byte("switchboard_x many\n"), "switchboard_x", nil)
	require.Error(t, err)
}

func TestNumberSeparatesThousands(t *testing.T) {
	for n, want := range map[float64]string{0: "0", 999: "999", 1000: "1,000", 1234567.4: "1,234,567", -1000: "-1,000", -100: "-100"} {
		require.Equal(t, want, Number(n))
	}
}

func TestProxyIsAwayBetweenCutAndJoin(t *testing.T) {
	echo, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			line, err := bufio.NewReader(c).ReadString('\n')
			if err == nil {
				_, err = c.Write([]byte(line))
			}
			if err != nil {
				t.Log(err)
			}
		}
	}()
	proxy, err := NewProxy(t.Context(), echo.Addr().String())
	require.NoError(t, err)
	ask := func() (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", proxy.Addr)
		if err != nil {
			return nil, err
		}
		require.NoError(t, c.SetDeadline(time.Now().Add(5*time.Second)))
		if _, err := c.Write([]byte("hello\n")); err != nil {
			return c, err
		}
		line, err := bufio.NewReader(c).ReadString('\n')
		require.Equal(t, "hello\n", line)
		return c, err
	}
	open, err := ask()
	require.NoError(t, err)
	defer open.Close()

	require.NoError(t, proxy.Cut())
	_, err = open.Read(make([]byte, 1))
	require.Error(t, err, "an open connection ends")
	_, err = ask()
	require.Error(t, err, "a new one is refused")

	require.NoError(t, proxy.Join(t.Context()))
	again, err := ask()
	require.NoError(t, err)
	require.NoError(t, again.Close())
	require.NoError(t, proxy.Cut())
}

func TestMachineAndBusyTimeAreRead(t *testing.T) {
	m, err := ThisMachine(t.TempDir())
	require.NoError(t, err)
	require.Positive(t, m.Cores)
	require.NotEmpty(t, m.Go)
	before, own, err := Busy()
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	require.GreaterOrEqual(t, before, own)
	for deadline := time.Now().Add(10 * time.Second); ; {
		after, ownAfter, err := Busy()
		require.NoError(t, err)
		if ownAfter-own >= 20*time.Millisecond && after > before {
			return
		}
		require.True(t, time.Now().Before(deadline), "own work is counted")
	}
}
