package store

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Export and erasure go by the list of personal collections: a collection that is in neither list would keep people who were
// erased.
func TestEveryCollectionIsPersonalOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	listed, lines := map[string]bool{}, map[string]bool{}
	for _, p := range personalCollections() {
		line := p.collection + "." + p.path // a document can name people in two fields
		require.False(t, lines[line], line)
		listed[p.collection], lines[line] = true, true
	}
	for name, why := range impersonal() {
		require.NotEmpty(t, why)
		require.False(t, listed[name], "%s is in both lists", name)
		listed[name] = true
	}
	for _, c := range Collections() {
		require.True(t, listed[c.Name], "%s: add it to personalCollections, or to impersonal with the reason", c.Name)
		delete(listed, c.Name)
	}
	require.Empty(t, listed, "collections there are not")
}
