package storetest

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"switchboard/chat"
	"switchboard/store"
)

// vocabulary lists the documents of package chat.
func vocabulary() []any {
	return []any{
		chat.Contact{},
		chat.Conversation{},
		chat.MessagePage{},
		chat.Entry{},
		chat.User{},
		chat.Login{},
		chat.Settings{},
		chat.Note{},
		chat.Comment{},
		chat.Notification{},
		chat.Escalation{},
		chat.AuditEntry{},
		chat.SavedView{},
		chat.Erasure{},
		chat.Merge{},
	}
}

func (s Suite) roundTrip(t *testing.T) {
	e := s.Open(t, "main")
	var collections []store.Collection
	for n := range vocabulary() {
		collections = append(collections, store.Collection{Name: fmt.Sprintf("kind_%d", n)})
	}
	require.NoError(t, e.Ensure(t.Context(), collections))
	count := 0
	rapid.Check(t, func(r *rapid.T) {
		for n, kind := range vocabulary() {
			count++
			doc := reflect.New(reflect.TypeOf(kind))
			draw(r, doc.Elem(), "")
			id := fmt.Sprint("document-", count)
			doc.Elem().FieldByName("ID").SetString(id)
			results, err := e.Write(t.Context(), collections[n].Name, []store.Write{{Op: store.Insert, ID: id, Doc: doc.Interface()}})
			require.NoError(r, err)
			require.NoError(r, results[0])
			back := reflect.New(reflect.TypeOf(kind))
			err = e.Get(t.Context(), collections[n].Name, []string{id}, func(fill func(any) error) error { return fill(back.Interface()) })
			require.NoError(r, err)
			if diff := cmp.Diff(doc.Interface(), back.Interface()); diff != "" {
				require.Fail(r, "a document came back different", diff)
			}
		}
	})
}

// draw fills a value with anything its tags let an engine give back: a field tagged omitempty does not keep the difference
// between nil and empty.
func draw(r *rapid.T, v reflect.Value, tag string) {
	omit := strings.Contains(tag, "omitempty") || strings.Contains(tag, "omitzero")
	switch v.Kind() {
	case reflect.String:
		v.SetString(rapid.SampledFrom([]string{"", "x", "ünï", "a\x00b", `"'\`, "$where", "😀", "<b>", "\u2028", "2026-01-01T00:00:00Z"}).Draw(r, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(r, "bool"))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(rapid.SampledFrom([]int64{0, 1, -1, 1 << 20, -1 << 31, 1<<31 - 1}).Draw(r, "int"))
		if v.Kind() == reflect.Int64 && rapid.Bool().Draw(r, "wide") {
			v.SetInt(rapid.Int64().Draw(r, "int64"))
		}
	case reflect.Float64:
		v.SetFloat(rapid.SampledFrom([]float64{0, 1, -52.520008, 13.404954, 1e-9, 1e300, 0.1}).Draw(r, "float"))
	case reflect.Struct:
		drawStruct(r, v)
	case reflect.Pointer:
		if rapid.Bool().Draw(r, "set") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(r, v.Elem(), "")
		}
	case reflect.Slice:
		drawSlice(r, v, omit)
	case reflect.Map:
		drawMap(r, v, omit)
	default:
		panic("storetest: no generator for " + v.Type().String())
	}
}

func drawStruct(r *rapid.T, v reflect.Value) {
	if v.Type() == reflect.TypeFor[time.Time]() {
		if rapid.Bool().Draw(r, "at") {
			v.Set(reflect.ValueOf(time.UnixMilli(rapid.Int64Range(-1<<41, 1<<42).Draw(r, "milliseconds")).UTC()))
		}
		return
	}
	for i := range v.NumField() {
		draw(r, v.Field(i), v.Type().Field(i).Tag.Get("json"))
	}
}

func drawSlice(r *rapid.T, v reflect.Value, omit bool) {
	n := rapid.IntRange(-1, 2).Draw(r, "length")
	if n < 0 || n == 0 && omit {
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), n, n))
	for i := range n {
		draw(r, v.Index(i), "")
	}
}

func drawMap(r *rapid.T, v reflect.Value, omit bool) {
	n := rapid.IntRange(-1, 2).Draw(r, "size")
	if n < 0 || n == 0 && omit {
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	for i := range n {
		element := reflect.New(v.Type().Elem()).Elem()
		draw(r, element, "")
		v.SetMapIndex(reflect.ValueOf([]string{"name", "ключ", "with space"}[i]).Convert(v.Type().Key()), element)
	}
}

// tagsAgree checks what the engines rely on: the same names in both encodings, and the same fields left out.
func tagsAgree(t *testing.T) {
	seen := map[reflect.Type]bool{}
	for _, doc := range vocabulary() {
		checkTags(t, reflect.TypeOf(doc), seen)
	}
	require.Greater(t, len(seen), 20)
}

func checkTags(t *testing.T, typ reflect.Type, seen map[reflect.Type]bool) {
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[time.Time]() || seen[typ] {
		return
	}
	seen[typ] = true
	for f := range typ.Fields() {
		name, jsonOptions, _ := strings.Cut(f.Tag.Get("json"), ",")
		bsonName, bsonOptions, _ := strings.Cut(f.Tag.Get("bson"), ",")
		if name == "id" && f.Name == "ID" && bsonName == "_id" {
			bsonName = "id"
		}
		require.Equal(t, name, bsonName, "%s.%s", typ, f.Name)
		require.NotEmpty(t, name, "%s.%s", typ, f.Name)
		// False and absent, or no element and absent, are the same to every query; of anything else they are not.
		if k := f.Type.Kind(); k != reflect.Bool && k != reflect.Slice && k != reflect.Map {
			require.Equal(t, jsonOptions != "", bsonOptions != "", "%s.%s: %q and %q", typ, f.Name, jsonOptions, bsonOptions)
		}
		if f.Type.Kind() == reflect.Struct && jsonOptions != "" {
			require.Equal(t, "omitzero", jsonOptions, "%s.%s", typ, f.Name)
		}
		checkTags(t, f.Type, seen)
	}
}
