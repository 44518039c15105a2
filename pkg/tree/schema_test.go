package tree_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/carto-run/carto/pkg/tree"
)

// TestSchema holds what is printed against the published schema. That allows fields which
// it does not know, for those who read later versions; here each has to be in it.
func TestSchema(t *testing.T) {
	t.Parallel()
	const path = "../../docs/reference/tree.schema.json"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	for _, definition := range document.(map[string]any)["$defs"].(map[string]any) {
		if d := definition.(map[string]any); d["type"] == "object" {
			d["additionalProperties"] = false
		}
	}
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	if err := compiler.AddResource("tree.json", document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile("tree.json")
	if err != nil {
		t.Fatal(err)
	}
	goldens, err := filepath.Glob("testdata/*.json.golden")
	if err != nil || len(goldens) == 0 {
		t.Fatal("no goldens", err)
	}
	for _, golden := range goldens {
		printed, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(printed))
		if err != nil {
			t.Fatalf("%s: %v", golden, err)
		}
		if err := schema.Validate(value); err != nil {
			t.Errorf("%s does not follow %s; run make generate: %v", golden, path, err)
		}
	}
	for _, tc := range []struct {
		reason string
		what   any
		valid  bool
	}{
		{"a list of trees", tree.NewForest(nil, []tree.Unread{{Verb: "list", Resource: "pods", Code: "Forbidden"}}), true},
		{"a way up", tree.BuildPath(nil, nil), true},
		{"a tree of nothing", tree.Tree{}, false},
		{"a tree that says it is a list", tree.Tree{APIVersion: tree.APIVersion, Kind: tree.KindList, Steps: []tree.Step{}}, false},
	} {
		encoded, err := json.Marshal(tc.what)
		if err != nil {
			t.Fatal(err)
		}
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != tc.valid {
			t.Errorf("%s: valid is to be %t: %v", tc.reason, tc.valid, err)
		}
	}
}
