package ingest

import (
	"errors"
	"sync/atomic"

	"switchboard/chat"
)

// An outage remembers whether the log is known to be down, so that thousands of refused webhooks are one line, not thousands.
type outage struct{ down atomic.Bool }

// troubled logs a request that failed for a reason of ours: the log being away once, anything unexpected every time.
func (w *Webhook) troubled(channel chat.Channel, requestID string, err error) {
	var refused *answer
	switch {
	case errors.As(err, &refused):
		return // too many under way: counted, and a line for each would make it worse
	case errors.Is(err, chat.ErrUnavailable):
		if w.outage.down.CompareAndSwap(false, true) {
			w.logger.Warn("the log cannot take webhooks, answering 503", "channel", channel, "request_id", requestID, "err", err)
		}
	default:
		w.logger.Error("webhook failed", "channel", channel, "request_id", requestID, "err", err)
	}
}

func (w *Webhook) recovered() {
	if w.outage.down.Load() && w.outage.down.CompareAndSwap(true, false) {
		w.logger.Info("the log takes webhooks again")
	}
}
