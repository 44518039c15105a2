// Command schemas writes the JSON schemas of what commands print with -o json, from the types
// of their packages and the comments there. It is a module of its own: its library is no
// concern of the product.
//
//	go run -C hack/tools/schemas . FOLDER
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/invopop/jsonschema"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/carto-run/carto/pkg/lint/report"
	"github.com/carto-run/carto/pkg/tree"
)

// module of the product, and its root from this folder.
const (
	module = "github.com/carto-run/carto/"
	root   = "../../../"
)

// published is the schema of what one command prints.
type published struct {
	name, command, version string
	// sources is the package that the types and their comments are in.
	sources string
	// documents by their names in the schema; the field kind tells which of them it is.
	documents []document
}

type document struct {
	value      any
	name, kind string
}

var schemas = []published{
	{"tree", "tree", tree.APIVersion, "pkg/tree", []document{{&tree.Tree{}, "Tree", tree.Kind}, {&tree.Forest{}, "Forest", tree.KindList}, {&tree.Path{}, "Path", tree.KindPath}}},
	{"lint", "lint", report.APIVersion, "pkg/lint/report", []document{{&report.Document{}, "Document", report.Kind}}},
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: schemas FOLDER")
		os.Exit(2)
	}
	for _, p := range schemas {
		if err := p.write(filepath.Join(os.Args[1], p.name+".schema.json")); err != nil {
			fmt.Fprintln(os.Stderr, "schemas:", err)
			os.Exit(1)
		}
	}
}

func (p published) write(path string) error {
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
	if err := reflector.AddGoComments(module+p.sources, root+p.sources); err != nil {
		return fmt.Errorf("read the comments of %s: %w", p.sources, err)
	}
	// The library keys comments by module and folder; what it cannot find has none.
	folder := "/" + filepath.Base(p.sources)
	for key, text := range reflector.CommentMap {
		delete(reflector.CommentMap, key)
		reflector.CommentMap[module+p.sources+key[strings.LastIndex(key, folder)+len(folder):]] = oneLine(text)
	}
	schema := &jsonschema.Schema{
		Version:     jsonschema.Version,
		ID:          jsonschema.ID("https://carto.run/schemas/" + p.name + ".v1.json"),
		Title:       "What kubectl carto " + p.command + " -o json prints: " + p.version,
		Definitions: jsonschema.Definitions{},
	}
	for _, d := range p.documents {
		one := reflector.Reflect(d.value)
		for name, definition := range one.Definitions {
			schema.Definitions[name] = definition
		}
		schema.OneOf = append(schema.OneOf, &jsonschema.Schema{Ref: one.Ref})
	}
	for _, d := range p.documents {
		property, _ := schema.Definitions[d.name].Properties.Get("kind")
		property.Const = d.kind
	}
	data, err := json.MarshalIndent(schema, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, '\n'), 0o644)
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
