package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"switchboard/cmd/internal/simulate"
)

// simulateCommand posts traffic to any gateway whose channels file is at hand.
type simulateCommand struct {
	Target       string        `help:"Address of the gateway." default:"http://127.0.0.1:8080"`
	ChannelsFile string        `help:"Channels file of the gateway, for its secrets (SWITCHBOARD_CHANNELS)." type:"path"`
	Rate         float64       `help:"Webhooks per second; 0 is as fast as they are answered." default:"5"`
	Contacts     int           `help:"People who write." default:"50"`
	Channels     []string      `help:"Channels to play." default:"whatsapp,instagram,webwidget"`
	Duplicates   float64       `help:"Share of webhooks that is posted twice, 0 to 1." default:"0.05"`
	Reorder      float64       `help:"Share of updates that arrive late, 0 to 1." default:"0.05"`
	Batch        int           `help:"Updates in one webhook at most." default:"1"`
	Duration     time.Duration `help:"How long to play; 0 is until Ctrl-C." default:"0s"`
	Seed         uint64        `help:"Another seed invents other people; 0 takes the time." default:"0"`
	Senders      int           `help:"Webhooks under way at once." default:"16"`
	Forwarded    bool          `help:"Send visitors' addresses in X-Forwarded-For."`
}

// Run implements the command.
func (c *simulateCommand) Run(t *terminal) error {
	path := c.ChannelsFile
	if path == "" {
		path = environ()[envPrefix+"CHANNELS"]
	}
	if path == "" {
		return errors.New("name the gateway's channels file with --channels-file: webhooks are signed with its secrets")
	}
	file, err := readChannels(path)
	if err != nil {
		return err
	}
	if err := c.check(); err != nil {
		return err
	}
	cfg, err := simulation(file, c.Channels)
	if err != nil {
		return err
	}
	cfg.Target, cfg.Rate, cfg.Contacts, cfg.Duplicates, cfg.Reorder = c.Target, c.Rate, c.Contacts, c.Duplicates, c.Reorder
	cfg.Batch, cfg.Duration, cfg.Seed, cfg.Senders, cfg.Forwarded = c.Batch, c.Duration, c.Seed, c.Senders, c.Forwarded
	if cfg.Seed == 0 {
		cfg.Seed = uint64(time.Now().UnixNano())
	}
	s, err := simulate.New(cfg)
	if err != nil {
		return err
	}
	fmt.Fprintf(t.err, "Posting to %s, Ctrl-C ends.\n", cfg.Target)
	sum := play(t.ctx, s, t.err)
	fmt.Fprint(t.out, sum)
	if sum.Err == nil && sum.Posted > 0 && sum.Accepted == 0 {
		return fmt.Errorf("%s took nothing: is the gateway running there, and ready?", cfg.Target)
	}
	return sum.Err
}

// check names what nobody can play. Comparisons are written so that NaN fails them.
func (c *simulateCommand) check() error {
	share := func(v float64) bool { return v >= 0 && v <= 1 }
	switch {
	case !isWebAddress(c.Target):
		return fmt.Errorf("--target %q is not an address: write http://127.0.0.1:8080", c.Target)
	case !share(c.Duplicates) || !share(c.Reorder):
		return errors.New("--duplicates and --reorder are shares between 0 and 1")
	case !(c.Rate >= 0):
		return errors.New("--rate is a number of webhooks per second, or 0 for as fast as they are answered")
	case c.Contacts < 1 || c.Contacts > maxContacts:
		return fmt.Errorf("--contacts is between 1 and %d", maxContacts)
	case c.Batch < 1 || c.Batch > maxBatch:
		return fmt.Errorf("--batch is between 1 and %d", maxBatch)
	case c.Senders < 1 || c.Senders > maxSenders:
		return fmt.Errorf("--senders is between 1 and %d", maxSenders)
	case c.Duration < 0:
		return errors.New("--duration is not negative; 0 is until Ctrl-C")
	}
	return nil
}

func isWebAddress(s string) bool {
	u, err := url.Parse(s)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != ""
}

// Bounds of what is played: people are invented before the first webhook, and Meta puts no more updates into one.
const (
	maxContacts = 100_000
	maxBatch    = 1_000
	maxSenders  = 1_000
)

// patience is how long a command may be silent.
const patience = 2 * time.Second

// play runs a simulation with one line of progress: kept up to date where somebody watches, every ten seconds anywhere else.
// It says early when nothing is taken.
func play(ctx context.Context, s *simulate.Simulator, w io.Writer) simulate.Summary {
	done := make(chan simulate.Summary, 1)
	go func() { done <- s.Run(ctx) }()
	tick := time.NewTicker(500 * time.Millisecond)
	defer tick.Stop()
	begun, told, width := time.Now(), time.Now(), 0
	doubted := false
	show := func(line string) {
		if isTerminal(w) {
			fmt.Fprintf(w, "\r%-*s", width, line)
			width = max(width, len(line))
		}
	}
	for {
		select {
		case sum := <-done:
			show(sum.Line())
			if width > 0 {
				fmt.Fprintln(w)
			}
			return sum
		case now := <-tick.C:
			sum := s.Progress()
			show(sum.Line())
			if !doubted && sum.Accepted == 0 && now.Sub(begun) > patience {
				doubted = true
				fmt.Fprintln(w, "Nothing is taken yet: is the gateway running there, and ready? Trying on.")
			}
			if width == 0 && now.Sub(told) > 10*time.Second {
				told = now
				fmt.Fprintln(w, sum.Line())
			}
		}
	}
}

// simulation takes from a channels file what the simulator must know.
func simulation(f channelsFile, channels []string) (simulate.Config, error) {
	var c simulate.Config
	for _, name := range channels {
		switch strings.TrimSpace(name) {
		case "whatsapp":
			if f.WhatsApp != nil {
				c.WhatsApp.Secret = f.WhatsApp.AppSecrets[0]
				for _, n := range f.WhatsApp.Numbers {
					c.WhatsApp.Numbers = append(c.WhatsApp.Numbers, simulate.Number{ID: n.ID, Phone: n.Phone, WABA: n.WABA})
				}
			}
		case "instagram":
			if f.Instagram != nil {
				c.Instagram.Secret = f.Instagram.AppSecrets[0]
				for _, a := range f.Instagram.Accounts {
					c.Instagram.Accounts = append(c.Instagram.Accounts, a.ID)
				}
			}
		case "webwidget":
			if f.WebWidget != nil {
				for _, w := range f.WebWidget.Widgets {
					if len(w.Origins) > 0 {
						c.WebWidget.Widgets = append(c.WebWidget.Widgets, simulate.Widget{ID: w.ID, Secret: w.Secret, Origin: w.Origins[0]})
					}
				}
			}
		default:
			return c, fmt.Errorf("channel %q is not known: choose among whatsapp, instagram, webwidget", name)
		}
	}
	return c, nil
}
