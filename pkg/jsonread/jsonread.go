// Package jsonread reads JSON into the same values as apimachinery's util/json, in half of its
// time, by what becomes encoding/json/v2 of the standard library. It is for what is read by the
// thousand. Integers stay integers, and names have to match in case: fields of a struct have to be
// tagged where encoding/json would have found them by their names.
package jsonread

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	jsonv1 "github.com/go-json-experiment/json/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"github.com/carto-run/carto/pkg/quantity"
)

// options let pass what apimachinery does.
var options = json.JoinOptions(
	jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true), jsonv1.MergeWithLegacySemantics(true),
	json.WithUnmarshalers(json.JoinUnmarshalers(
		json.UnmarshalFromFunc(func(in *jsontext.Decoder, value *any) (err error) {
			*value, err = read(in)
			return err
		}),
		json.UnmarshalFromFunc(readQuantity),
	)),
)

// Into reads a text into a value that nothing was read into before. Whatever has no type in it
// becomes a map[string]any, []any, string, int64, float64, bool or nil.
func Into(text []byte, value any) error { return json.Unmarshal(text, value, options) }

// readQuantity reads within bounds, which resource.Quantity does not by itself.
func readQuantity(in *jsontext.Decoder, value *resource.Quantity) error {
	token, err := in.ReadToken()
	if err != nil {
		return err
	}
	switch token.Kind() {
	case jsontext.KindNull:
		*value = resource.Quantity{}
	case jsontext.KindString, jsontext.KindNumber:
		*value, err = quantity.Parse(token.String())
	default:
		err = fmt.Errorf("a quantity is a text or a number, not %s", token.Kind())
	}
	return err
}

// read is as deep as the text at most; the decoder refuses what is deeper than 10 000.
func read(in *jsontext.Decoder) (any, error) {
	token, err := in.ReadToken()
	if err != nil {
		return nil, err
	}
	switch token.Kind() {
	case jsontext.KindBeginObject:
		return readObject(in)
	case jsontext.KindBeginArray:
		return readList(in)
	case jsontext.KindString:
		return token.String(), nil
	case jsontext.KindNumber:
		return number(token)
	case jsontext.KindNull:
		return nil, nil
	default:
		return token.Bool(), nil
	}
}

func readObject(in *jsontext.Decoder) (map[string]any, error) {
	object := map[string]any{}
	for in.PeekKind() != jsontext.KindEndObject {
		token, err := in.ReadToken()
		if err != nil {
			return nil, err
		}
		name := token.String() // before the decoder goes on
		if object[name], err = read(in); err != nil {
			return nil, err
		}
	}
	_, err := in.ReadToken()
	return object, err
}

func readList(in *jsontext.Decoder) ([]any, error) {
	list := []any{}
	for in.PeekKind() != jsontext.KindEndArray {
		item, err := read(in)
		if err != nil {
			return nil, err
		}
		list = append(list, item)
	}
	_, err := in.ReadToken()
	return list, err
}

func number(token jsontext.Token) (any, error) {
	text := token.String()
	if !strings.ContainsAny(text, ".eE") {
		if i, err := strconv.ParseInt(text, 10, 64); err == nil {
			return i, nil
		}
	}
	return strconv.ParseFloat(text, 64)
}
