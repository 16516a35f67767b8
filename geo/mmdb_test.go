package geo

import (
	"encoding/binary"
	"math"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
)

// writeMMDB makes a small MaxMind DB file (format 2.0, 24-bit records), so that every schema is tested without anybody's data.
func writeMMDB(t testing.TB, name, databaseType string, ipVersion int, networks map[string]any) string {
	t.Helper()
	w := mmdb{ipVersion: ipVersion, nodes: [][2]int{{empty, empty}}}
	prefixes := make([]string, 0, len(networks))
	for p := range networks {
		prefixes = append(prefixes, p)
	}
	sort.Strings(prefixes)
	for _, p := range prefixes {
		w.insert(netip.MustParsePrefix(p), networks[p])
	}
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(path, w.bytes(databaseType), 0o600))
	return path
}

// empty marks a record that leads nowhere; a value below it leads to the data at -value-2.
const empty = -1

type mmdb struct {
	ipVersion int
	nodes     [][2]int
	data      []byte
}

func (w *mmdb) insert(p netip.Prefix, value any) {
	addr, bits := p.Addr().AsSlice(), p.Bits()
	if w.ipVersion == 6 && p.Addr().Is4() { // IPv4 lies at ::/96
		addr, bits = append(make([]byte, 12), addr...), bits+96
	}
	at := 0
	for i := range bits {
		side := int(addr[i/8]>>(7-i%8)) & 1
		if i == bits-1 {
			w.nodes[at][side] = -len(w.data) - 2
			w.data = encode(w.data, value)
			return
		}
		if w.nodes[at][side] < 0 {
			w.nodes = append(w.nodes, [2]int{empty, empty})
			w.nodes[at][side] = len(w.nodes) - 1
		}
		at = w.nodes[at][side]
	}
}

func (w *mmdb) bytes(databaseType string) []byte {
	var out []byte
	for _, node := range w.nodes {
		for _, record := range node {
			switch {
			case record == empty:
				record = len(w.nodes)
			case record < 0:
				record = len(w.nodes) + 16 + (-record - 2)
			}
			out = append(out, byte(record>>16), byte(record>>8), byte(record))
		}
	}
	out = append(out, make([]byte, 16)...)
	out = append(out, w.data...)
	out = append(out, "\xAB\xCD\xEFMaxMind.com"...)
	return encode(out, map[string]any{
		"binary_format_major_version": uint16(2), "binary_format_minor_version": uint16(0), "build_epoch": uint64(1780666922),
		"database_type": databaseType, "description": map[string]any{"en": "made by a test"}, "ip_version": uint16(w.ipVersion),
		"languages": []any{"en"}, "node_count": uint32(len(w.nodes)), "record_size": uint16(24),
	})
}

// encode appends a value in the data section's format.
func encode(out []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return append(header(out, 2, len(v)), v...)
	case float64:
		return binary.BigEndian.AppendUint64(header(out, 3, 8), math.Float64bits(v))
	case uint16:
		return binary.BigEndian.AppendUint16(header(out, 5, 2), v)
	case uint32:
		return binary.BigEndian.AppendUint32(header(out, 6, 4), v)
	case uint64:
		return binary.BigEndian.AppendUint64(header(out, 9, 8), v)
	case []any:
		out = header(out, 11, len(v))
		for _, item := range v {
			out = encode(out, item)
		}
		return out
	case map[string]any:
		out = header(out, 7, len(v))
		keys := make([]string, 0, len(v))
		for k := range v {
			keys = append(keys, k)
		}
		sort.Strings(keys)
		for _, k := range keys {
			out = encode(encode(out, k), v[k])
		}
		return out
	default:
		panic("mmdb: no encoding for this type")
	}
}

func header(out []byte, kind, size int) []byte {
	short, rest := size, []byte(nil)
	if size >= 29 {
		short, rest = 29, []byte{byte(size - 29)}
	}
	if kind > 7 {
		out = append(out, byte(short), byte(kind-7))
	} else {
		out = append(out, byte(kind<<5|short))
	}
	return append(out, rest...)
}
