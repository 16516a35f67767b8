package view

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

// A version names what something shows, in a few letters. A page sends those of what it has, and is sent the rest alone. What
// the page's script changes by itself is no part of it: relative times, which row is open. Those fields are left out of JSON.
func version(shown any) string {
	raw, err := json.Marshal(shown)
	if err != nil {
		return "" // never the same as anything: it is sent again
	}
	h := fnv.New64a()
	h.Write(raw)
	return strconv.FormatUint(h.Sum64()>>20, 36) // nine letters: those of a page's most rows fit into an address
}

// Keep marks the rows a page has already, in the versions it names, so that they are sent as places alone. It reports whether
// the page has all of them in this order, and nothing else: then there is nothing to send.
func (r *Rows) Keep(known string) (same bool) {
	if known == "" {
		return false
	}
	versions := strings.Split(known, ".")
	same = len(versions) == len(r.Items)
	for i := range r.Items {
		row := &r.Items[i]
		row.Kept = row.Version != "" && slices.Contains(versions, row.Version)
		same = same && row.Version == versions[i]
	}
	return same
}

// Describe fills in the version of the thread's head.
func (t *Thread) Describe() { t.Version = version(t) }

// Describe fills in what the page tells when it asks again: how many items it has, and their version.
func (m *Messages) Describe() {
	if len(m.Items) > 0 && m.NewerURL == "" {
		m.Known = stateOf(m.Items)
	}
}

func stateOf(items []Item) string {
	if v := version(items); v != "" {
		return fmt.Sprintf("%d.%s", len(items), v)
	}
	return ""
}

// Since leaves only the items after those that the page says it has. It changes nothing and answers false when the page does
// not have the beginning as it is now: something was edited, deleted, delivered, or came late into the middle.
func (m *Messages) Since(has string) bool {
	var n int
	if _, err := fmt.Sscanf(has, "%d.", &n); err != nil || m.Known == "" || n < 1 || n > len(m.Items) || stateOf(m.Items[:n]) != has {
		return false
	}
	for _, item := range m.Items[:n] {
		if item.Unread != nil {
			m.Unread = item.Unread // its count goes on
		}
	}
	m.Items = m.Items[n:]
	return true
}
