// Package storetest is the contract of the store, run against every engine alike: Suite for engines, RunRepository for the
// repository above them. A model in memory is the judge, so that two engines that pass cannot differ.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"switchboard/store"
)

// A Suite runs the contract of store.Engine.
type Suite struct {
	// Open returns an engine over a database. The same name in the same test is the same database, a new name an empty one.
	// What the test opened is closed and removed when it ends; it may close an engine earlier itself.
	Open func(t *testing.T, database string) store.Engine

	// SortsWithoutIndex is set for servers that only imitate MongoDB and sort what MongoDB would read in index order.
	SortsWithoutIndex bool
}

// Run runs all of it.
func (s Suite) Run(t *testing.T) {
	for _, c := range []struct {
		name string
		run  func(Suite, *testing.T)
	}{
		{"insert, get, replace, delete", Suite.basics},
		{"a stale or missing document is not replaced", Suite.stale},
		{"unique keys", Suite.unique},
		{"documents without a unique key do not clash", Suite.absentUnique},
		{"writes of a batch are independent", Suite.independent},
		{"groups are written in order or not at all", Suite.groups},
		{"writes that contradict themselves are refused", Suite.contradictions},
		{"fifty writers increment one document", Suite.increments},
		{"fifty writers insert the same key", Suite.sameKey},
		{"mixed load keeps every promise", Suite.load},
		{"acknowledged writes survive a reopen", Suite.reopen},
		{"large documents", Suite.large},
		{"large batches", Suite.manyWrites},
		{"hostile content comes back or is refused", Suite.hostile},
		{"documents of the vocabulary come back equal", Suite.roundTrip},
		{"tags of json and bson agree", func(_ Suite, t *testing.T) { tagsAgree(t) }},
		{"pages join without gaps in every order", Suite.paging},
		{"conditions", Suite.conditions},
		{"conditions that hold for most documents", Suite.common},
		{"only some fields", Suite.only},
		{"search", Suite.search},
		{"random operations agree with the model", Suite.random},
		{"undeclared paths and collections are refused", Suite.undeclared},
		{"declared queries use an index", Suite.explain},
		{"ensure is idempotent and concurrent", Suite.ensure},
		{"a cancelled context ends a call", Suite.cancelled},
		{"an error of decode ends a read", Suite.decodeError},
	} {
		t.Run(c.name, func(t *testing.T) { c.run(s, t) })
	}
}

// An item is the document of the contract: a field of every kind an engine must compare, and the absence of each.
type item struct {
	ID      string    `json:"id" bson:"_id"`
	Version int64     `json:"version" bson:"version"`
	State   string    `json:"state" bson:"state"`
	Team    string    `json:"team,omitempty" bson:"team,omitempty"`
	Rank    int64     `json:"rank" bson:"rank"`
	Flag    bool      `json:"flag" bson:"flag"`
	Seen    time.Time `json:"seen_at" bson:"seen_at"`
	Waiting time.Time `json:"waiting_since,omitzero" bson:"waiting_since,omitempty"`
	Name    string    `json:"name,omitempty" bson:"name,omitempty"`
	Place   place     `json:"place" bson:"place"`
	Keys    []string  `json:"keys" bson:"keys"`
	Tags    []string  `json:"tags,omitempty" bson:"tags,omitempty"`
	Slot    string    `json:"slot,omitempty" bson:"slot,omitempty"`
	Left    string    `json:"left,omitempty" bson:"left,omitempty"`
	Right   string    `json:"right" bson:"right"`
	Body    string    `json:"body,omitempty" bson:"body,omitempty"`
	Notes   []note    `json:"notes,omitempty" bson:"notes,omitempty"`
	Blob    string    `json:"blob,omitempty" bson:"blob,omitempty"`
}

type place struct {
	Country string `json:"country,omitempty" bson:"country,omitempty"`
}

type note struct {
	Text string `json:"text" bson:"text"`
	By   string `json:"by" bson:"by"`
}

const items = "items"

func up(paths ...string) []store.Field {
	var fields []store.Field
	for _, p := range paths {
		fields = append(fields, store.Field{Path: p})
	}
	return fields
}

func down(paths ...string) []store.Field {
	fields := up(paths...)
	for i := range fields {
		fields[i].Desc = true
	}
	return fields
}

func declaration() store.Collection {
	return store.Collection{
		Name: items,
		Indexes: []store.Index{
			{Name: "keys", Fields: up("keys"), Unique: true, Array: true},
			{Name: "tags", Fields: up("tags", "state", "team"), Array: true},
			{Name: "slot", Fields: up("slot"), Unique: true},
			{Name: "pair", Fields: up("left", "right"), Unique: true},
			{Name: "state_seen", Fields: append(up("state"), down("seen_at")...)},
			{Name: "team_state_rank", Fields: up("team", "state", "rank")},
			{Name: "seen", Fields: down("seen_at")},
			{Name: "rank", Fields: up("rank")},
			{Name: "flag_rank", Fields: up("flag", "rank")},
			{Name: "name", Fields: up("name")},
			{Name: "waiting", Fields: up("waiting_since"), Sparse: true},
			{Name: "country", Fields: up("place.country")},
		},
		Text:   []string{"body", "notes.text"},
		Recent: "seen_at",
	}
}

// engine opens a new database with the items' collection.
func (s Suite) engine(t *testing.T) store.Engine {
	t.Helper()
	e := s.Open(t, "main")
	require.NoError(t, e.Ensure(t.Context(), []store.Collection{declaration()}))
	return e
}

func insert(i item) store.Write { return store.Write{Op: store.Insert, ID: i.ID, Doc: &i} }

func replace(version int64, i item) store.Write {
	return store.Write{Op: store.Replace, ID: i.ID, Version: version, Doc: &i}
}

func remove(id string) store.Write { return store.Write{Op: store.Delete, ID: id} }

// write applies writes and returns the result of each.
func write(t *testing.T, e store.Engine, writes ...store.Write) []error {
	t.Helper()
	results, err := e.Write(t.Context(), items, writes)
	require.NoError(t, err)
	require.Len(t, results, len(writes))
	return results
}

// must applies writes that have to succeed.
func must(t *testing.T, e store.Engine, writes ...store.Write) {
	t.Helper()
	require.NoError(t, errors.Join(write(t, e, writes...)...))
}

// collect gathers what a read decodes.
func collect[T any](read func(store.Decode) error) ([]T, error) {
	var found []T
	err := read(func(fill func(any) error) error {
		var doc T
		if err := fill(&doc); err != nil {
			return err
		}
		found = append(found, doc)
		return nil
	})
	return found, err
}

func get(t *testing.T, e store.Engine, ids ...string) map[string]item {
	t.Helper()
	found, err := collect[item](func(d store.Decode) error { return e.Get(t.Context(), items, ids, d) })
	require.NoError(t, err)
	byID := map[string]item{}
	for _, i := range found {
		require.NotContains(t, byID, i.ID, "a document came twice")
		byID[i.ID] = i
	}
	return byID
}

func find(t *testing.T, e store.Engine, q store.Query) []item {
	t.Helper()
	found, err := collect[item](func(d store.Decode) error { return e.Find(t.Context(), items, q, d) })
	require.NoError(t, err)
	return found
}

func ids(list []item) []string {
	all := make([]string, len(list))
	for i := range list {
		all[i] = list[i].ID
	}
	return all
}

// patience bounds waiting in this package.
const patience = 2 * time.Minute

func bounded(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// day is where the items' times begin.
func day() time.Time { return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) }

// sample makes item n: of few values each, so that orders have ties and filters find several.
func sample(n int) item {
	i := item{
		ID: fmt.Sprintf("item-%04d", n*7919%10007), Version: 1, State: []string{"open", "pending", "closed"}[n%3],
		Rank: int64(n%17 - 5), Flag: n%2 == 0, Seen: day().Add(time.Duration(n%40) * 250 * time.Millisecond),
	}
	if n%4 > 0 {
		i.Team = fmt.Sprintf("team-%d", n%4)
		i.Waiting = day().Add(time.Duration(n%23) * time.Hour)
	}
	if n%5 > 0 {
		i.Name = []string{"Zoë", "adam", "Adam", "Ægir", "ada", "Ада", "阿达", "~", "Z"}[n%9]
		i.Place.Country = []string{"DE", "BR", "US"}[n%3]
	}
	for k := range n % 4 {
		i.Tags = append(i.Tags, fmt.Sprintf("tag-%d", (n+k)%7))
	}
	return i
}
