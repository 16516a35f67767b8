package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"switchboard/store"
)

// A request is one call of Write or WriteAll, or something to be done between transactions.
type request struct {
	parts     []part
	whole     bool // all of it or nothing
	unhurried bool // durable with the next Sync
	apart     func(context.Context, *sql.Conn) error
	done      chan error
}

// A part is a request's writes to one table.
type part struct {
	table   *table
	rows    []row
	results []error // the writer's until the request's done is sent
}

// pending lists the rows that can be tried.
func (p *part) pending() []int {
	list := make([]int, 0, len(p.rows))
	for i, err := range p.results {
		if err == nil {
			list = append(list, i)
		}
	}
	return list
}

// failed is the first failure of a write.
func (p *part) failed() error {
	for _, err := range p.results {
		if err != nil {
			return err
		}
	}
	return nil
}

// forget takes back what the writer noted, so that the rows can be tried again.
func (p *part) forget() {
	for i, err := range p.results {
		if isOutcome(err) {
			p.results[i] = nil
		}
	}
}

// isOutcome tells what became of a row from what was wrong with it before it was tried.
func isOutcome(err error) bool {
	_, duplicate := errors.AsType[*store.DuplicateError](err)
	return duplicate || errors.Is(err, store.ErrVersion)
}

func (r *request) failed() bool {
	return slices.ContainsFunc(r.parts, func(p part) bool { return p.failed() != nil })
}

func (r *request) forget() {
	for i := range r.parts {
		r.parts[i].forget()
	}
}

func (r *request) rows() int {
	n := 0
	for i := range r.parts {
		n += len(r.parts[i].rows)
	}
	return n
}

func (r *request) size() int {
	n := 0
	for i := range r.parts {
		for j := range r.parts[i].rows {
			n += len(r.parts[i].rows[j].doc)
		}
	}
	return n
}
