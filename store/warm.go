package store

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"switchboard/chat"
)

// Bounds of what stays warm: this many conversations, none larger than this many bytes as a document, so at most 64 MiB.
const (
	warmConversations = 1024
	warmBytes         = 64 << 10
)

// A warm holds open conversations as they were written last, so that the next batch need not read them. A batch takes a
// conversation out and puts it back when everything is written: nobody else sees it meanwhile. One that was changed behind
// its back (by an agent, by another process) is stale; then the compare-and-swap refuses the write and the batch, which no
// longer has it, reads. When full, the one used longest ago is forgotten.
type warm struct {
	mu   sync.Mutex
	byID *simplelru.LRU[string, chat.Conversation]
	open map[string]string // open key -> id
}

func newWarm() (*warm, error) {
	w := &warm{open: map[string]string{}}
	var err error
	w.byID, err = simplelru.NewLRU(warmConversations, func(id string, c chat.Conversation) {
		if w.open[c.OpenKey] == id {
			delete(w.open, c.OpenKey)
		}
	})
	return w, err
}

// take hands out the conversation with this id.
func (w *warm) take(id string) (chat.Conversation, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, ok := w.byID.Get(id)
	if ok {
		w.byID.Remove(id)
	}
	return c, ok
}

// takeOpen hands out the open conversation of a thread.
func (w *warm) takeOpen(key string) (chat.Conversation, bool) {
	w.mu.Lock()
	id, ok := w.open[key]
	w.mu.Unlock()
	if !ok {
		return chat.Conversation{}, false
	}
	return w.take(id)
}

// put keeps a conversation as it is stored now.
func (w *warm) put(c chat.Conversation) {
	if c.OpenKey == "" || c.Weight() > warmBytes {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.byID.Add(c.ID, c)
	w.open[c.OpenKey] = c.ID
}
