package geo

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestApplyPolicy(t *testing.T) {
	for _, c := range []struct{ policy, ip, want string }{
		{"full", "81.2.69.142", "81.2.69.142"},
		{"full", "2a02:cf40:1:2::3", "2a02:cf40:1:2::3"},
		{"full", "::ffff:81.2.69.142", "81.2.69.142"},
		{"full", "fe80::1%eth0", "fe80::1"},
		{"full", "not an address", ""},
		{"full", "", ""},
		{"truncated", "81.2.69.142", "81.2.69.0"},
		{"truncated", "::ffff:81.2.69.142", "81.2.69.0"},
		{"truncated", "2a02:cf40:1:2::3", "2a02:cf40:1::"},
		{"truncated", "81.2.69.142, 10.0.0.1", ""},
		{"none", "81.2.69.142", ""},
		{"", "81.2.69.142", ""},
		{"Full", "81.2.69.142", ""},
	} {
		require.Equal(t, c.want, ApplyPolicy(c.policy, c.ip), "%s %s", c.policy, c.ip)
	}
}

func TestClientIP(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8"), netip.MustParsePrefix("::ffff:192.168.0.0/112")}
	for name, c := range map[string]struct {
		remote string
		xff    []string
		want   string
	}{
		"no proxy":                          {"81.2.69.142", nil, "81.2.69.142"},
		"a stranger's header is not read":   {"81.2.69.142", []string{"1.1.1.1"}, "81.2.69.142"},
		"a stranger cannot name our proxy":  {"81.2.69.142", []string{"10.0.0.1"}, "81.2.69.142"},
		"one proxy":                         {"10.0.0.1", []string{"81.2.69.142"}, "81.2.69.142"},
		"mapped peer":                       {"::ffff:10.0.0.1", []string{"81.2.69.142"}, "81.2.69.142"},
		"mapped proxy prefix":               {"192.168.0.9", []string{"81.2.69.142"}, "81.2.69.142"},
		"two proxies":                       {"10.0.0.1", []string{"81.2.69.142, 10.0.0.2"}, "81.2.69.142"},
		"two proxies, two headers":          {"10.0.0.1", []string{"81.2.69.142", "10.0.0.2"}, "81.2.69.142"},
		"the client put something in front": {"10.0.0.1", []string{"1.1.1.1, 81.2.69.142"}, "81.2.69.142"},
		"in front, in its own header":       {"10.0.0.1", []string{"1.1.1.1", "81.2.69.142"}, "81.2.69.142"},
		"in front, as one of our proxies":   {"10.0.0.1", []string{"10.9.9.9, 81.2.69.142, 10.0.0.2"}, "81.2.69.142"},
		"loopback in front":                 {"10.0.0.1", []string{"127.0.0.1, 81.2.69.142"}, "81.2.69.142"},
		"rubbish in front":                  {"10.0.0.1", []string{"<script>, 81.2.69.142"}, "81.2.69.142"},
		"rubbish from the proxy":            {"10.0.0.1", []string{"81.2.69.142, unknown"}, "10.0.0.1"},
		"empty entries":                     {"10.0.0.1", []string{"81.2.69.142, , "}, "10.0.0.1"},
		"empty header":                      {"10.0.0.1", []string{""}, "10.0.0.1"},
		"only proxies":                      {"10.0.0.1", []string{"10.0.0.3, 10.0.0.2"}, "10.0.0.3"},
		"with port":                         {"10.0.0.1", []string{"81.2.69.142:4711"}, "81.2.69.142"},
		"IPv6":                              {"fd00::1", []string{"2a02:cf40::1"}, "2a02:cf40::1"},
		"IPv6 in brackets":                  {"fd00::1", []string{"[2a02:cf40::1]"}, "2a02:cf40::1"},
		"IPv6 with port":                    {"fd00::1", []string{"[2a02:cf40::1]:443"}, "2a02:cf40::1"},
		"zone is dropped":                   {"10.0.0.1", []string{"fe80::1%eth0"}, "fe80::1"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, ClientIP(netip.MustParseAddr(c.remote), c.xff, proxies).String())
		})
	}
	require.Equal(t, "10.0.0.1", ClientIP(netip.MustParseAddr("10.0.0.1"), []string{"81.2.69.142"}, nil).String(), "nobody is trusted by default")
	require.False(t, ClientIP(netip.Addr{}, []string{"81.2.69.142"}, proxies).IsValid())
}

// Whatever a client sends, what a trusted proxy appended decides.
func TestClientIPIgnoresWhatTheClientWrote(t *testing.T) {
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	client := netip.MustParseAddr("81.2.69.142")
	rapid.Check(t, func(t *rapid.T) {
		forged := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"10.0.0.1", "127.0.0.1", "1.1.1.1", ",", "[::1]:80"})), 0, 5).Draw(t, "forged")
		headers := []string{strings.Join(append(forged, client.String()), ", ")}
		if rapid.Bool().Draw(t, "own header") {
			headers = append(append([]string{}, forged...), client.String())
		}
		if rapid.Bool().Draw(t, "two proxies") {
			headers[len(headers)-1] += ", 10.0.0.2"
		}
		if got := ClientIP(netip.MustParseAddr("10.0.0.1"), headers, proxies); got != client {
			t.Fatalf("%q: %v", headers, got)
		}
	})
}
