package dashboard

import (
	"bufio"

	"github.com/gofiber/fiber/v2"
)

// events is the page's one stream of change signals. It carries ids only; the page fetches what it shows, with its own rights.
func (d *Dashboard) events(c *fiber.Ctx) error {
	subscription, err := d.Hub.Subscribe(signedIn(c).user.ID)
	if err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/event-stream")
	c.Set(fiber.HeaderCacheControl, "no-store, no-transform")
	c.Set("X-Accel-Buffering", "no")
	log, id := d.log, requestID(c)
	// The writer runs after this handler has returned: it must not touch c.
	c.Context().SetBodyStreamWriter(func(w *bufio.Writer) {
		defer func() {
			if r := recover(); r != nil {
				log.Error("live stream panicked", "request_id", id, "panic", r)
			}
		}()
		if err := subscription.Stream(w); err != nil {
			log.Debug("live stream ended", "request_id", id, "err", err) // the browser went away
		}
	})
	return nil
}
