// Package rig starts and watches what the benchmark measures: Switchboard, brokers, generators, each in a process of its own.
package rig

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// A Progress shows what is going on: one line that is written over on a terminal, a line now and then anywhere else.
type Progress struct {
	mu       sync.Mutex
	out      io.Writer
	terminal bool
	last     time.Time
}

// plainPause is how often a line goes to something that is not a terminal.
const plainPause = 5 * time.Second

// NewProgress shows progress on a file, usually os.Stderr.
func NewProgress(out *os.File) *Progress {
	info, err := out.Stat()
	return &Progress{out: out, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

// Say replaces the line.
func (p *Progress) Say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K  … "+format, args...)
		return
	}
	if now.Sub(p.last) >= plainPause {
		p.last = now
		fmt.Fprintf(p.out, "  … "+format+"\n", args...)
	}
}

// Clear makes room for a result.
func (p *Progress) Clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.terminal {
		fmt.Fprint(p.out, "\r\x1b[K")
	}
}

// Number writes a count with thousands separated.
func Number(n float64) string {
	s := fmt.Sprintf("%.0f", n)
	var b strings.Builder
	for i, c := range s {
		if i > 0 && c != '-' && (len(s)-i)%3 == 0 && s[i-1] != '-' {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	return b.String()
}
