package sqlite

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"switchboard/store"
	"switchboard/store/document"
)

// Explain implements store.Engine. Of a query with a cursor, the last and widest range is explained.
func (e *Engine) Explain(ctx context.Context, collection string, q store.Query) (string, error) {
	t, err := e.table(collection)
	if err != nil {
		return "", err
	}
	if q, err = t.Query(q); err != nil {
		return "", fmt.Errorf("sqlite: explain: %w", err)
	}
	p, err := e.weigh(ctx, t, q, manyAt)
	if err != nil {
		return "", err
	}
	segments := document.Segments(q)
	text, arguments, err := t.query(segments[len(segments)-1], p)
	if err != nil {
		return "", failure("explain", err)
	}
	steps, err := e.steps(ctx, text, arguments)
	if err != nil {
		return "", failure("explain", err)
	}
	return t.used(steps), nil
}

func (e *Engine) steps(ctx context.Context, text string, arguments []any) ([]string, error) {
	rows, err := e.readers.QueryContext(ctx, "EXPLAIN QUERY PLAN "+text, arguments...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var steps []string
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, rows.Err()
}

// used finds the first index in a plan, under its declared name. Where the documents are read one after the other, it does not
// matter what else is.
func (t *table) used(plan []string) string {
	if slices.Contains(plan, "SCAN "+t.Name) {
		return ""
	}
	index := regexp.MustCompile(`USING (?:COVERING )?INDEX (\S+)`)
	side := regexp.MustCompile(`SEARCH ` + t.Name + `@(\S+)`)
	for _, step := range plan {
		if m := side.FindStringSubmatch(step); m != nil {
			return m[1]
		}
		m := index.FindStringSubmatch(step)
		switch {
		case m == nil:
		case strings.HasPrefix(m[1], "sqlite_autoindex"):
			return "_id"
		default:
			return strings.TrimPrefix(m[1], t.Name+"/")
		}
	}
	return ""
}
