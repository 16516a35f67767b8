package chat

import (
	"cmp"
	"slices"
	"strings"
)

// Compare orders places: platform time, then arrival, then order within one request, then id.
func (p Place) Compare(q Place) int {
	if n := p.At.Compare(q.At); n != 0 {
		return n
	}
	if n := p.Received.Compare(q.Received); n != 0 {
		return n
	}
	if n := cmp.Compare(p.Sequence, q.Sequence); n != 0 {
		return n
	}
	return strings.Compare(p.ID, q.ID)
}

// CoveringPage tells which page holds the messages around p, given the From of every page in ascending order. Page 0 also
// holds everything older than itself. It is -1 only when there are no pages.
func CoveringPage(froms []Place, p Place) int {
	if len(froms) == 0 {
		return -1
	}
	n, exact := slices.BinarySearchFunc(froms, p, Place.Compare)
	if exact {
		return n
	}
	return max(0, n-1)
}
