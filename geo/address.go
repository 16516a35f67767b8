package geo

import (
	"net/netip"
	"slices"
	"strings"
)

// Policies for keeping a visitor's address.
const (
	PolicyFull      = "full"
	PolicyTruncated = "truncated" // to /24 or /48
	PolicyNone      = "none"
)

// ApplyPolicy is what may be kept of an address. A policy it does not know keeps nothing.
func ApplyPolicy(policy, ip string) string {
	addr, err := netip.ParseAddr(ip)
	if err != nil {
		return ""
	}
	addr = addr.Unmap().WithZone("")
	switch policy {
	case PolicyFull:
		return addr.String()
	case PolicyTruncated:
		bits := 48
		if addr.Is4() {
			bits = 24
		}
		prefix, err := addr.Prefix(bits)
		if err != nil {
			return ""
		}
		return prefix.Addr().String()
	default:
		return ""
	}
}

// ClientIP finds who sent a request: remote is the peer of the connection, xff the values of X-Forwarded-For in order. The
// list is believed from its right end, and only as far as the hops that wrote it are trusted: what a client puts in front
// is never reached. An entry that is no address ends the walk at the hop that passed it on.
func ClientIP(remote netip.Addr, xff []string, trusted []netip.Prefix) netip.Addr {
	hop := remote.Unmap().WithZone("")
	for _, rest := range slices.Backward(xff) {
		for more := true; more; {
			if !isTrusted(hop, trusted) {
				return hop
			}
			entry := rest
			if comma := strings.LastIndexByte(rest, ','); comma >= 0 {
				rest, entry = rest[:comma], rest[comma+1:]
			} else {
				more = false
			}
			next, ok := parseHop(entry)
			if !ok {
				return hop
			}
			hop = next
		}
	}
	return hop
}

// parseHop reads an entry of X-Forwarded-For: an address, with or without port.
func parseHop(s string) (netip.Addr, bool) {
	s = strings.TrimSpace(s)
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(s, "["), "]"))
	if err != nil {
		withPort, err := netip.ParseAddrPort(s)
		if err != nil {
			return netip.Addr{}, false
		}
		addr = withPort.Addr()
	}
	return addr.Unmap().WithZone(""), true
}

func isTrusted(addr netip.Addr, trusted []netip.Prefix) bool {
	for _, prefix := range trusted {
		if prefix.Contains(addr) || unmapped(prefix).Contains(addr) {
			return true
		}
	}
	return false
}

// unmapped turns a prefix of IPv4 addresses written as IPv6 (::ffff:10.0.0.0/104) into the IPv4 one.
func unmapped(p netip.Prefix) netip.Prefix {
	if p.Addr().Is4In6() && p.Bits() >= 96 {
		return netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
	}
	return p
}

// nowhere are the addresses beyond loopback, private and link-local ones that nobody can write from. Never changed.
var nowhere = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carrier-grade NAT
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
}

// isPublic reports whether an address can be somewhere: databases hold nonsense for some that cannot.
func isPublic(addr netip.Addr) bool {
	if !addr.IsValid() || !addr.IsGlobalUnicast() || addr.IsPrivate() {
		return false
	}
	return !slices.ContainsFunc(nowhere, func(p netip.Prefix) bool { return p.Contains(addr) })
}
