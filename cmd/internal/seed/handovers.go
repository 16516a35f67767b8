package seed

import (
	"context"
	"fmt"
	"time"

	"switchboard/chat"
)

// handOverEvery is which of the conversations an AI agent has begun and handed over, counted from the newest.
const handOverEvery = 40

// handOvers records what an AI agent would have handed to people. Nobody has taken those of conversations that are still under
// way; the others were taken before their conversation was closed, which is a minute after its last message.
func (f *filler) handOvers(ctx context.Context, from int, talks []*talk) error {
	for i, t := range talks {
		if (f.spec.Conversations-1-from-i)%handOverEvery != 0 {
			continue
		}
		e := chat.Escalation{
			ID: chat.EventID("seed-hand-over", t.conversation), ContactID: t.contact, ConversationID: t.conversation, Channel: t.who.channel,
			Reason: pick(t.random, handOverReasons()), At: t.begun.Add(20 * time.Second),
		}
		if t.closed && len(f.spec.Agents) > 0 {
			by := pick(t.random, f.spec.Agents)
			if err := e.Take(chat.Author{ID: by.ID, Name: by.Name}, e.At.Add(time.Duration(5+t.random.IntN(30))*time.Second)); err != nil {
				return fmt.Errorf("seed: take a hand-over: %w", err)
			}
		}
		if err := f.store.RecordEscalation(ctx, e); err != nil {
			return fmt.Errorf("seed: hand-over: %w", err)
		}
	}
	return nil
}

func handOverReasons() []string {
	return []string{
		"Asked to speak to a person.", "Wants a refund above 100 EUR, which only people may grant.", "The same question three times: the answer did not help.",
		"Angry about a parcel that was lost twice.", "Asks about a contract, which is outside of what the assistant may answer.",
	}
}
