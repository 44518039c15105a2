// Command treeschema writes the JSON schema of what `tree -o json` prints, from the types
// of pkg/tree and their comments. It is a module of its own: its library is no concern of
// the product.
//
//	go run -C hack/tools/treeschema . FILE
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/tree"
)

// sources of the comments, from this folder.
const (
	module  = "github.com/carto-run/carto/pkg/tree"
	sources = "../../../pkg/tree"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: treeschema FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "treeschema:", err)
		os.Exit(1)
	}
}

func write(path string) error {
	reflector := jsonschema.Reflector{
		// Fields are only ever added within one version: who reads must not refuse them.
		AllowAdditionalProperties: true,
		Mapper: func(t reflect.Type) *jsonschema.Schema {
			if t == reflect.TypeFor[metav1.Time]() {
				return &jsonschema.Schema{Type: "string", Format: "date-time"}
			}
			return nil
		},
	}
	if err := reflector.AddGoComments(module, sources); err != nil {
		return fmt.Errorf("read the comments of %s: %w", sources, err)
	}
	// The library keys comments by module and folder; what it cannot find has none.
	for key, text := range reflector.CommentMap {
		delete(reflector.CommentMap, key)
		reflector.CommentMap[module+key[strings.LastIndexByte(key, '/')+len("/tree"):]] = oneLine(text)
	}
	schema := &jsonschema.Schema{
		Version:     jsonschema.Version,
		ID:          jsonschema.ID("https://carto.run/schemas/tree.v1.json"),
		Title:       "What kubectl carto tree -o json prints: " + tree.APIVersion,
		Definitions: jsonschema.Definitions{},
	}
	for _, document := range []any{&tree.Tree{}, &tree.Forest{}, &tree.Path{}} {
		one := reflector.Reflect(document)
		for name, definition := range one.Definitions {
			schema.Definitions[name] = definition
		}
		schema.OneOf = append(schema.OneOf, &jsonschema.Schema{Ref: one.Ref})
	}
	// The kind tells which of them it is.
	for name, kind := range map[string]string{"Tree": tree.Kind, "Forest": tree.KindList, "Path": tree.KindPath} {
		property, _ := schema.Definitions[name].Properties.Get("kind")
		property.Const = kind
	}
	data, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
