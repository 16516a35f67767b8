package mongo

import (
	"bytes"
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/bson"
	"go.mongodb.org/mongo-driver/bson/bsonrw"
	"go.mongodb.org/mongo-driver/x/bsonx/bsoncore"

	"switchboard/chat"
	"switchboard/store"
	"switchboard/store/document"
)

// encode makes a write's document, or tells what is wrong with it.
func (e *Engine) encode(s *document.Schema, w store.Write) (bson.Raw, error) {
	if w.Op == store.Delete {
		return nil, document.CheckID(w.ID)
	}
	meta, err := e.types.Inspect(w.Doc)
	if err != nil {
		return nil, err
	}
	if err := document.CheckWrite(w, meta); err != nil {
		return nil, err
	}
	doc, err := marshal(w.Doc)
	if err != nil {
		return nil, err
	}
	if len(s.Text) > 0 {
		if doc, err = withWords(doc, s.Text); err != nil {
			return nil, err
		}
	}
	if len(doc) > document.MaxSize {
		return nil, store.ErrDocumentTooLarge
	}
	return doc, nil
}

func marshal(doc any) (bson.Raw, error) {
	var out bytes.Buffer
	vw, err := bsonrw.NewBSONValueWriter(&out)
	if err != nil {
		return nil, fmt.Errorf("mongo: encode: %w", err)
	}
	encoder, err := bson.NewEncoder(vw)
	if err != nil {
		return nil, fmt.Errorf("mongo: encode: %w", err)
	}
	encoder.OmitZeroStruct()
	if err := encoder.Encode(doc); err != nil {
		return nil, fmt.Errorf("mongo: encode %T: %w: %w", doc, chat.ErrInvalid, err)
	}
	return out.Bytes(), nil
}

// withWords adds the words Search compares. A server's own text index would split and fold them its own way, and no two
// servers do it alike; an index over these finds the same on every one.
func withWords(doc bson.Raw, paths []string) (bson.Raw, error) {
	var texts []string
	for _, path := range paths {
		texts = collect(texts, bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: doc}, strings.Split(path, "."))
	}
	words := document.Words(texts...)
	if len(words) == 0 {
		return doc, nil
	}
	list := bsoncore.NewArrayBuilder()
	for _, w := range words {
		list.AppendString(w)
	}
	out := append(make([]byte, 0, len(doc)+16*len(words)), doc[:len(doc)-1]...) // without the closing zero
	out = bsoncore.AppendArrayElement(out, wordsField, list.Build())
	out = append(out, 0)
	return bson.Raw(bsoncore.UpdateLength(out, 0, int32(len(out)))), nil
}

// collect walks a path, through arrays, to its strings.
func collect(texts []string, v bson.RawValue, path []string) []string {
	switch v.Type {
	case bson.TypeArray:
		elements, err := v.Array().Values()
		if err != nil {
			return texts
		}
		for _, element := range elements {
			texts = collect(texts, element, path)
		}
	case bson.TypeEmbeddedDocument:
		if len(path) == 0 {
			return texts
		}
		if next, err := v.Document().LookupErr(path[0]); err == nil {
			return collect(texts, next, path[1:])
		}
	case bson.TypeString:
		if len(path) == 0 {
			return append(texts, v.StringValue())
		}
	default:
	}
	return texts
}
